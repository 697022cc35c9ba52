import { mean, sum } from 'simple-statistics';
import { isTimed, type TimedMetric } from '../record/run.js';
import {
  DUET_MARGIN,
  EQUIVALENCE_CONFIDENCE,
  MACHINE_PRIOR_DEGREES_OF_FREEDOM,
  MACHINE_PRIOR_STANDARD_DEVIATION,
  MINIMUM_REPLICATES,
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
import { countedOnShards, orWhyNot } from './shard-exceptions.js';
import type { Shard } from './shard-set.js';
import { adjustFamily, type ShiftTest } from './shift-test.js';
import { sidesOfChange } from './sides.js';

/** What is believed of an effect's spread between machines before any was measured. */
const PRIOR = {
  standardDeviation: MACHINE_PRIOR_STANDARD_DEVIATION,
  degreesOfFreedom: MACHINE_PRIOR_DEGREES_OF_FREEDOM,
};

/** One metric over the machines that have enough pairs of it. */
interface ShardMetric {
  metric: TimedMetric;
  marginRatio: number;
  machines: MachineMetric[];
  /** Of the machines' estimates. */
  test: StudentTest;
  /** What decides: of their estimates and of their pairs. */
  shift: ShiftTest;
}

/**
 * Compares both sides over several machines, each of which measured a duet of its own.
 *
 * Replicates nest, process in machine: a machine's pairs give one estimate with its error, and the
 * verdict rests on what the machines' estimates agree on ({@link testOverMachines}), as long as their
 * pairs say so too. More pairs on one machine never stand for another machine. There is one stage: what a shard measures was
 * selected by nothing, so Holm over all gated metrics at alpha decides.
 *
 * @param given at least one, of one commit and one pair of sides
 * @param skipped one sentence for each record or machine that is not among them
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
        : countedOnShards(shards, id);
      return orWhyNot(compared, shards, id, settings);
    }),
    skipped,
    caveats: [...idle, ...disagreementCaveats(disagreeing), ...shardCaveats(shards, tested)],
  };
}

/** At least one. */
export type Shards = readonly [Shard, ...Shard[]];

/** A machine without enough pairs of anything is not to be counted among those that say something. */
function withPairs(given: Shards): [Shards, string[]] {
  const says = (shard: Shard): boolean => {
    const { baseline, candidate } = shard;
    // What one side was refused has no pairs however long it is measured, and is told in its place.
    const timed = candidate.metrics
      .filter(isTimed)
      .filter(({ id }) => isTimed(metricOf(baseline, id)));
    return timed.length === 0 || timed.some(({ id, version }) => measuredOn(shard, id, version));
  };
  const [first, ...rest] = given.filter(says);
  if (first === undefined) return [given, []];
  const idle = given.filter((shard) => !says(shard));
  const sentences = idle.map(
    (shard) =>
      `The shard on ${cpuOf(shard)} that began at ${shard.candidate.startedAt} has fewer than ${MINIMUM_REPLICATES} pairs of launches of every metric and does not count: measure for longer (duration).`,
  );
  return [[first, ...rest], sentences];
}

/** @returns undefined for what has no time that both sides of some machine could be compared by */
function testMetric(
  shards: readonly Shard[],
  id: string,
  settings: JudgingSettings,
): ShardMetric | undefined {
  const version = usualVersion(shards, id);
  const machines = shards.flatMap((shard) => measuredOn(shard, id, version) ?? []);
  const [first] = machines;
  if (first === undefined) return undefined;
  const marginRatio = marginOf(first.metric, settings.margins, DUET_MARGIN);
  const test = testMachines(machines, marginRatio, SHOWN_CONFIDENCE);
  const shift = testShift(machines, marginRatio, test);
  return { metric: first.metric, marginRatio, machines, test, shift };
}

/**
 * A change is called where the machines' estimates and their pairs both say so. The former allow for
 * machines that differ; but where pairs come in two modes, the few of one machine may all be of one
 * mode, and then its estimate is furthest off when its error looks smallest. At the levels that Holm
 * asks for this happens far more often than Student's t allows for. Ranks do not mind.
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

/** The floor's estimate takes time and memory with the square of its pairs. */
const MOST_FLOOR_PAIRS = 1000;

/** Pairs of one side, the same number of each machine. */
function withinMachines(machines: readonly MachineMetric[]): number[] {
  const most = Math.ceil(MOST_FLOOR_PAIRS / machines.length);
  return machines.flatMap(({ within }) => within.slice(0, most));
}

/** Machines of different speed stand in it by their ratios. */
const middleNs = (machines: readonly MachineMetric[]): number =>
  Math.exp(mean(machines.map(({ baselineNs }) => Math.log(baselineNs))));

const total = (machines: readonly MachineMetric[], side: 'baseline' | 'candidate'): number =>
  sum(machines.map(({ replicates }) => replicates[side]));

/** What the machine's own pairs say, by the interval of a duet. */
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
