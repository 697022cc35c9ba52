import { interquartileRange, median, modeFast, quantile, sum } from 'simple-statistics';
import {
  CONTROL_QUANTILE,
  ESTIMATE_QUANTILE,
  OCCUPANCY_THRESHOLD,
  QUIET_SHARE,
  WIDTH_THRESHOLD,
} from '../stats/assumptions.js';
import type { Batches } from './batches.js';

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

/** What batches are held against. */
export interface Filter {
  /** The operation waits on purpose, so neither occupancy nor a neighbour says anything. */
  sleeps: boolean;
  /** The wide loop's ratio on a quiet core; without it no batch is left out for its neighbour. */
  quietWidth?: number | undefined;
}

/** Where a metric's own occupancy is read off: high, but not the luckiest batch. */
const OWN_OCCUPANCY_QUANTILE = 0.9;

/**
 * Reduces the batches of one metric in one launch to its replicate: where the launch has several
 * processes, the median of what each of them has.
 *
 * @returns undefined for a launch of which too little is left: its neighbour was busy throughout
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
 * A batch counts only when its participants ran on a CPU for as large a share of the wall time as
 * the metric's best batches did. The reference is the metric's own because kernels with
 * CONFIG_IRQ_TIME_ACCOUNTING keep the softirq work of a loopback send off the task's clock, which
 * would otherwise reject every batch of it. Involuntary switches are no criterion: a wake-up
 * preemption counts as one. Metrics that `sleeps` declares idle by design keep every batch, and so
 * does everything where the CPU clock stood still over a batch: it is too coarse to judge by (10 ms
 * in gVisor).
 *
 * And it counts only when no other thread was busy on the same core, which a virtual machine is not
 * told: a loop that needs the core's whole width, right after the batch, takes no longer than on a
 * quiet core.
 */
function estimateProcess(batches: Batches, filter: Filter, process: number): Estimate | undefined {
  const { all, occupied, kept } = selected(batches, filter, process);
  if (kept.length < QUIET_SHARE * occupied.length) return undefined;
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

/**
 * Whether {@link estimateReplicate} has an estimate for the launch: as it decides, without its
 * cost.
 */
export const makesReplicate = (batches: Batches, filter: Filter): boolean =>
  [...new Set(batches.process)].some((process) => {
    const { occupied, kept } = selected(batches, filter, process);
    return kept.length >= QUIET_SHARE * occupied.length;
  });

/** The batches of a process: those in which nobody else had the CPU, and of them those that count. */
function selected(
  batches: Batches,
  filter: Filter,
  process: number,
): { all: number[]; occupied: number[]; kept: number[] } {
  const all = indicesOf(batches, process);
  const occupied = undisturbed(batches, filter, all);
  return { all, occupied, kept: occupied.filter((index) => metQuiet(batches, index, filter)) };
}

const indicesOf = (batches: Batches, process: number): number[] =>
  [...batches.process.keys()].filter((index) => batches.process[index] === process);

/** ns per operation of the batches that count, an array a round. */
export type RoundsNs = number[][];

/** What a plan learns the noise from: the batches that count, round by round. */
export function keptByRound(batches: Batches, filter: Filter): RoundsNs {
  const rounds: RoundsNs = [];
  for (const index of undisturbed(batches, filter, [...batches.ns.keys()])) {
    if (!metQuiet(batches, index, filter)) continue;
    const round = batches.round[index] ?? 0;
    rounds[round] = [...(rounds[round] ?? []), batches.ns[index] ?? 0];
  }
  return rounds.filter((round) => round !== undefined);
}

/** A launch's estimate from batches of any of its rounds, as {@link estimateReplicate} makes it. */
export const estimateOf = (rounds: RoundsNs): number => quantile(rounds.flat(), ESTIMATE_QUANTILE);

/** Of some batches, those in which nobody else had the CPU. */
function undisturbed({ occupancy }: Batches, { sleeps }: Filter, all: number[]): number[] {
  const own = all.map((index) => occupancy[index] ?? 0);
  if (sleeps || own.includes(0)) return all;
  const best = quantile(own, OWN_OCCUPANCY_QUANTILE);
  return all.filter((index) => (occupancy[index] ?? 0) >= OCCUPANCY_THRESHOLD * best);
}

/** Of a probe that does not tell, every batch did. */
function metQuiet({ width }: Batches, index: number, { sleeps, quietWidth }: Filter): boolean {
  const own = width[index] ?? Number.NaN;
  return sleeps || quietWidth === undefined || !(own > WIDTH_THRESHOLD * quietWidth);
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
