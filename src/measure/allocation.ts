import { mean, median, sum } from 'simple-statistics';
import type { MetricEntry } from '../probe/catalogue.js';
import { SCREEN_LEVEL } from '../stats/assumptions.js';
import { moderatedVariance } from '../stats/moderated.js';
import { minimumPairs, robustPairs } from '../stats/power.js';
import { type Random, seededRandom } from '../stats/random.js';
import { startOf } from './nesting.js';
import {
  type PilotRun,
  pilotsOf,
  roundMsOf,
  varianceOfEstimate,
  varianceOfLaunches,
} from './pilot.js';

/**
 * A metric's part of the time. A pilot measures each metric's cost and noise, and the time goes where
 * it reduces the error most (T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time",
 * ISMM 2013: repetitions at each level follow from the variance and the cost of that level).
 *
 * Two levels can be chosen: the rounds of a launch, and the pairs of launches. A round always has few
 * batches, since they share its state. The choice looks at noise and cost only, never at which side
 * is faster, so it cannot favour a verdict.
 */
export interface Allocation {
  /** How many rounds of the metric a launch has. */
  rounds: number;
  /** The share of the rounds of launches that measure the metric: above 0, at most 1. */
  share: number;
  /** Pairs of launches to measure from now on. */
  pairs: number;
  /** Pairs of launches measured already. */
  known: number;
  /** Expected standard deviation of a paired difference, log scale. */
  deviation: number;
}

/** What the pairs must show. */
export interface Goal {
  alpha: number;
  /** The smallest change of a metric that matters, as a ratio: 0.02 is two percent. */
  marginOf(metric: MetricEntry): number;
}

/** The screen or the confirmation: how many pairs of launches its tests need. */
interface Stage {
  /** The pairs that each metric gets at least. */
  pairs: number;
  /** The same where the time is too short for `pairs`. */
  minPairs: number;
  /** True if earlier pairs do not count: a confirmation uses fresh pairs only. */
  fresh: boolean;
}

/** One launch in eight may be slow, which spoils two pairs in fifteen. */
const SCREEN: Stage = {
  pairs: robustPairs(SCREEN_LEVEL, 1, 2),
  minPairs: robustPairs(SCREEN_LEVEL, 1),
  fresh: false,
};

/** @param alpha family-wise level over all these metrics */
export function confirmation(alpha: number, metrics: number): Stage {
  const pairs = robustPairs(alpha, Math.max(1, metrics));
  return { pairs, minPairs: pairs, fresh: true };
}

/**
 * How many rounds of one metric a launch may hold. Each round should begin with a new state of the
 * machine, and the other metrics' rounds before it make that state. So no metric gets many more rounds
 * than the others. An lseek with 28 rounds, where most metrics had 3, varied by 1.8 % between
 * launches. With ten rounds for every metric it varied by 0.1 %.
 */
const MIN_ROUNDS = 3;
const ROUNDS_CHOICES = [MIN_ROUNDS, 5, 7, 10];

/**
 * Fewer rounds than this may all meet an unlucky state, and a pilot of a few launches does not show
 * it. From 3 to 10 rounds, the deviation between launches fell from 1.7 to 0.1 % for null, and from
 * 2.2 to 0.1 % for lseek. With 10 rounds, variance times cost was at most twice its minimum for every
 * gated metric. With 3 rounds it was a hundred times the minimum for some. So fewer rounds are only
 * for slow targets, where the time would not hold enough pairs otherwise.
 */
const MIN_MIXED_ROUNDS = 7;

/** A metric gets at most this many times an even share of the pairs, however noisy it looked. */
const MAX_EVEN_SHARES = 4;

/** A round of launches holds two pairs. */
const PAIRS_PER_ROUND = 2;

/**
 * Allocates the time of a stage.
 *
 * @param metrics the gated metrics; those that the pilot could not measure get no allocation
 * @param budget `timeMs`: the time of the stage; `seed`: makes the resampling repeatable, and so the
 * schedule
 */
