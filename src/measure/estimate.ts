import { interquartileRange, median, modeFast, quantile, sum } from 'simple-statistics';
import {
  CONTROL_QUANTILE,
  ESTIMATE_QUANTILE,
  OCCUPANCY_THRESHOLD,
  QUIET_SHARE,
} from '../stats/assumptions.js';
import { type Batches, metQuietCore } from './batches.js';

/** One metric in one launch, after the batches that something else interrupted are left out. */
interface Estimate {
  /** ns per operation, as the clock read it. */
  estimateNs: number;
  /** ns per operation of the control loop beside the kept batches. */
  controlNs: number;
  spreadNs: number;
  kept: number;
  rejected: number;
}

/** How batches are selected. */
export interface Filter {
  /** The operation waits on purpose, so occupancy and a busy neighbour mean nothing. */
  sleeps: boolean;
  /** The wide loop's ratio on a quiet core; without it no batch is left out for its neighbour. */
  quietWidth?: number | undefined;
}

/** The quantile taken as a metric's own best occupancy: high, but not the luckiest batch. */
const OWN_OCCUPANCY_QUANTILE = 0.9;

/**
 * Reduces the batches of one metric in one launch to its replicate. If the launch has several
 * processes, the replicate is the median of theirs.
 *
 * @returns undefined if there are no batches
 */
export function estimateReplicate(batches: Batches, filter: Filter): Estimate | undefined {
  const own = [...new Set(batches.process)].flatMap(
    (process) => estimateProcess(batches, filter, process) ?? [],
  );
  if (own.length === 0) return undefined;
  const typical = (of: (estimate: Estimate) => number): number => median(own.map(of));
  return {
    estimateNs: typical(({ estimateNs }) => estimateNs),
    controlNs: typical(({ controlNs }) => controlNs),
    spreadNs: typical(({ spreadNs }) => spreadNs),
    kept: sum(own.map(({ kept }) => kept)),
    rejected: sum(own.map(({ rejected }) => rejected)),
  };
}

/**
 * A batch counts only if its participants ran on a CPU for about as large a share of the wall time as
 * in the metric's best batches. Each metric has its own reference: with CONFIG_IRQ_TIME_ACCOUNTING the
 * kernel leaves the softirq work of a loopback send off the task's clock, so a fixed limit would
 * reject all its batches. Involuntary switches do not matter here, since a wake-up preemption is one.
 * Every batch counts if the metric `sleeps`. The same holds if the CPU clock stood still during a
 * batch, because such a clock is too coarse (10 ms in gVisor).
 */
function estimateProcess(batches: Batches, filter: Filter, process: number): Estimate | undefined {
  const all = [...batches.process.keys()].filter((index) => batches.process[index] === process);
  const occupied = undisturbed(batches, filter, all);
  if (occupied.length === 0) return undefined;
  const kept = besideNobody(batches, filter, occupied);
  const ns = kept.map((index) => batches.ns[index] ?? 0);
  const control = kept.map((index) => batches.controlNs[index] ?? 0);
  return {
    estimateNs: quantile(ns, ESTIMATE_QUANTILE),
    controlNs: quantile(control, CONTROL_QUANTILE),
    spreadNs: interquartileRange(ns),
    kept: kept.length,
    rejected: all.length - occupied.length,
  };
}

/** ns per operation of the batches that count, one array for each round. */
export type RoundsNs = number[][];

/** The batches that count, round by round: a plan estimates the noise from them. */
export function keptByRound(batches: Batches, filter: Filter): RoundsNs {
  const rounds: RoundsNs = [];
  const occupied = undisturbed(batches, filter, [...batches.ns.keys()]);
  for (const index of besideNobody(batches, filter, occupied)) {
    const round = batches.round[index] ?? 0;
    rounds[round] = [...(rounds[round] ?? []), batches.ns[index] ?? 0];
  }
  return rounds.filter((round) => round !== undefined);
}

/** A launch's estimate from some of its rounds, made as {@link estimateReplicate} makes it. */
export const estimateOf = (rounds: RoundsNs): number => quantile(rounds.flat(), ESTIMATE_QUANTILE);

/** Those of the batches in which nobody else had the CPU. */
function undisturbed({ occupancy }: Batches, { sleeps }: Filter, all: number[]): number[] {
  const own = all.map((index) => occupancy[index] ?? 0);
  if (sleeps || own.includes(0)) return all;
  const best = quantile(own, OWN_OCCUPANCY_QUANTILE);
  return all.filter((index) => (occupancy[index] ?? 0) >= OCCUPANCY_THRESHOLD * best);
}

/**
 * Those of the batches after which the core's whole width was free. If only a few are, all of them
 * count: whether a launch counts is not decided by one metric.
 */
function besideNobody(batches: Batches, { sleeps, quietWidth }: Filter, some: number[]): number[] {
  if (sleeps || quietWidth === undefined) return some;
  const quiet = some.filter((index) =>
    metQuietCore(batches.width[index] ?? Number.NaN, quietWidth),
  );
  return quiet.length >= QUIET_SHARE * some.length ? quiet : some;
}

/** Events per operation: the most frequent of a launch's counts. */
export interface AgreedCount {
  count: number;
  agreeing: number;
  counts: number;
}

/**
 * Reduces the counts of one metric in one launch to the most frequent one. Other events, such as a
 * preemption, disturb few counts, and each in another way.
 */
export function agreeOn(counts: readonly number[]): AgreedCount {
  const count = modeFast([...counts]);
  return { count, agreeing: counts.filter((one) => one === count).length, counts: counts.length };
}
