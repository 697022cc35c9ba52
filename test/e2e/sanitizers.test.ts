import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogueSchema } from '../../src/probe/catalogue.js';
import { parseWire } from '../../src/probe/wire.js';

const native = join(import.meta.dirname, '..', '..', 'native');
const run = promisify(execFile);

let folder: string;
let probe: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-sanitizers-'));
  probe = join(folder, 'probe');
  const core = (await readdir(join(native, 'core'))).filter((name) => name.endsWith('.c'));
  await run('gcc', [
    ...['-std=c11', '-D_GNU_SOURCE', '-O1', '-g', '-fno-omit-frame-pointer'],
    ...['-fsanitize=address,undefined,leak', '-fno-sanitize-recover=all'],
    ...[join(native, 'probe.c'), ...core.map((name) => join(native, 'core', name))],
    ...['-o', probe],
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the whole catalogue runs clean under the address, leak and undefined sanitizers', async () => {
  const listed = await run(probe, ['--list']);
  const ids = catalogueSchema.parse(JSON.parse(listed.stdout)).metrics.map(({ id }) => id);
  const options = ['--rounds=2', '--batches=3', '--environment', '--deadline-ms=60000'];
  const { stdout, stderr } = await run(probe, [`--metrics=${ids.join(',')}`, ...options]);
  const output = parseWire(Buffer.from(stdout));
  expect(stderr).toBe('');
  expect(output).toMatchObject({ complete: true });
  expect(new Set(output.metrics.map(({ status }) => status))).toEqual(new Set(['ok']));
  expect(new Set(output.metrics.map(({ id }) => id))).toEqual(new Set(ids));
});