export function allocate(
  metrics: readonly MetricEntry[],
  run: PilotRun,
  goal: Goal,
  { timeMs, seed, stage = SCREEN }: { timeMs: number; seed: number; stage?: Stage },
): Map<string, Allocation> {
  const random = seededRandom(seed);
  const idleMs = idleOf(run, metrics.length);
  const needs = moderated(
    metrics.flatMap((metric) =>
      needOf(metric, Math.log1p(goal.marginOf(metric)), run, idleMs, random),
    ),
  );
  const counted = stage.fresh ? needs.map((need) => ({ ...need, known: 0 })) : needs;
  const choices = shareOut(counted, timeMs, stage);
  const launched = choices.map(({ pairs, yielded }) => pairs / yielded);
  const longest = Math.max(1, ...launched);
  return new Map(
    choices.map(({ id, rounds, deviation, known }, index) => {
      const pairs = launched[index] ?? 0;
      return [id, { rounds, share: pairs / longest, pairs: Math.round(pairs), known, deviation }];
    }),
  );
}

/**
 * How many of the metrics, from the first on, the time can hold with the pairs that their tests need.
 * It assumes the fewest rounds a launch: that is noisy, but still shows a large change.
 *
 * @param budget `timeMs`: the time that is left; `pairsFor`: the pairs that the tests of a number of
 * metrics need
 */
export function affordable(
  metrics: readonly MetricEntry[],
  run: PilotRun,
  { timeMs, pairsFor }: { timeMs: number; pairsFor: (count: number) => number },
): number {
  let pairMs = 2 * startOf([run.baseline, run.candidate]).idleMs;
  for (const [index, metric] of metrics.entries()) {
    const rounds = run.processes * MIN_ROUNDS;
    pairMs += 2 * rounds * roundMsOf(pilotsOf(metric, run).flat());
    if (pairsFor(index + 1) * pairMs > timeMs) return index;
  }
  return metrics.length;
}

/** A metric's noise and cost with a given number of rounds in a launch. */
interface Option {
  rounds: number;
  /** Variance of a paired difference over the squared margin. */
  noise: number;
  deviation: number;
  /** ms of one pair. */
  costMs: number;
}

interface Need {
  id: string;
  /** The metric's margin, log scale. */
  margin: number;
  /** Degrees of freedom of its estimated deviation. */
  degrees: number;
  /** Pairs measured already. */
  known: number;
  /** The expected share of pairs in which neither launch met a busy core. */
  yielded: number;
  options: Option[];
}

function needOf(
  metric: MetricEntry,
  margin: number,
  run: PilotRun,
  idleMs: number,
  random: Random,
): Need[] {
  const [baseline, candidate] = pilotsOf(metric, run);
  const sides = [baseline, candidate].filter((side) => side.length > 1);
  if (sides.length === 0) return [];
  const all = sides.flat();
  const roundMs = roundMsOf(all);
  const usual = Math.round(mean(all.map(({ rounds }) => rounds.length)));
  const within = (rounds: number): number =>
    mean(sides.map((side) => varianceOfEstimate(side, rounds, random)));
  const between = Math.max(0, mean(sides.map(varianceOfLaunches)) - within(usual));
  const kept = sides.map((side) => side.filter(({ counts }) => counts).length / side.length);
  const yielded = Math.max(
    MIN_YIELD,
    kept.reduce((product, share) => product * share, 1),
  );
  const options = ROUNDS_CHOICES.map((rounds) => {
    const variance = 2 * (between + within(run.processes * rounds));
    const costMs = (2 * (run.processes * rounds * roundMs + idleMs)) / yielded;
    return { rounds, costMs, noise: variance / margin ** 2, deviation: Math.sqrt(variance) };
  });
  const degrees = sum(sides.map((side) => side.length - 1));
  const { id } = metric;
  return [{ id, margin, degrees, known: Math.floor(yielded * candidate.length), yielded, options }];
}

/** Weight of the other metrics' noise, in degrees of freedom: as many as a pilot has. */
const PRIOR_DEGREES = 6;

/**
 * Moves each metric's deviation towards the median of all (G. K. Smyth 2004, see
 * {@link moderatedVariance}). A metric with one slow launch in five may look quiet in a pilot of four
 * launches a side, and would then get too few pairs for a verdict. This changes only the plan, never
 * a verdict.
 */
