import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { BaselineSpec } from '../../../src/config/config.js';
import { parseConfig, type RawInputs } from '../../../src/config/inputs.js';
import { gate } from '../../../src/flows/gate.js';
import { judgeEvidence } from '../../../src/flows/judge.js';
import { prepareBench } from '../../../src/measure/bench.js';
import { collectRun } from '../../../src/measure/collect.js';
import { NO_NEIGHBOURS } from '../../../src/measure/contention.js';
import { bothIdentities } from '../../../src/measure/identity.js';
import { emptyLog, measureRounds } from '../../../src/measure/rounds.js';
import { screenSchedule } from '../../../src/measure/schedule.js';
import type { Report } from '../../../src/record/report.js';
import type { Run } from '../../../src/record/run.js';
import { isRunnable } from '../../../src/targets/index.js';
import { withTargets } from '../../../src/targets/sides.js';
import type { RunnableSpec } from '../../../src/targets/spec.js';
import type { Evidence } from '../../../src/verdict/evidence.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { processesWith } from '../../fixtures/processes.js';
import { Scratch } from '../../fixtures/scratch.js';
import { SILENT } from '../../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

/** Kernels of Debian, booted in QEMU. What is asserted holds in an emulation and on a busy machine. */

const scratch = new Scratch('kernels');

interface Told {
  report: Report;
  run: Run;
  notes: string[];
}

/** @param signal the test's, so that a gate does not outlive it */
async function gateOf(inputs: RawInputs, signal: AbortSignal): Promise<Told> {
  const notes: string[] = [];
  const progress = {
    ...{ phase: () => undefined, step: () => undefined, end: () => undefined },
    note: (sentence: string) => notes.push(sentence),
    warn: (sentence: string) => notes.push(sentence),
  };
  const out = join(scratch.folder, 'out');
  const own = { failOn: 'never', kernelOptions: 'accel=tcg', evidence: 'timed' };
  const config = parseConfig({ ...own, ...inputs, out });
  return { ...(await gate(config, { progress, signal })), notes };
}

/**
 * A paired comparison of a few boots, however long they take here: enough to screen and to confirm
 * a change of three metrics that every pair shows.
 */
async function pairedReport(
  baseline: string,
  candidate: string,
  signal: AbortSignal,
): Promise<Report> {
  const config = parseConfig({
    ...{ baseline, candidate, kernelOptions: 'accel=tcg', alpha: '0.2', failOn: 'never' },
    metrics: 'syscall.null,syscall.lseek,syscall.enosys',
  });
  const prepared = await prepareBench(config, { signal, progress: SILENT });
  const bench = { ...prepared, plan: { ...prepared.plan, processesPerLaunch: PROCESSES } };
  const specs = { baseline: runnable(config.baseline), candidate: config.candidate };
  return withTargets(specs, bench, { progress: SILENT }, async (sides) => {
    const log = emptyLog();
    for (const [phase, rounds] of PHASES) {
      const schedule = screenSchedule(bench.plan.metrics, ROUNDS);
      const limits = { until: 0, latest: Number.POSITIVE_INFINITY, minRounds: rounds };
      // One launch of each side describes it.
      const enough = phase === 'warm-up' ? { enough: 0 } : {};
      const order = { phase, schedule, ...limits, ...enough, maxRounds: rounds };
      await measureRounds(bench, sides, order, log, SILENT);
    }
    const [before, after] = bothIdentities();
    const evidence: Evidence = {
      design: 'paired',
      baseline: collectRun(sides.baseline.record, bench.plan, log.baseline, before, NO_NEIGHBOURS),
      candidate: collectRun(
        sides.candidate.record,
        bench.plan,
        log.candidate,
        after,
        NO_NEIGHBOURS,
      ),
    };
    return judgeEvidence(evidence, config, { baseline, candidate }).report;
  });
}

/** Rounds of launches. */
const PHASES = [
  ['warm-up', 1],
  ['screen', 1],
  ['confirm', 2],
] as const;
const ROUNDS = 5;
const PROCESSES = 2;

function runnable(spec: BaselineSpec): RunnableSpec {
  if (isRunnable(spec)) return spec;
  throw new Error(`${spec.spec} is not to be run`);
}

const cloud = (commandLine = ''): string => `kernel:${bootableKernel()} ${commandLine}`.trim();

const verdictsOf = ({ findings: metrics }: Report) =>
  Object.fromEntries(metrics.map(({ id, verdict }) => [id, verdict]));

// Emulated times are noisy beside another emulator.
describe('a kernel against a kernel', { retry: 2 }, () => {
  test('the same one twice is not called changed, and it is recorded what ran it', async ({
    signal,
  }) => {
    const sides = { baseline: cloud(), candidate: cloud(), kernelOptions: 'memory=256' };
    const metrics = 'syscall.null,context.pipe_2p_0k';
    const told = await gateOf({ ...sides, metrics, duration: '10s' }, signal);
    expect(told.report.counts).toMatchObject({ regressed: 0, improved: 0 });
    const { target, plan, subject } = told.run;
    expect(target.facts).toMatchObject({
      ...{ machine: 'pc', memory: '256 MiB', cpus: '1' },
      accelerator: expect.stringMatching(/^(kvm|tcg)$/),
      qemu: expect.stringMatching(/^\d+\.\d+/),
      kernel: expect.stringContaining(subject.kernelRelease),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(plan).toMatchObject({ cpu: 0, pinned: true });
    expect(plan.processesPerLaunch).toBeGreaterThan(1);
    expect(told.notes.join('\n')).toMatch(/A launch takes .* s of it to start/);
    expect(told.notes.join('\n')).toContain('was up and down in');
    await scratch.expectNothingLeft();
  });

  test('page table isolation is a regression, of every kernel entry', async ({ signal }) => {
    const report = await pairedReport(cloud('pti=off'), cloud('pti=on'), signal);
    expect(verdictsOf(report)).toEqual({
      'syscall.enosys': 'regressed',
      'syscall.null': 'regressed',
      'syscall.lseek': 'regressed',
    });
    expect(report.diagnosis?.terms).toMatchObject([{ quantity: 'entries' }]);
    expect(report.diagnosis?.carriers).toMatchObject([
      {
        field: 'kernelCommandLine',
        baseline: 'pti=off',
        candidate: 'pti=on',
      },
    ]);
    expect(report.caveats.join()).toContain('ran on an emulated processor (QEMU');
  });
});

test('an abort ends the machine and leaves nothing behind', async ({ signal }) => {
  const controller = new AbortController();
  const either = AbortSignal.any([signal, controller.signal]);
  const sides = { baseline: cloud(), candidate: cloud(), duration: '60s' };
  const ended = expect(gateOf(sides, either)).rejects.toThrow('enough');
  await vi.waitFor(() => expect(processesWith(scratch.folder)).not.toEqual([]), {
    timeout: 60_000,
  });
  controller.abort(new Error('enough'));
  await ended;
  await scratch.expectNothingLeft();
});
