import type { MetricEntry } from '../probe/catalogue.js';
import { type Allocation, roundsFor } from './allocation.js';
import type { Portion } from './plan.js';

/** The metrics of a launch and their rounds in it: the same for all launches of a round. */
export type Schedule = (round: number) => Portion[];

/** Few rounds are enough: the warm-up only runs every code path, and its numbers are discarded. */
export const WARM_UP_ROUNDS = 2;

/** Metrics without a gate get the pairs that an interval needs. The gated ones get the rest. */
const INFORMING_LAUNCH_ROUNDS = 3;
const INFORMING_ROUNDS = 4;

/** Counts are exact: more rounds only count the same again. */
const COUNT_ROUNDS = 2;

/** Slow metrics wait by design, tens of ms per operation: one round of launches is enough. */
const SLOW_LAUNCH_ROUNDS = 1;
const SLOW_ROUNDS = 2;

/** The gated metrics, or all if none is gated. */
export const warmUpSchedule = (metrics: readonly MetricEntry[]): Schedule => {
  const gated = metrics.filter(({ gate }) => gate);
  const portions = portionsOf(gated.length > 0 ? gated : metrics, WARM_UP_ROUNDS);
  return () => portions;
};

/**
 * Gated metrics as they were allocated, and in the first rounds also the others.
 *
 * @param done how many rounds of launches the phase had before this schedule's round 0
 */
export function screenSchedule(
  metrics: readonly MetricEntry[],
  rounds: number,
  allocations: ReadonlyMap<string, Allocation> = new Map(),
  done = 0,
): Schedule {
  return (round) => {
    const due = metrics.flatMap((metric, index): Portion[] => {
      if (!metric.gate) return informing(metric, done + round);
      if (metric.unit === 'count') return [{ metric, rounds: COUNT_ROUNDS }];
      const own = allocations.get(metric.id);
      if (own === undefined) return [{ metric, rounds }];
      return takesPart(own, round, index) ? [{ metric, rounds: own.rounds }] : [];
    });
    return due.length > 0 ? due : portionsOf(metrics, rounds);
  };
}

function informing(metric: MetricEntry, round: number): Portion[] {
  const [launches, rounds] = metric.slow
    ? [SLOW_LAUNCH_ROUNDS, SLOW_ROUNDS]
    : [INFORMING_LAUNCH_ROUNDS, INFORMING_ROUNDS];
  return round < launches ? [{ metric, rounds }] : [];
}

/**
 * Whether a metric is measured in a round. Metrics with few pairs are spread over the first part of
 * the rounds, each from another start. So launches are alike, and a burst of a neighbour's work does
 * not hit all of them. The last part is left to noisy metrics: if the time runs out early, every
 * metric still has enough pairs for a verdict.
 */
function takesPart({ share, pairs }: Allocation, round: number, index: number): boolean {
  const pace = Math.min(1, share / SPREAD_OVER);
  const start = (index * GOLDEN_RATIO) % 1;
  const before = Math.floor(round * pace + start);
  return before < roundsFor(pairs) && Math.floor((round + 1) * pace + start) > before;
}

const SPREAD_OVER = 0.6;

/** Any number of its multiples, modulo 1, fill the unit interval evenly. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

const portionsOf = (metrics: readonly MetricEntry[], rounds: number): Portion[] =>
  metrics.map((metric) => ({ metric, rounds }));
