import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { gate } from '../../../src/flows/gate.js';
import { countedFinding } from '../../fixtures/findings.js';
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

test('a security module that came is told by its hooks, and of the options that differ its own first', async ({
  signal,
}) => {
  const common = ['AUDIT=y', 'SECURITY=y'];
  const before = await built('base', [...common, 'ACPI=y', 'HZ=250']);
  const after = await built('head', [...common, 'HZ=1000', 'SECURITY_APPARMOR=y']);
  const config = parseConfig({
    // What the options are said to be the command line does.
    ...{ baseline: `${before} apparmor=0`, candidate: after, failOn: 'never' },
    ...{ kernelOptions: 'accel=tcg', evidence: 'counted' },
    ...{ metrics: 'syscall.null,syscall.read_zero,syscall.write_null', out: join(folder, 'out') },
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
  expect(countedFinding(report, 'syscall.null')).toMatchObject({
    ...{ verdict: 'unchanged', difference: 0, calls: null },
  });
  for (const id of ['syscall.read_zero', 'syscall.write_null']) {
    const { difference, calls, remainder } = countedFinding(report, id);
    expect(Math.abs(difference ?? 0)).toBeGreaterThan(4);
    expect(calls).toContainEqual(hook('selinux_file_permission', 'gone'));
    expect(calls).toContainEqual(hook('apparmor_file_permission', 'new'));
    const told = (calls ?? []).reduce((sum, call) => sum + call.difference, 0);
    // The loop has its share of each operation, which nobody is told of.
    expect(Math.abs(told + (remainder ?? Number.NaN) - (difference ?? 0))).toBeLessThan(0.5);
    expect(Math.abs(remainder ?? 1)).toBeLessThan(0.1);
  }
  const [cause] = report.counted?.causes ?? [];
  expect(cause?.metrics).toEqual(['syscall.read_zero', 'syscall.write_null']);
  expect(cause?.functions).toContainEqual(hook('apparmor_file_permission', 'new'));
});

const hook = (name: string, change: 'new' | 'gone') =>
  expect.objectContaining({ caller: 'security_file_permission', name, change });
