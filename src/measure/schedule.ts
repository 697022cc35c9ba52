import type { MetricEntry } from '../probe/catalogue.js';
import { type Allocation, roundsFor } from './allocation.js';
import type { Portion } from './plan.js';

/** Which metrics a launch measures, in how many of its rounds: the same for all launches of a round. */
export type Schedule = (round: number) => Portion[];

/** The warm-up's numbers are discarded: it is to meet every code path, not to measure it. */
export const WARM_UP_ROUNDS = 2;

/** Metrics that only inform get the pairs that an interval needs, and leave the time to the gated. */
const INFORMING_LAUNCH_ROUNDS = 3;
const INFORMING_ROUNDS = 4;

/** Counts are exact: more rounds only count the same again. */
const COUNT_ROUNDS = 2;

/** Slow metrics wait by design, for tens of ms an operation: one round of launches says enough. */
const SLOW_LAUNCH_ROUNDS = 1;
const SLOW_ROUNDS = 2;

/** The gated metrics, or all where none is. */
export const warmUpSchedule = (metrics: readonly MetricEntry[]): Schedule => {
  const gated = metrics.filter(({ gate }) => gate);
  const portions = portionsOf(gated.length > 0 ? gated : metrics, WARM_UP_ROUNDS);
  return () => portions;
};

/**
 * Gated metrics as they were allocated, and in the first rounds those that only inform.
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
 * Metrics of few pairs have them spread over the first part of the rounds, each from another start
 * on, so that launches are alike and no burst of a neighbour's work hits all of them at once. The
 * last part is for the noisy ones: should the time run out early, nobody is short of a verdict.
 */
function takesPart({ share, pairs }: Allocation, round: number, index: number): boolean {
  const pace = Math.min(1, share / SPREAD_OVER);
  const start = (index * GOLDEN_RATIO) % 1;
  const before = Math.floor(round * pace + start);
  return before < roundsFor(pairs) && Math.floor((round + 1) * pace + start) > before;
}

const SPREAD_OVER = 0.6;

/** Multiples of it fill the unit interval evenly, however many there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

const portionsOf = (metrics: readonly MetricEntry[], rounds: number): Portion[] =>
  metrics.map((metric) => ({ metric, rounds }));
