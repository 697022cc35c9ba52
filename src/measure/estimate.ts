import { interquartileRange, modeFast, quantile } from 'simple-statistics';
import type { WireBatches } from '../probe/lines.js';
import { CONTROL_QUANTILE, ESTIMATE_QUANTILE, OCCUPANCY_THRESHOLD } from '../stats/assumptions.js';

/** ns per operation of the kept batches, an array a round. */
export type RoundsNs = number[][];

/** One metric in one launch, after the batches that something else interrupted are left out. */
export interface Estimate {
  /** ns per operation, as the clock read it. */
  estimateNs: number;
  /** ns per operation of the control loop beside the kept batches. */
  controlNs: number;
  spreadNs: number;
  kept: number;
  rejected: number;
}

/** Where a metric's own occupancy is read off: high, but not the luckiest batch. */
const OWN_OCCUPANCY_QUANTILE = 0.9;

/**
 * Reduces the batches of one metric in one launch to its replicate.
 *
 * A batch counts only when its participants ran on a CPU for as large a share of the wall time as
 * the metric's best batches did. The reference is the metric's own because kernels with
 * CONFIG_IRQ_TIME_ACCOUNTING keep the softirq work of a loopback send off the task's clock, which
 * would otherwise reject every batch of it. Involuntary switches are no criterion: a wake-up
 * preemption counts as one. Metrics that `sleeps` declares idle by design keep every batch, and so
 * does everything where the CPU clock stood still over a batch: it is too coarse to judge by (10 ms
 * in gVisor).
 *
 * @param rounds the metric's batches, one entry a round
 * @param sleeps the operation waits on purpose, so occupancy says nothing
 */
export function estimateReplicate(rounds: readonly WireBatches[], sleeps: boolean): Estimate {
  const batches = rounds.map(perOperation);
  const kept = undisturbed(batches, sleeps).flat();
  const ns = kept.map((batch) => batch.ns);
  const control = kept.map((batch) => batch.controlNs);
  return {
    estimateNs: quantile(ns, ESTIMATE_QUANTILE),
    controlNs: quantile(control, CONTROL_QUANTILE),
    spreadNs: interquartileRange(ns),
    kept: kept.length,
    rejected: batches.flat().length - kept.length,
  };
}

/** ns per operation of the batches that count, round by round: what a plan learns the noise from. */
export const keptByRound = (rounds: readonly WireBatches[], sleeps: boolean): RoundsNs =>
  undisturbed(rounds.map(perOperation), sleeps).map((round) => round.map(({ ns }) => ns));

/** A launch's estimate from batches of any of its rounds, as {@link estimateReplicate} makes it. */
export const estimateOf = (rounds: RoundsNs): number => quantile(rounds.flat(), ESTIMATE_QUANTILE);

function undisturbed(rounds: readonly Batch[][], sleeps: boolean): Batch[][] {
  const batches = rounds.flat();
  if (sleeps || batches.some(({ occupancy }) => occupancy === 0)) return [...rounds];
  const best = quantile(
    batches.map(({ occupancy }) => occupancy),
    OWN_OCCUPANCY_QUANTILE,
  );
  return rounds.map((round) =>
    round.filter(({ occupancy }) => occupancy >= OCCUPANCY_THRESHOLD * best),
  );
}

/** Events an operation: the count that most of a launch's counts agree on. */
export interface AgreedCount {
  count: number;
  agreeing: number;
  counts: number;
}

/**
 * Reduces the counts of one metric in one launch to the one it takes for the truth: what happens
 * beside the operations, such as a preemption, disturbs few counts and never the same way.
 */
export function agreeOn(counts: readonly number[]): AgreedCount {
  const count = modeFast([...counts]);
  return { count, agreeing: counts.filter((one) => one === count).length, counts: counts.length };
}

interface Batch {
  ns: number;
  controlNs: number;
  occupancy: number;
}

const perOperation = (round: WireBatches): Batch[] =>
  round.wallNs.map((wallNs, index) => ({
    ns: wallNs / round.operations,
    controlNs: (round.controlNs[index] ?? 0) / round.controlOperations,
    // An interrupt between the readings of the two clocks can put CPU time above wall time.
    occupancy: Math.min(1, (round.cpuNs[index] ?? 0) / wallNs),
  }));
