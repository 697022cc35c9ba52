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
 * Spends the time of the screen where it buys most, by what a pilot has shown of each metric's cost
 * and noise (T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013:
 * repetitions at each level follow from the variance and the cost of that level).
 *
 * Two levels are free here: rounds in a launch, and pairs of launches. Of batches there are always
 * few, since they share their round's state. Only noise and cost are looked at, never which side is
 * the quicker, so the choice cannot favour a verdict.
 */
export interface Allocation {
  /** Rounds of a launch. */
  rounds: number;
  /** Of the rounds of launches, those in which it takes part: above 0, at most 1. */
  share: number;
  /** Pairs of launches that are still to be measured, and those there are. */
  pairs: number;
  known: number;
  /** Of a paired difference, as expected: standard deviation, log scale. */
  deviation: number;
}

/** What a metric's pairs are for. */
export interface Goal {
  alpha: number;
  /** Smallest change of a metric that matters, as a ratio: 0.02 is two percent. */
  marginOf(metric: MetricEntry): number;
}

/** What the pairs are for. */
export interface Stage {
  /** Of a metric at least, and where the time does not hold so many. */
  pairs: number;
  leastPairs: number;
  /** Whether the pairs that there are do not count: a confirmation is on fresh ones alone. */
  fresh: boolean;
}

/** One launch in eight may be slow, so two pairs in fifteen. */
const SCREEN: Stage = {
  pairs: robustPairs(SCREEN_LEVEL, 1, 2),
  leastPairs: robustPairs(SCREEN_LEVEL, 1),
  fresh: false,
};

/** @param alpha family-wise, over so many metrics */
export function confirmation(alpha: number, metrics: number): Stage {
  const pairs = robustPairs(alpha, Math.max(1, metrics));
  return { pairs, leastPairs: pairs, fresh: true };
}

/**
 * How many rounds a launch may hold of one metric: no more than others have, since it is they that
 * draw the state anew which a round begins with. An lseek with 28 rounds in a launch where most
 * metrics had 3 varied by 1.8 % between launches, and with ten among equals by 0.1 %.
 */
const MIN_ROUNDS = 3;
const ROUNDS_CHOICES = [MIN_ROUNDS, 5, 7, 10];

/**
 * Fewer rounds than this may all meet an unlucky state, which a pilot of a few launches does not
 * show: from 3 to 10 rounds, the deviation of null between launches fell from 1.7 to 0.1 %, that of
 * lseek from 2.2 to 0.1 %. Of all gated metrics none had more than twice its least variance times
 * cost at 10 rounds, and some had a hundred times that at 3. So fewer are for targets so slow that
 * the time would not hold enough pairs.
 */
const WELL_MIXED = 7;

/** However noisy a metric looked, so many times its even share of the pairs are the most it gets. */
const MAX_EVEN_SHARES = 4;

/** Rounds of launches hold two pairs. */
const PAIRS_PER_ROUND = 2;

/**
 * @param metrics the gated metrics; those that the pilot could not measure get no allocation
 * @param budget `timeMs`: what there is for the stage; `seed`: of the resampling, so that a schedule
 * can be repeated
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
 * How many of some metrics, the first of them, can be measured in as many pairs as their tests need,
 * though it be with the fewest rounds: so noisy a launch still shows a large change.
 *
 * @param budget `timeMs`: what there is; `pairsFor`: the pairs that the tests of so many need
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

/** What a metric's noise and cost would be with so many rounds in a launch. */
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
  /** δ of the metric, log scale. */
  margin: number;
  /** Of freedom, of what is known of its deviation. */
  degrees: number;
  /** Pairs that there are. */
  known: number;
  /** Of the pairs that are measured, the share of which neither launch met a busy core. */
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

/** How many degrees of freedom the other metrics' noise is worth: as many as a pilot has. */
const PRIOR_DEGREES = 6;

/**
 * A metric that has slow launches, one in five, looks quiet to a pilot of four a side, and would get
 * too few pairs to be called. So each is taken to be a little like the others (G. K. Smyth 2004, see
 * {@link moderatedVariance}; only the plan rests on it, no verdict does).
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

/** However busy the core was in the pilot: it may have been an odd time. */
const MIN_YIELD = 0.4;

/** ms a metric of what a launch takes beside its metrics: exec, setup of the probe, the results. */
const idleOf = ({ baseline, candidate }: PilotRun, metrics: number): number =>
  startOf([baseline, candidate]).idleMs / Math.max(1, metrics);

/** So many pairs of launches with so many rounds. */
interface Choice extends Option {
  id: string;
  known: number;
  yielded: number;
  pairs: number;
}

/**
 * The pairs and rounds that make the sum of the squared standard errors, each against its margin, as
 * small as it can be in the time: Lagrange's condition, with the price of a millisecond found by
 * bisection. No metric gets fewer than enough pairs, or it would be left without a verdict; where those
 * do not fit it is fewer, then of fewer rounds, and the time decides.
 */
function shareOut(needs: readonly Need[], timeMs: number, { pairs, leastPairs }: Stage): Choice[] {
  const mixed = needs.map((need) => ({
    ...need,
    options: need.options.filter(({ rounds }) => rounds >= WELL_MIXED),
  }));
  for (const enough of [pairs, leastPairs]) {
    const choices = shareOutAmong(mixed, timeMs, enough);
    if (spentOn(choices) <= timeMs) return choices;
  }
  return shareOutAmong(needs, timeMs, leastPairs);
}

function shareOutAmong(needs: readonly Need[], timeMs: number, enough: number): Choice[] {
  const even = timeMs / sum(needs.map(({ options }) => options.at(-1)?.costMs ?? 0));
  const most = MAX_EVEN_SHARES * Math.max(enough, even);
  const at = (price: number): Choice[] =>
    needs.map((need) => choose(need, price, { least: enough, most }));
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

/** Of a millisecond, in squared standard errors: far beyond anything that a run comes to. */
const PRICES: [number, number] = [1e-12, 1e6];
const PRICE_STEPS = 60;

/** In all, those that there are already among them. */
interface Bounds {
  least: number;
  most: number;
}

function choose({ id, known, yielded, options }: Need, price: number, bounds: Bounds): Choice {
  const [least, most] = [Math.max(0, bounds.least - known), Math.max(0, bounds.most - known)];
  const choices = options.map((option) => {
    const wanted = Math.sqrt(option.noise / (price * option.costMs)) - known;
    const pairs = Math.min(most, Math.max(least, wanted));
    const total = option.noise / (known + pairs) + price * pairs * option.costMs;
    return { id, known, yielded, ...option, pairs, total };
  });
  return choices.reduce((a, b) => (b.total < a.total ? b : a));
}

/** Rounds of launches that so many pairs take. */
export const roundsFor = (pairs: number): number => Math.ceil(pairs / PAIRS_PER_ROUND);

/** Fewer pairs could not flag a metric however large its change. */
export const MIN_PAIRS = minimumPairs(SCREEN_LEVEL, 1);

/** How many metrics share an error level. */
export const familyOf = (metrics: readonly MetricEntry[]): number =>
  Math.max(1, metrics.filter(({ gate }) => gate).length);
