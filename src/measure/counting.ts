import type { MetricEntry } from '../probe/catalogue.js';
import type { Progress } from '../progress.js';
import type { InstructionMetric, Instructions } from '../record/instructions.js';
import { makeRun, type Run } from '../record/run.js';
import type { CountableTarget } from '../targets/target.js';
import { countOf } from '../text/units.js';
import { collectRun, launchesFailed, type RunIdentity } from './collect.js';
import { NO_NEIGHBOURS } from './contention.js';
import { countingBatch } from './counting-batch.js';
import { type Bench, type LaunchObservation, launchProbe, timedOf } from './launch.js';
import type { Plan } from './plan.js';
import { bootTraced, type TracedBoot, withOperations } from './tracing.js';

/**
 * Each side boots once with each of these seeds. Two boots of the same kernel with the same seed
 * execute the same instructions. Hashes and slabs with random keys make the seeds differ. A change
 * that is no larger than this difference cannot be told from chance.
 */
const SEEDS: readonly number[] = [1, 2];

/**
 * Each process meets a new state of the kernel: slabs, lists of free pages, work that a timer tick left
 * over. Kernels that differed in an unrelated word agreed on an exec within 0.15 % with five processes
 * of six batches, and within 0.6 % with three of four. On most other metrics they agreed within 0.01 %
 * with either. More processes would take longer than the boot. Batches are so short that few of them
 * meet a tick.
 */
const PROCESSES = 5;
const BATCHES = 6;
const BATCH_US = 50;

/** All processes use one order of the metrics, because a metric may leave a cache for the next. */
const ORDER_SEED = 1;

/** For one process: a boot takes seconds, and emulation is a hundred times slower than hardware. */
const DEADLINE_MS = 60_000;

/** Not pinned: the core does not change a count, and two boots at once take half the time. */
const ANY_CPU = -1;

interface CountedSide {
  instructions: Instructions;
  /** A run that holds only the counts: nothing was timed. */
  run(identity: RunIdentity): Promise<Run>;
}

/** Adds the counts to a run that was timed. */
export const withInstructions = (run: Run, instructions: Instructions): Run =>
  makeRun({ ...run, instructions });

/** How often a side boots, and whether the first boot is traced. */
interface CountingOrder {
  /** One seed for each boot, in order. */
  seeds: readonly number[];
  /** Whether the first boot is traced. */
  traced: boolean;
}

const THOROUGH: CountingOrder = { seeds: SEEDS, traced: true };

/**
 * Counts the instructions of every gated metric's operation on the sides. For each seed, all sides
 * boot at the same time.
 *
 * @throws Failure (measurement) when a boot fails
 */
export async function countSides<
  S extends { baseline?: CountableTarget; candidate: CountableTarget },
>(
  bench: Bench,
  sides: S,
  progress: Progress,
  { seeds, traced } = THOROUGH,
): Promise<{ [K in keyof S]: CountedSide }> {
  const plan = countingPlan(bench.plan);
  const counter = { ...bench, plan };
  const targets = Object.entries<CountableTarget>(sides).map(
    ([name, target]) => [name, asBooted(target)] as const,
  );
  const boots = targets.map((): TracedBoot[] => []);
  const timed = targets.every(([, target]) => target.timed);
  progress.phase(phaseText(targets.length, seeds.length, { traced, timed }));
  for (const [index, seed] of seeds.entries()) {
    progress.step(index, seeds.length, `seed ${seed}`);
    const bootOf = (target: CountableTarget) => boot(counter, target, index, seed);
    const settled = await Promise.allSettled(
      targets.map(async ([, target]): Promise<TracedBoot> => {
        const one =
          traced && index === 0
            ? await bootTraced(target, bootOf)
            : { observation: await bootOf(target) };
        const { failure } = one.observation.launch;
        if (failure === undefined) return one;
        await target.counting.diagnose();
        throw launchesFailed(target.record, failure);
      }),
    );
    // All have ended before one that failed is thrown: nothing goes on in the background.
    for (const [side, one] of settled.entries()) {
      if (one.status === 'rejected') throw one.reason;
      boots[side]?.push(one.value);
    }
  }
  const counted = await Promise.all(
    Object.entries<CountableTarget>(sides).map(async ([name, target], side) => [
      name,
      await countedSide(bench, target, boots[side] ?? []),
    ]),
  );
  return Object.fromEntries(counted) as { [K in keyof S]: CountedSide };
}

