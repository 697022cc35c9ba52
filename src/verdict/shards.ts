import { mean, sum } from 'simple-statistics';
import { isTimed, type TimedMetric } from '../record/run.js';
import {
  EQUIVALENCE_CONFIDENCE,
  MACHINE_PRIOR_DEGREES_OF_FREEDOM,
  MACHINE_PRIOR_STANDARD_DEVIATION,
  MIN_REPLICATES,
  PAIRED_MARGIN,
  SHOWN_CONFIDENCE,
} from '../stats/assumptions.js';
import { hodgesLehmann } from '../stats/hodges-lehmann.js';
import { mde80ForPrediction } from '../stats/power.js';
import { testOverMachines } from '../stats/random-effects.js';
import { machinesToSettle } from '../stats/settle.js';
import { smallestStratifiedP, stratifiedSignedRankTest } from '../stats/stratified-signed-rank.js';
import type { StudentTest } from '../stats/student-test.js';
import { countOf } from '../text/units.js';
import type { Comparison, Machine, MeasuredFinding } from './comparison.js';
import { asChange, decide } from './decision.js';
import { floorOf } from './floor.js';
import { disagreementCaveats, disagreements } from './machine-disagreement.js';
import { type MachineMetric, measuredOn, usualVersion } from './machine-metric.js';
import { metricOf } from './samples.js';
import { type JudgingSettings, marginOf } from './settings.js';
import { cpuOf, shardCaveats } from './shard-caveats.js';
import { eventsOnShards, findingOrReason } from './shard-exceptions.js';
import type { Shard } from './shard-set.js';
import { adjustFamily, type ShiftTest } from './shift-test.js';
import { sidesOfChange } from './sides.js';

/** The assumed spread of an effect between machines, before any machine was measured. */
const PRIOR = {
  standardDeviation: MACHINE_PRIOR_STANDARD_DEVIATION,
  degreesOfFreedom: MACHINE_PRIOR_DEGREES_OF_FREEDOM,
};

/** One metric on the machines that have enough pairs for it. */
interface ShardMetric {
  metric: TimedMetric;
  marginRatio: number;
  machines: MachineMetric[];
  /** Test of the machines' estimates. */
  test: StudentTest;
  /** The deciding test: by the estimates and by the pairs. */
  shift: ShiftTest;
}

/**
 * Compares both sides over several machines. Each machine measured a paired comparison of its own.
 *
 * Replicates are nested: processes within machines. The pairs of one machine give one estimate with
 * its error. The verdict rests on what the machines' estimates agree on ({@link testOverMachines}),
 * provided that the pairs show it too. More pairs on one machine never replace another machine.
 *
 * There is no second phase: no screen selected the metrics of a shard. So Holm over all gated metrics
 * at alpha decides.
 *
 * @param given at least one shard; all of one commit and one pair of sides
 * @param skipped one sentence for each record or machine that does not count
 */
export function compareShards(
  given: Shards,
  settings: JudgingSettings,
  skipped: string[],
): Comparison<MeasuredFinding> {
  const [shards, idle] = withPairs(given);
  const ids = [
    ...new Set(shards.flatMap(({ candidate }) => candidate.metrics.map(({ id }) => id))),
  ];
  const tested = new Map(
    ids.flatMap((id) => {
      const found = testMetric(shards, id, settings);
      return found ? [[id, found] as const] : [];
    }),
  );
  const gated = [...tested].filter(([, { metric }]) => metric.gate);
  const family = adjustFamily(new Map(gated.map(([id, { shift }]) => [id, shift])));
  const disagreeing = disagreements([...tested.values()], shards, settings.alpha);
  const last = shards[shards.length - 1] ?? shards[0];
  return {
    design: 'shards',
    alpha: settings.alpha,
    familySize: family.size,
    candidate: last.candidate,
    baseline: shards.map(({ baseline }) => baseline),
    disagreements: [...disagreeing.keys()],
    machines: shards.map((shard) => machineOf(shard, [...tested.values()])),
    findings: ids.map((id) => {
      const found = tested.get(id);
      const compared = found
        ? compareMetric(found, settings, family, disagreeing.get(id))
        : eventsOnShards(shards, id);
      return findingOrReason(compared, shards, id, settings);
    }),
    skipped,
    caveats: [...idle, ...disagreementCaveats(disagreeing), ...shardCaveats(shards, tested)],
  };
}

/** At least one. */
export type Shards = readonly [Shard, ...Shard[]];

/** Leaves out machines that do not have enough pairs of any metric. */
function withPairs(given: Shards): [Shards, string[]] {
  const counts = (shard: Shard): boolean => {
    const { baseline, candidate } = shard;
    // A metric that one side was refused never has pairs. It is reported elsewhere.
    const timed = candidate.metrics
      .filter(isTimed)
      .filter(({ id }) => isTimed(metricOf(baseline, id)));
    return timed.length === 0 || timed.some(({ id, version }) => measuredOn(shard, id, version));
  };
  const [first, ...rest] = given.filter(counts);
  if (first === undefined) return [given, []];
  const idle = given.filter((shard) => !counts(shard));
  const sentences = idle.map(
    (shard) =>
      `The shard on ${cpuOf(shard)} that began at ${shard.candidate.startedAt} does not count, because no metric has at least ${MIN_REPLICATES} pairs of launches: measure for longer (duration).`,
  );
  return [[first, ...rest], sentences];
}

