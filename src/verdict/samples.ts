import { median, modeFast } from 'simple-statistics';
import {
  type CountedMetric,
  isTimed,
  type Launch,
  type MetricRecord,
  type Replicate,
  type Run,
  type TimedMetric,
} from '../record/run.js';

/** Other metrics are divided by the control loops. The loops themselves are compared undivided. */
const CONTROL_FAMILY = 'control.';

/**
 * The quantity that is compared: the natural logarithm of a replicate's estimate divided by the time
 * of the control loop that ran beside it. The division removes changes of the CPU frequency.
 */
export function logEstimate(id: string, replicate: Replicate): number {
  const control = id.startsWith(CONTROL_FAMILY) ? 1 : replicate.controlNs;
  return Math.log(replicate.estimateNs / control);
}

/** The median of a side's replicates, on the log scale. */
const centre = (id: string, replicates: readonly Replicate[]): number =>
  median(replicates.map((replicate) => logEstimate(id, replicate)));

/** The count that most launches of a metric agree on, and the share of launches that have it. */
export function agreedCount({ counts }: CountedMetric): { count: number; share: number } {
  const count = modeFast(counts.map((launch) => launch.count));
  const agreeing = counts.filter((launch) => launch.count === count);
  return { count, share: agreeing.length / counts.length };
}

/** A run's estimate of a metric, on the log scale. */
export const runEstimate = ({ id, replicates }: TimedMetric): number => centre(id, replicates);

export const metricOf = (run: Run, id: string): MetricRecord | undefined =>
  run.metrics.find((metric) => metric.id === id);

/** The control speed that a side's figures are shown at, in ns per operation of the loop. */
export function controlSpeed(id: string, replicates: readonly Replicate[]): number {
  if (id.startsWith(CONTROL_FAMILY)) return 1;
  return median(replicates.map((replicate) => replicate.controlNs));
}

/** The typical time of an operation, in ns at the side's own control speed. */
export const typicalNs = (id: string, replicates: readonly Replicate[]): number =>
  Math.exp(centre(id, replicates)) * controlSpeed(id, replicates);

/** A run's estimate of a metric in ns per operation, at its own control speed. */
export const centreNs = ({ id, replicates }: TimedMetric): number => typicalNs(id, replicates);

export type Phase = Launch['phase'];

/**
 * Differences on the log scale. `between` holds candidate minus baseline. `within` holds differences
 * of neighbouring launches of one side, in order of time and with alternating sign: later minus
 * earlier, then earlier minus later. On a machine that steadily gets slower, all later launches take
 * longer. The drawn orders of the pairs give this drift a random sign in `between`, and the alternating
 * sign balances it in `within`: a drift favours neither side, so it must not look like a difference.
 */
export interface PairedDifferences {
  between: number[];
  within: number[];
}

/**
 * Pairs up neighbouring launches. Both sides of a paired comparison share one sequence. Launches 2k and
 * 2k + 1 are a pair, one of each side in a drawn order. Launches 2k + 1 and 2k + 2 are of the same side
 * if the next pair begins with the side that ended the last one.
 *
 * @param phase only launches of this phase count; a phase begins at an even sequence number
 */
export function pairDifferences(
  baseline: Run,
  candidate: Run,
  id: string,
  phase: Phase,
): PairedDifferences {
  const before = estimatesBySequence(baseline, id, phase);
  const after = estimatesBySequence(candidate, id, phase);
  return {
    between: [...after].flatMap(([sequence, y]) => difference(before.get(sequence ^ 1), y)),
    within: alternating([...sameSide(before), ...sameSide(after)]),
  };
}

/** The same for a run that was measured alone: all pairs of neighbours are of one side. */
export const withinDifferences = (run: Run, id: string, phase: Phase): number[] =>
  alternating(sameSide(estimatesBySequence(run, id, phase)));

/** The later launch minus the earlier one, with the sequence number of the earlier one. */
type SameSideDifference = [sequence: number, difference: number];

const sameSide = (side: ReadonlyMap<number, number>): SameSideDifference[] =>
  [...side].flatMap(([sequence, y]) =>
    sequence % 2 === 1
      ? difference(y, side.get(sequence + 1)).map((one): SameSideDifference => [sequence, one])
      : [],
  );

/** The differences of both sides in order of time, with the sign of every second one turned. */
const alternating = (all: readonly SameSideDifference[]): number[] =>
  all
    .toSorted(([earlier], [later]) => earlier - later)
    .map(([, one], index) => (index % 2 === 0 ? one : -one));

const difference = (from: number | undefined, to: number | undefined): number[] =>
  from === undefined || to === undefined ? [] : [to - from];

const estimatesBySequence = (run: Run, id: string, phase: Phase): Map<number, number> =>
  new Map(
    replicatesOf(run, id, phase).map((replicate) => [
      replicate.sequence,
      logEstimate(id, replicate),
    ]),
  );

/** The replicates of a metric in one phase of its run. */
export function replicatesOf(run: Run, id: string, phase: Phase): Replicate[] {
  const metric = metricOf(run, id);
  if (!isTimed(metric)) return [];
  const inPhase = new Set(
    run.launches.filter((launch) => launch.phase === phase).map(({ sequence }) => sequence),
  );
  return metric.replicates.filter(({ sequence }) => inPhase.has(sequence));
}
