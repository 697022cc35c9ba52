import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportSchema } from '../../../src/record/report.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

let folder: string;
let clone: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-clone-'));
  clone = join(folder, 'clone');
  await run('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a fresh clone with nothing installed and no network', () => {
  const start = async (...args: string[]) => {
    // How runs seconds apart compare is up to who else is on the machine, and not asked here.
    const options = ['--duration', '5', '--fail-on', 'never'];
    const npm = ['--silent', 'start', '--', ...options, ...args];
    const { stdout } = await run('unshare', ['--net', 'npm', ...npm], {
      cwd: clone,
      env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') },
    });
    return stdout;
  };

  test('npm start measures, stores the run, and compares the next one with it', async () => {
    expect(await start('--metrics', 'syscall.*')).toContain('no-baseline');
    const report = reportSchema.parse(JSON.parse(await start('--metrics', 'syscall.*', '--json')));
    expect(report).toMatchObject({ design: 'stored' });
    expect(report.baseline.runs).toHaveLength(1);
    const { stdout } = await run('git', ['status', '--porcelain'], { cwd: clone });
    expect(stdout).toBe('');
  });
});
