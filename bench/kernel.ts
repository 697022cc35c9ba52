// What a boot and a paired comparison of kernels cost here: npm run bench:kernel -- /boot/vmlinuz-…
import { loadavg } from 'node:os';
import { Command } from 'commander';
import { median, sum } from 'simple-statistics';
import { prepareBench } from '#src/measure/bench.js';
import { type Bench, type LaunchObservation, launchProbe } from '#src/measure/launch.js';
import { emptyLog, measureRounds, type RoundsOrder } from '#src/measure/rounds.js';
import { screenSchedule } from '#src/measure/schedule.js';
import type { MetricEntry } from '#src/probe/catalogue.js';
import { parseRunnableSpec } from '#src/targets/index.js';
import { withTargets } from '#src/targets/sides.js';
import { NO_OPTIONS } from '#src/targets/spec.js';
import type { Target } from '#src/targets/target.js';
import { VERSION } from '#src/version.js';
import { numberFrom } from './number-option.ts';
import { resultPath, writeResult } from './results.ts';
import { runBench, thisMachine } from './run.ts';
import { SILENT } from './silent.ts';

interface Options {
  boots: number;
  pairs: number;
  kernelOptions: string;
  out?: string;
}

/** Rounds in a launch of a paired comparison, until its pilot has shown what each metric needs. */
const ROUNDS = 3;
const DEADLINE_MS = 120_000;
const PAIRS_PER_ROUND = 2;

const program = new Command('bench:kernel')
  .description(
    'Times boots of kernels, and a paired comparison of the first with itself over all gated metrics.',
  )
  .argument('<kernels...>', 'images, each with its command line')
  .option('--boots <count>', 'of each kernel', numberFrom(1), 5)
  .option('--pairs <count>', 'of launches in the paired comparison', numberFrom(2), 10)
  .option('--kernel-options <options>', 'as the gate takes them', '')
  .option('--out <file>', 'where the result goes')
  .parse();
const options = program.opts<Options>();

async function run(signal: AbortSignal): Promise<void> {
  const startedAt = new Date();
  const plan = { metrics: [], margins: [], seed: 1 };
  const bench = await prepareBench(plan, { signal, progress: SILENT });
  const gated = bench.plan.metrics.filter(({ gate }) => gate);
  const [first = ''] = program.args;
  const kernels = [];
  for (const kernel of program.args) kernels.push(await timeBoots(bench, kernel));
  const result = {
    ...{ schema: 'syscall-gate/kernel', version: 1, tool: VERSION },
    startedAt: startedAt.toISOString(),
    machine: thisMachine(),
    kernels,
    duet: await timePair(bench, first, gated),
    // Other work on the machine makes wall times longer, but not CPU times.
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  const path = options.out ?? resultPath('kernel', startedAt);
  await writeResult(path, result);
  process.stderr.write(`written to ${path}\n`);
}

const specOf = (kernel: string) =>
  parseRunnableSpec(`kernel:${kernel}`, {
    input: 'kernel',
    options: { ...NO_OPTIONS, kernelOptions: options.kernelOptions },
  });

/** From QEMU's start to its end, with a plan that takes a millisecond. */
const timeBoots = (bench: Bench, kernel: string) =>
  withTargets({ candidate: specOf(kernel) }, bench, { progress: SILENT }, async (sides) => {
    const some = bench.plan.metrics.filter(({ id }) => id === 'syscall.null');
    const launches: LaunchObservation[] = [];
    for (let boot = 0; boot < options.boots; boot++) {
      launches.push(await launch(bench, sides.candidate, some, boot));
    }
    return { facts: sides.candidate.record.facts, boots: launches.length, ...timesOf(launches) };
  });

const launch = (bench: Bench, target: Target, metrics: readonly MetricEntry[], sequence: number) =>
  launchProbe(bench, {
    ...{ target, sequence, phase: 'screen', orderSeed: sequence, deadlineMs: DEADLINE_MS },
    portions: metrics.map((metric) => ({ metric, rounds: 1 })),
    ...{ processes: 1, environment: false },
  });

/** The launches of a paired comparison's screen, all gated metrics in each. */
const timePair = (bench: Bench, kernel: string, gated: readonly MetricEntry[]) =>
  withTargets(
    { baseline: specOf(kernel), candidate: specOf(kernel) },
    bench,
    { progress: SILENT },
    async (sides) => {
      const log = emptyLog();
      const rounds = Math.ceil(options.pairs / PAIRS_PER_ROUND);
      const order: RoundsOrder = {
        phase: 'screen',
        ...{ schedule: screenSchedule(gated, ROUNDS), minRounds: rounds },
        ...{ maxRounds: rounds, until: 0, latest: Number.POSITIVE_INFINITY },
      };
      const begin = performance.now();
      await measureRounds(bench, sides, order, log, SILENT);
      const seconds = (performance.now() - begin) / 1000;
      const launches = [...log.baseline, ...log.candidate];
      const shape = { pairs: launches.length / 2, metrics: gated.length, rounds: ROUNDS };
      return { ...shape, seconds: rounded(seconds), launch: timesOf(launches) };
    },
  );

function timesOf(observations: readonly LaunchObservation[]) {
  const launches = observations.map(({ launch: one }) => one);
  const failure = launches.find((one) => one.failure)?.failure;
  if (failure !== undefined) throw new Error(failure);
  const cpuNs = launches.map(({ userNs, systemNs }) => userNs + systemNs);
  return {
    medianSeconds: rounded(median(launches.map(({ wallNs }) => wallNs)) / 1e9),
    medianCpuSeconds: rounded(median(cpuNs) / 1e9),
    cpuSeconds: rounded(sum(cpuNs) / 1e9),
  };
}

const rounded = (seconds: number): number => Number(seconds.toFixed(2));

await runBench('kernel-bench', run);
