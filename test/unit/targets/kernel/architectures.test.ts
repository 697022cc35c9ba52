import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTarget, parseRunnableSpec } from '../../../../src/targets/index.js';
import type { Target } from '../../../../src/targets/target.js';
import { SILENT, WRITTEN } from '../../../fixtures/targets.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-architectures-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('two kernels for two architectures are refused before anything is compiled or booted', async () => {
  const image = Buffer.alloc(4096);
  image.write('ARM\x64', 56);
  await writeFile(join(folder, 'Image'), image);
  const emulator = { name: 'QEMU', version: '7.2', machine: 'pc', cpu: 'max', hostCpu: 'unknown' };
  const machine = { architecture: 'x86_64', accelerator: 'tcg', emulator } as const;
  const record = { kind: 'kernel', spec: 'kernel:/boot/vmlinuz', machine } as const;
  const otherSide: Target = {
    ...{ record, timed: true, results: 'stdout' },
    start: () => ({ argv: [] }),
    environment: () => ({}),
  };
  const opened = openTarget(parseRunnableSpec(`kernel:${join(folder, 'Image')}`, WRITTEN), {
    ...{ probe: '/nonexistent', folder, otherSide, progress: SILENT, evidence: 'auto' },
    signal: new AbortController().signal,
    launch: () => Promise.reject(new Error('nothing may be run')),
  });
  await expect(opened).rejects.toMatchObject({
    kind: 'usage',
    message: `The kernel ${join(folder, 'Image')} is for arm64 and that of kernel:/boot/vmlinuz is for another architecture, so that neither counts nor times of them can be compared: give two kernels for one.`,
  });
});
