import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { gate } from '../../../src/flows/gate.js';
import type { Report } from '../../../src/record/report.js';
import { countedFinding } from '../../fixtures/findings.js';
import { arm64Kernel } from '../../fixtures/kernels.js';
import { Scratch } from '../../fixtures/scratch.js';
import { SILENT } from '../../fixtures/targets.js';
import { zboot } from '../../fixtures/zboot.js';

// A boot takes seconds, and several times as many on a busy machine; a gate has eight.
vi.setConfig({ testTimeout: 400_000 });

/**
 * A kernel for arm64 on whatever machine this is, with a probe that was cross-compiled where that
 * is another.
 */

const scratch = new Scratch('arm64-kernel');

async function count(baseline: string, candidate: string, signal: AbortSignal): Promise<Report> {
  const config = parseConfig({
    ...{ baseline: `kernel:${baseline}`, candidate: `kernel:${candidate}` },
    ...{ evidence: 'counted', kernelOptions: 'accel=tcg', failOn: 'never' },
    ...{ metrics: 'syscall.null,syscall.read_zero', out: join(scratch.folder, 'out') },
  });
  return (await gate(config, { progress: SILENT, signal })).report;
}

/** The same kernel as a compressed EFI program, which older versions of QEMU do not boot. */
async function packed(kernel: string): Promise<string> {
  const path = join(scratch.folder, 'vmlinuz.efi');
  await writeFile(path, zboot(gzipSync(await readFile(kernel), { level: 1 }), 'gzip'));
  return path;
}

test('a changed command line of an arm64 kernel is told by its functions, to the instruction', async ({
  signal,
}) => {
  const kernel = arm64Kernel();
  const report = await count(kernel, `${await packed(kernel)} kpti=on apparmor=0`, signal);
  expect(report.candidate.facts).toMatchObject({ architecture: 'aarch64', accelerator: 'tcg' });
  expect(report.verdict).toBe('regressed');

  const call = countedFinding(report, 'syscall.null');
  expect(call.calls?.map(({ caller, name, change }) => [caller, name, change])).toEqual([
    [null, 'tramp_vectors', 'new'],
    [null, 'vectors', 'grown'],
    ['el0t_64_sync', 'ret_to_user', 'grown'],
    ['el0t_64_sync', 'tramp_exit', 'new'],
  ]);
  const read = countedFinding(report, 'syscall.read_zero');
  for (const [name, change] of HOOKS) {
    const hook = { caller: 'security_file_permission', name, change };
    expect(read.calls).toContainEqual(expect.objectContaining(hook));
  }
  // The entry costs a read what it costs any call; the hooks are the rest.
  for (const { verdict, difference, remainder, resolution } of [call, read]) {
    expect(verdict).toBe('regressed');
    expect(difference).toBeGreaterThan(10);
    expect(Math.abs(remainder ?? 1)).toBeLessThan(0.2);
    expect(resolution).toBeLessThanOrEqual(0.1);
  }
});

const HOOKS = [
  ['apparmor_file_permission', 'gone'],
  ['selinux_file_permission', 'new'],
];
