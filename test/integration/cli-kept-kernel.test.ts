import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run } from '../../src/record/run.js';
import { cli, compileProgram, type Finished } from '../fixtures/cli.js';
import { type PlayedBoots, playedBoots } from '../fixtures/played-boots.js';
import { type TestProbe, testProbe } from '../fixtures/probe.js';
import { DESIGN, reportIn } from '../fixtures/report.js';

/** The option --keep-kernel at a terminal: a build replaces the kernel that the newest run measured. */

const CALLS = 'syscall.enosys,syscall.null';

let folder: string;
let probe: TestProbe;
let boots: PlayedBoots;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-kept-'));
  probe = await testProbe();
  boots = await playedBoots(folder, probe, CALLS);
});
afterAll(async () => {
  await probe.remove();
  await rm(folder, { recursive: true, force: true });
});

const gate = (...words: string[]): Promise<Finished> =>
  cli(['--metrics', CALLS, '--evidence', 'counted', ...words], {
    cwd: folder,
    env: { PATH: `${boots.bin}:${process.env['PATH']}` },
  });

/** Makes the newest run one that another version of the emulator counted. */
async function countedByAnother(out: string): Promise<void> {
  const [name = ''] = (await readdir(out)).filter((one) => one.endsWith('.run.json'));
  const run = JSON.parse(await readFile(join(out, name), 'utf8')) as Run;
  const conditions = { ...run.instructions?.conditions, emulator: 'QEMU 1.0' };
  const instructions = { ...run.instructions, conditions };
  await writeFile(join(out, name), JSON.stringify({ ...run, instructions }));
}

test.runIf(process.arch === 'x64')('a kernel that was kept is booted beside the next', async () => {
  const image = join(folder, 'bzImage');
  const out = join(folder, 'out');
  const words = ['--candidate', `kernel:${image}`, '--out', out, '--keep-kernel', '--json'];
  await copyFile(await boots.kernel('base'), image);
  const base = await readFile(image);
  const first = await gate(...words);
  expect(first.code, first.stderr).toBe(0);
  const { sha256 = '' } = reportIn(first.stdout).candidate.facts;
  expect(await readdir(join(out, 'kernels'))).toEqual([sha256]);
  expect((await readFile(join(out, 'kernels', sha256))).equals(base)).toBe(true);

  await countedByAnother(out);
  await copyFile(await boots.kernel('more', compileProgram('slowdown'), '32'), image);
  const second = await gate(...words);
  expect(second.code, second.stderr).toBe(1);
  const report = reportIn(second.stdout);
  expect(report).toMatchObject({ design: DESIGN.paired, verdict: 'regressed' });
  expect(report.baseline.facts['sha256']).toBe(sha256);
  expect(report.baseline.choice).toContain(
    `measured again beside the candidate, from the copy of its image in the file ${join(out, 'kernels', sha256)}.`,
  );
  // Its run is set aside, and can be accepted later.
  expect(await readdir(join(out, 'kernels'))).toHaveLength(2);
});

describe('--keep-kernel is refused', () => {
  test.each([
    ['without a kernel', [], 'host is no kernel image: give candidate kernel:PATH'],
    [
      'for a shard',
      ['--candidate', 'kernel:a', '--baseline', 'kernel:b', '--shard'],
      'a comparison over several machines leaves none: leave keep-kernel out.',
    ],
  ])('%s', async (_, words, sentence) => {
    const { code, stdout, stderr } = await cli(['--keep-kernel', ...words], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});