/** @returns undefined if no machine has times of the metric that can be compared */
function testMetric(
  shards: readonly Shard[],
  id: string,
  settings: JudgingSettings,
): ShardMetric | undefined {
  const version = usualVersion(shards, id);
  const machines = shards.flatMap((shard) => measuredOn(shard, id, version) ?? []);
  const [first] = machines;
  if (first === undefined) return undefined;
  const marginRatio = marginOf(first.metric, settings.margins, PAIRED_MARGIN);
  const test = testMachines(machines, marginRatio, SHOWN_CONFIDENCE);
  const shift = testShift(machines, marginRatio, test);
  return { metric: first.metric, marginRatio, machines, test, shift };
}

/**
 * A change is called only if the machines' estimates and their pairs both show it. The estimates allow
 * for machines that differ. But if pairs come in two modes, the few pairs of one machine may all be in
 * one mode. Its error then looks smallest when its estimate is furthest off. At the levels that Holm
 * asks for, this happens far more often than Student's t assumes. Tests by rank do not suffer from it.
 */
function testShift(
  machines: readonly MachineMetric[],
  marginRatio: number,
  estimates: ShiftTest,
): ShiftTest {
  const margin = Math.log1p(marginRatio);
  const pairs = machines.map(({ between }) => between);
  return {
    slower: Math.max(estimates.slower, stratifiedSignedRankTest(pairs, margin).greater),
    faster: Math.max(estimates.faster, stratifiedSignedRankTest(pairs, -margin).less),
  };
}

const testMachines = (
  machines: readonly MachineMetric[],
  marginRatio: number,
  confidence: number,
): StudentTest =>
  testOverMachines(machines, { margin: Math.log1p(marginRatio), prior: PRIOR }, confidence);

function compareMetric(
  { metric, marginRatio, machines, test, shift }: ShardMetric,
  { alpha }: JudgingSettings,
  family: ReadonlyMap<string, ShiftTest>,
  disagreement: string | undefined,
): MeasuredFinding {
  const { id, gate } = metric;
  const judging = { margin: Math.log1p(marginRatio), alpha, familySize: gate ? family.size : 1 };
  const equivalence = testMachines(machines, marginRatio, EQUIVALENCE_CONFIDENCE);
  const change = asChange({ ...test, confidence: SHOWN_CONFIDENCE });
  const floor = floorOf(withinMachines(machines), marginRatio, alpha);
  const sizes = machines.map(({ between }) => between.length);
  const smallestP = smallestStratifiedP(sizes);
  const decision = decide({
    gate,
    marginRatio,
    alpha,
    test: gate ? family.get(id) : shift,
    equivalence: { ...equivalence, confidence: EQUIVALENCE_CONFIDENCE },
    sample: `${countOf(sum(sizes), 'pair')} of launches on ${countOf(machines.length, 'machine')}`,
    floor,
    toSettle: machinesToSettle(test, machines.length, judging, smallestP),
    settledBy: 'machines',
  });
  return {
    measure: 'time',
    id,
    gate,
    marginRatio,
    ...sidesOfChange(metric, middleNs(machines), change.ratio, {
      baseline: total(machines, 'baseline'),
      candidate: total(machines, 'candidate'),
    }),
    ...decision,
    because:
      disagreement === undefined
        ? decision.because
        : `${decision.because} The machines disagree: ${disagreement}.`,
    change,
    ...(floor ? { floor } : {}),
    mde80:
      smallestP <= alpha / judging.familySize
        ? Math.expm1(mde80ForPrediction({ ...test, ...judging }))
        : Number.POSITIVE_INFINITY,
  };
}

/** The estimate of the floor takes time and memory that grow with the square of the pairs. */
const MAX_FLOOR_PAIRS = 1000;

/** Differences between launches of one side, at most the same number from each machine. */
function withinMachines(machines: readonly MachineMetric[]): number[] {
  const each = Math.ceil(MAX_FLOOR_PAIRS / machines.length);
  return machines.flatMap(({ within }) => within.slice(0, each));
}

/** The geometric mean, because machines differ in speed by ratios. */
const middleNs = (machines: readonly MachineMetric[]): number =>
  Math.exp(mean(machines.map(({ baselineNs }) => Math.log(baselineNs))));

const total = (machines: readonly MachineMetric[], side: 'baseline' | 'candidate'): number =>
  sum(machines.map(({ replicates }) => replicates[side]));

/** One machine's changes by its own pairs, with the interval of a paired comparison. */
function machineOf(shard: Shard, tested: readonly ShardMetric[]): Machine {
  const changes = tested.flatMap(({ metric: { id }, machines }) =>
    machines
      .filter((machine) => machine.shard === shard)
      .map(({ between }) => ({
        id,
        ...asChange(hodgesLehmann(between, SHOWN_CONFIDENCE)),
        pairs: between.length,
      })),
  );
  return { ...shard, pairs: Math.max(0, ...changes.map(({ pairs }) => pairs)), changes };
}