function moderated(needs: readonly Need[]): Need[] {
  const typical = needs.map(({ options }) => options.at(-1)?.deviation ?? 0);
  const standardDeviation = typical.length === 0 ? 0 : median(typical);
  if (standardDeviation === 0) return [...needs];
  const prior = { standardDeviation, degreesOfFreedom: PRIOR_DEGREES };
  return needs.map((need) => ({
    ...need,
    options: need.options.map((option) => {
      const observed = { variance: option.deviation ** 2, degreesOfFreedom: need.degrees };
      const { variance } = moderatedVariance(observed, prior);
      return { ...option, noise: variance / need.margin ** 2, deviation: Math.sqrt(variance) };
    }),
  }));
}

/** The plan expects at least this yield, since the core may have been busy only during the pilot. */
const MIN_YIELD = 0.4;

/** Each metric's part of a launch's overhead, in ms: exec, setup of the probe, the results. */
const idleOf = ({ baseline, candidate }: PilotRun, metrics: number): number =>
  startOf([baseline, candidate]).idleMs / Math.max(1, metrics);

/** The option that a metric gets, and how many pairs of it. */
interface Choice extends Option {
  id: string;
  known: number;
  yielded: number;
  pairs: number;
}

/**
 * Chooses pairs and rounds that minimise the sum of the squared standard errors, each divided by its
 * margin, within the time. It uses a Lagrange multiplier, the price of a millisecond, and finds it by
 * bisection. Every metric gets enough pairs for a verdict. If those do not fit, it tries fewer pairs,
 * and then fewer rounds.
 */
function shareOut(needs: readonly Need[], timeMs: number, { pairs, minPairs }: Stage): Choice[] {
  const mixed = needs.map((need) => ({
    ...need,
    options: need.options.filter(({ rounds }) => rounds >= MIN_MIXED_ROUNDS),
  }));
  for (const enough of [pairs, minPairs]) {
    const choices = shareOutAmong(mixed, timeMs, enough);
    if (spentOn(choices) <= timeMs) return choices;
  }
  return shareOutAmong(needs, timeMs, minPairs);
}

function shareOutAmong(needs: readonly Need[], timeMs: number, enough: number): Choice[] {
  const even = timeMs / sum(needs.map(({ options }) => options.at(-1)?.costMs ?? 0));
  const maxPairs = MAX_EVEN_SHARES * Math.max(enough, even);
  const at = (price: number): Choice[] =>
    needs.map((need) => choose(need, price, { minPairs: enough, maxPairs }));
  let [cheap, dear]: [number, number] = PRICES;
  for (let step = 0; step < PRICE_STEPS; step++) {
    const middle = Math.sqrt(cheap * dear);
    if (spentOn(at(middle)) > timeMs) cheap = middle;
    else dear = middle;
  }
  return at(dear);
}

const spentOn = (choices: readonly Choice[]): number =>
  sum(choices.map(({ pairs, costMs }) => pairs * costMs));

/** Lowest and highest price of a millisecond, in squared standard errors: far beyond any real one. */
const PRICES: [number, number] = [1e-12, 1e6];
const PRICE_STEPS = 60;

/** Limits of a metric's pairs, with those measured already. */
interface Bounds {
  minPairs: number;
  maxPairs: number;
}

function choose({ id, known, yielded, options }: Need, price: number, bounds: Bounds): Choice {
  const minPairs = Math.max(0, bounds.minPairs - known);
  const maxPairs = Math.max(0, bounds.maxPairs - known);
  const choices = options.map((option) => {
    const wanted = Math.sqrt(option.noise / (price * option.costMs)) - known;
    const pairs = Math.min(maxPairs, Math.max(minPairs, wanted));
    const total = option.noise / (known + pairs) + price * pairs * option.costMs;
    return { id, known, yielded, ...option, pairs, total };
  });
  return choices.reduce((a, b) => (b.total < a.total ? b : a));
}

/** How many rounds of launches hold these pairs. */
export const roundsFor = (pairs: number): number => Math.ceil(pairs / PAIRS_PER_ROUND);

/** With fewer pairs, no change of a metric can be flagged, however large. */
export const MIN_PAIRS = minimumPairs(SCREEN_LEVEL, 1);

/** How many metrics share an error level. */
export const familyOf = (metrics: readonly MetricEntry[]): number =>
  Math.max(1, metrics.filter(({ gate }) => gate).length);
