import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { gate } from '../../../src/flows/gate.js';
import { countedFinding, countOf } from '../../fixtures/findings.js';
import { bootableKernel, realtimeKernel } from '../../fixtures/kernels.js';
import { SILENT } from '../../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-realtime-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a realtime kernel passes a token between two processes by more instructions, in its locks', async ({
  signal,
}) => {
  const sides = { baseline: bootableKernel(), candidate: realtimeKernel() };
  const config = parseConfig({
    ...{ baseline: `kernel:${sides.baseline}`, candidate: `kernel:${sides.candidate}` },
    ...{ kernelOptions: 'accel=tcg', evidence: 'counted', failOn: 'never' },
    ...{ metrics: 'syscall.null,context.pipe_2p_0k', out: join(folder, 'out') },
  });
  const { report } = await gate(config, { progress: SILENT, signal });
  const { counted, differences } = report;
  const pipe = countedFinding(report, 'context.pipe_2p_0k');
  // By a third.
  expect(pipe.difference).toBeGreaterThan(0.1 * countOf(pipe));
  expect(differences.find(({ field }) => field === 'preemption')?.candidate).toContain(
    'PREEMPT_RT',
  );
  const functions = counted?.causes.flatMap((cause) => cause.functions);
  expect(functions?.map(({ name }) => name)).toContain('rt_spin_lock');
});
