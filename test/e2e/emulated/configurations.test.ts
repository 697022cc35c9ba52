import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { gate } from '../../../src/gate.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { SILENT } from '../../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-configurations-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A kernel as it lies in the folder of its build, said to be built with some options. */
async function built(name: string, options: readonly string[]): Promise<string> {
  const boot = join(folder, name, 'arch', 'x86', 'boot');
  await mkdir(boot, { recursive: true });
  await copyFile(bootableKernel(), join(boot, 'bzImage'));
  const text = options.map((option) => `CONFIG_${option}\n`).join('');
  await writeFile(join(folder, name, '.config'), text);
  return `kernel:${join(boot, 'bzImage')}`;
}

test('of the options that differ the one of the module that came is told first', async ({
  signal,
}) => {
  const common = ['AUDIT=y', 'SECURITY=y'];
  const before = await built('base', [...common, 'ACPI=y', 'HZ=250']);
  const after = await built('head', [...common, 'HZ=1000', 'SECURITY_APPARMOR=y']);
  const config = parseConfig({
    // What the options are said to be the command line does.
    ...{ baseline: `${before} apparmor=0`, candidate: after, failOn: 'never' },
    ...{ kernelOptions: 'accel=tcg', evidence: 'counted' },
    ...{ metrics: 'syscall.read_zero', out: join(folder, 'out') },
  });
  const { report, run } = await gate(config, { progress: SILENT, signal });
  expect(run.target.configuration).toMatchObject({ source: 'file', values: { HZ: '1000' } });
  expect(report.configuration).toEqual({
    differing: 3,
    options: [
      { name: 'SECURITY_APPARMOR', baseline: null, candidate: 'y', near: true },
      { name: 'ACPI', baseline: 'y', candidate: null, near: false },
      { name: 'HZ', baseline: '250', candidate: '1000', near: false },
    ],
  });
});
