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

/**
 * The covariates are what the others are divided by, so they are compared as the clock read them.
 */
const CONTROL_FAMILY = 'control.';

/**
 * The quantity that is compared: the natural logarithm of a replicate's estimate over the control
 * loop that ran beside it, which takes frequency changes out.
 */
export function logEstimate(id: string, replicate: Replicate): number {
  const control = id.startsWith(CONTROL_FAMILY) ? 1 : replicate.controlNs;
  return Math.log(replicate.estimateNs / control);
}

/** Where a side stands: the median of its replicates, on the log scale. */
export const centre = (id: string, replicates: readonly Replicate[]): number =>
  median(replicates.map((replicate) => logEstimate(id, replicate)));

/** What most launches of a counted metric agree on, and how large a share of them that is. */
export function agreedCount({ counts }: CountedMetric): { count: number; share: number } {
  const count = modeFast(counts.map((launch) => launch.count));
  const agreeing = counts.filter((launch) => launch.count === count);
  return { count, share: agreeing.length / counts.length };
}

/** A run's own estimate of a metric. */
export const runEstimate = ({ id, replicates }: TimedMetric): number => centre(id, replicates);

export const metricOf = (run: Run, id: string): MetricRecord | undefined =>
  run.metrics.find((metric) => metric.id === id);

/** The control speed at which a side's figures are shown, in ns per operation of the loop. */
export function controlSpeed(id: string, replicates: readonly Replicate[]): number {
  if (id.startsWith(CONTROL_FAMILY)) return 1;
  return median(replicates.map((replicate) => replicate.controlNs));
}

/** What an operation took, in ns at the side's own control speed. */
export const typicalNs = (id: string, replicates: readonly Replicate[]): number =>
  Math.exp(centre(id, replicates)) * controlSpeed(id, replicates);

/** A run's own estimate of a metric in ns per operation, at its own control speed. */
export const centreNs = ({ id, replicates }: TimedMetric): number => typicalNs(id, replicates);

export type Phase = Launch['phase'];

/**
 * Differences on the log scale: candidate minus baseline, and of neighbouring launches of one side,
 * in the order of time and turned round in turn: later minus earlier, then earlier minus later. A
 * machine that gets slower for as long as it is measured makes all later launches dearer, which A B
 * B A cancels in the former and turns in the latter: it is no noise that a change could be taken for.
 */
export interface PairedDifferences {
  between: number[];
  within: number[];
}

/**
 * Pairs up neighbouring launches. Sequence numbers put both sides of a duet on one line, in rounds
 * of A B B A or B A A B: launches 2k and 2k + 1 are of different sides; 2k + 1 and 2k + 2 of the same
 * within a round, and from one to the next where the next begins with the side that the last ended.
 *
 * @param phase only launches of this phase count; phases begin at even sequence numbers
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
    within: inTurn([...seams(before), ...seams(after)]),
  };
}

/** The same of a run that was measured alone: all its pairs of neighbours are of one side. */
export const withinDifferences = (run: Run, id: string, phase: Phase): number[] =>
  inTurn(seams(estimatesBySequence(run, id, phase)));

/** Later minus earlier, by the sequence number of the earlier. */
type Seam = [sequence: number, difference: number];

const seams = (side: ReadonlyMap<number, number>): Seam[] =>
  [...side].flatMap(([sequence, y]) =>
    sequence % 2 === 1
      ? difference(y, side.get(sequence + 1)).map((one): Seam => [sequence, one])
      : [],
  );

/** Of both sides together, so that it does not matter which of them is which. */
const inTurn = (all: readonly Seam[]): number[] =>
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