/** The target as its counting boots are launched. */
const asBooted = (target: CountableTarget): CountableTarget => ({
  ...target,
  ...target.counting.elsewhere,
});

/** The time that the user gives is for timing, which comes afterwards. */
const phaseText = (
  sides: number,
  seeds: number,
  also: Record<'traced' | 'timed', boolean>,
): string =>
  [
    `Count instructions in ${countOf(sides * seeds, 'boot')}`,
    ...(also.traced ? [`, and trace ${sides === 1 ? 'the first' : 'the first of each side'}`] : []),
    ...(also.timed ? ['; the duration begins after that'] : []),
  ].join('');

const countingPlan = (plan: Plan): Plan => ({
  ...plan,
  metrics: plan.metrics.filter(({ gate, unit }) => gate && unit !== 'count'),
  seed: ORDER_SEED,
  cpu: ANY_CPU,
  processesPerLaunch: PROCESSES,
  roundsPerLaunch: 1,
  batchesPerRound: BATCHES,
  batchUs: BATCH_US,
});

const boot = (
  bench: Bench,
  target: CountableTarget,
  sequence: number,
  seed: number,
): Promise<LaunchObservation> =>
  launchProbe(bench, {
    target: { ...target, start: (words) => target.counting.start(words, seed) },
    ...{ sequence, phase: 'screen', orderSeed: ORDER_SEED, deadlineMs: DEADLINE_MS },
    portions: bench.plan.metrics.map((metric) => ({ metric, rounds: 1 })),
    ...{ processes: PROCESSES, environment: true, instructions: true },
  });

async function countedSide(
  bench: Bench,
  target: CountableTarget,
  traced: readonly TracedBoot[],
): Promise<CountedSide> {
  const boots = traced.map(({ observation }) => observation);
  const plan = countingPlan(bench.plan);
  const counts = {
    conditions: target.counting.conditions,
    metrics: plan.metrics.map((entry) => instructionsOf(entry, boots)),
  };
  const [first] = traced;
  const instructions = first ? await withOperations(counts, first) : counts;
  return {
    instructions,
    async run(identity) {
      const { elsewhere } = target.counting;
      const described = elsewhere ? [await describe(bench, target)] : boots;
      const cpu = elsewhere ? bench.plan.cpu : (target.cpu ?? 0);
      const nothingTimed = { ...plan, cpu, metrics: [] };
      const run = collectRun(target.record, nothingTimed, described, identity, NO_NEIGHBOURS);
      return withInstructions(run, instructions);
    },
  };
}

/** A launch of the target itself, for its machine and its settings alone: the shortest there is. */
const describe = (bench: Bench, target: CountableTarget): Promise<LaunchObservation> =>
  launchProbe(bench, {
    ...{ target, sequence: 0, phase: 'screen', orderSeed: ORDER_SEED, deadlineMs: DEADLINE_MS },
    portions: bench.plan.metrics.slice(0, 1).map((metric) => ({ metric, rounds: 1 })),
    ...{ processes: 1, environment: true },
  });

/** Under the instruction clock, one nanosecond is one instruction. */
function instructionsOf(
  { id, version, gate }: MetricEntry,
  boots: readonly LaunchObservation[],
): InstructionMetric {
  const seen = boots.flatMap(({ metrics }) => metrics.get(id) ?? []);
  const counts = seen.flatMap((observation) => {
    const timed = timedOf(observation);
    return timed ? [rounded(timed.batches.ns[countingBatch(timed.batches)] ?? 0)] : [];
  });
  // A boot that was short of something for a while does not outweigh the others.
  const absence = seen.find(({ status }) => status !== 'ok');
  if (counts.length > 0 && 2 * counts.length >= seen.length) {
    return { id, version, gate, status: 'ok', boots: counts };
  }
  if (absence !== undefined && absence.status !== 'ok') {
    return { id, version, gate, status: absence.status, reason: absence.reason };
  }
  const reason = { operation: 'count', errno: 0, message: 'no boot counted it' };
  return { id, version, gate, status: 'unmeasured', reason };
}

/** Less than a thousandth of an instruction is a rounding error of the clock. */
const rounded = (count: number): number => Number(count.toFixed(3));
