import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { BaselineSpec, RunnableSpec } from '../../src/config/config.js';
import { parseConfig, type RawInputs } from '../../src/config/inputs.js';
import { Failure } from '../../src/failure.js';
import { gate } from '../../src/gate.js';
import { judgeEvidence } from '../../src/judging.js';
import { prepareBench } from '../../src/measure/bench.js';
import { collectRun } from '../../src/measure/collect.js';
import { bothIdentities } from '../../src/measure/identity.js';
import { emptyLog, measureRounds } from '../../src/measure/rounds.js';
import { screenSchedule } from '../../src/measure/schedule.js';
import type { Run } from '../../src/record/run.js';
import type { Report } from '../../src/report/report.js';
import { isRunnable } from '../../src/targets/index.js';
import { withTargets } from '../../src/targets/sides.js';
import type { Evidence } from '../../src/verdict/evidence.js';
import { bootableKernel, realtimeKernel } from '../fixtures/kernels.js';
import { processesWith } from '../fixtures/processes.js';
import { SILENT } from '../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

/** Kernels of Debian, booted in QEMU. What is asserted holds in an emulation and on a busy machine. */

let folder: string;
const before = process.env['TMPDIR'];
beforeAll(async () => {
  // Each gate loads the addon afresh, which wants to know of the exit.
  process.setMaxListeners(0);
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-kernels-'));
  // All that is started names a file in here, and all that is left behind is in here.
  process.env['TMPDIR'] = folder;
});
afterAll(async () => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  await rm(folder, { recursive: true });
});

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
  const out = join(folder, 'out');
  const own = { failOn: 'never', kernelOptions: 'accel=tcg', evidence: 'timed' };
  const config = parseConfig({ ...own, ...inputs, out });
  return { ...(await gate(config, { progress, signal })), notes };
}

async function failureOf(
  candidate: string,
  signal: AbortSignal,
  kernelOptions = 'accel=tcg',
): Promise<string> {
  const inputs = { baseline: 'host', candidate, kernelOptions, metrics: 'syscall.null' };
  const error: unknown = await gateOf(inputs, signal).catch((reason: unknown) => reason);
  if (error instanceof Failure) return error.message;
  throw new Error(`no failure: ${String(error)}`);
}

/**
 * A duet of a few boots, however long they take here: enough to screen and to confirm a change of
 * three metrics that every pair shows.
 */
async function duelOf(baseline: string, candidate: string, signal: AbortSignal): Promise<Report> {
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
      const limits = { until: 0, latest: Number.POSITIVE_INFINITY, leastRounds: rounds };
      // One launch of each side describes it.
      const enough = phase === 'warm-up' ? { enough: 0 } : {};
      const order = { phase, schedule, ...limits, ...enough, most: rounds };
      await measureRounds(bench, sides, order, log, SILENT);
    }
    const [before, after] = bothIdentities();
    const evidence: Evidence = {
      design: 'duet',
      baseline: collectRun(sides.baseline.record, bench.plan, log.baseline, before, undefined),
      candidate: collectRun(sides.candidate.record, bench.plan, log.candidate, after, undefined),
    };
    return judgeEvidence(evidence, config, { baseline, candidate });
  });
}

/** Rounds of launches. */
const PHASES = [
  ['warm-up', 1],
  ['screen', 2],
  ['confirm', 3],
] as const;
const ROUNDS = 5;
const PROCESSES = 2;

function runnable(spec: BaselineSpec): RunnableSpec {
  if (isRunnable(spec)) return spec;
  throw new Error(`${spec.spec} is not to be run`);
}

async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(() => expect(processesWith(folder)).toEqual([]), { timeout: 5000 });
  expect((await readdir(folder)).filter((name) => name.includes('targets'))).toEqual([]);
}

const cloud = (commandLine = ''): string => `kernel:${bootableKernel()} ${commandLine}`.trim();

const verdictsOf = ({ metrics }: Report) =>
  Object.fromEntries(metrics.map(({ id, verdict }) => [id, verdict]));

describe('a kernel against a kernel', () => {
  test('the same one twice is not called changed, and it is recorded what ran it', async ({
    signal,
  }) => {
    const sides = { baseline: cloud(), candidate: cloud(), kernelOptions: 'memory=256' };
    const metrics = 'syscall.null,context.pipe_2p_0k';
    const told = await gateOf({ ...sides, metrics, duration: '20s' }, signal);
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
    await expectNothingLeft();
  });

  test('page table isolation is a regression, of every kernel entry', async ({ signal }) => {
    const report = await duelOf(cloud('pti=off'), cloud('pti=on'), signal);
    expect(verdictsOf(report)).toEqual({
      'syscall.enosys': 'regressed',
      'syscall.null': 'regressed',
      'syscall.lseek': 'regressed',
    });
    expect(report.diagnosis?.terms).toMatchObject([{ quantity: 'entries' }]);
    expect(report.diagnosis?.carriers).toMatchObject([
      {
        field: 'kernelCommandLine',
        baseline: expect.stringMatching(/^pti=off /),
        candidate: expect.stringMatching(/^pti=on /),
      },
    ]);
    expect(report.caveats.join()).toContain('ran in an emulation of a processor (QEMU');
  });

  test('a realtime kernel passes a token between two processes more slowly', async ({ signal }) => {
    const sides = { baseline: cloud(), candidate: `kernel:${realtimeKernel()}` };
    const metrics = 'context.pipe_2p_0k';
    const { report } = await gateOf({ ...sides, metrics, duration: '25s' }, signal);
    // By half and more; to confirm it would take more boots than a test should.
    expect(report.metrics[0]?.change?.ratio).toBeGreaterThan(1.1);
    expect(report.differences.find(({ field }) => field === 'preemption')?.candidate).toContain(
      'PREEMPT_RT',
    );
  });
});

describe('a kernel that does not come up', () => {
  test('panics, for it is told of an init that is not there', async ({ signal }) => {
    const said = await failureOf(cloud('rdinit=/nonexistent'), signal);
    expect(said).toContain(
      'does not come up in QEMU (TCG): it panicked, "VFS: Unable to mount root',
    );
    expect(said).toContain('leave rdinit= and init= out');
    expect(said).toMatch(/; its console ended with ".+" \/ ".+" \/ ".+"\.$/);
    await expectNothingLeft();
  });

  test('panics without the memory to run in', async ({ signal }) => {
    expect(await failureOf(cloud('mem=8M'), signal)).toContain(
      'give it more memory= in kernel-options',
    );
  });

  test('hangs, for it waits for a disk', async ({ signal }) => {
    const waiting = cloud('rdinit=/nonexistent root=/dev/sda1 rootwait');
    const said = await failureOf(waiting, signal, 'accel=tcg deadline=20');
    expect(said).toContain('it was not up after 20 s: it hangs, or it needs longer (deadline=40');
    // How far it came by then is up to how busy this machine is.
    expect(said).toMatch(/; its console ended with ".+" \/ ".+" \/ ".+"\.$/);
    await expectNothingLeft();
  });

  test('has no console', async ({ signal }) => {
    expect(await failureOf(cloud('8250.nr_uarts=0'), signal)).toContain(
      'it ended and had said nothing: build it with CONFIG_SERIAL_8250_CONSOLE=y',
    );
  });

  test.for([
    ['machine=nope', 'QEMU does not start: "unsupported machine type"; choose another machine='],
    ['cpu=nope', `QEMU does not start: "unable to find CPU model 'nope'"; choose another cpu=`],
  ])('is not even started with %s', async ([option, clause = ''], { signal }) => {
    expect(await failureOf(cloud(), signal, `accel=tcg ${option}`)).toContain(clause);
  });
});

describe('what is no kernel for this machine', () => {
  /** With the magic number of the format, and nothing that it needs. */
  async function written(name: string, magic: string, offset: number): Promise<string> {
    const content = Buffer.alloc(4096);
    content.write(magic, offset, 'latin1');
    const path = join(folder, name);
    await writeFile(path, content);
    return `kernel:${path}`;
  }

  test('is told by its file', async ({ signal }) => {
    expect(await failureOf(await written('vmlinux', '\x7fELF', 0), signal)).toMatch(
      /vmlinux cannot be booted: it is an ELF file .* arch\/x86\/boot\/bzImage/,
    );
    expect(await failureOf(await written('linux.deb', '!<arch>\n', 0), signal)).toContain(
      'it is a Debian package, which holds the image as boot/vmlinuz-',
    );
    expect(await failureOf(await written('Image', 'RSC\x05', 56), signal)).toContain(
      'it is a kernel for riscv, and those for x86-64 and arm64 are booted',
    );
    await expectNothingLeft();
  });
});

test('an abort ends the machine and leaves nothing behind', async ({ signal }) => {
  const controller = new AbortController();
  const either = AbortSignal.any([signal, controller.signal]);
  const sides = { baseline: cloud(), candidate: cloud(), duration: '60s' };
  const ended = expect(gateOf(sides, either)).rejects.toThrow('enough');
  await vi.waitFor(() => expect(processesWith(folder)).not.toEqual([]), { timeout: 60_000 });
  controller.abort(new Error('enough'));
  await ended;
  await expectNothingLeft();
});
