import { mean, median, sum } from 'simple-statistics';
import { MAD_TO_DEVIATION, WINSOR_LIMIT } from './assumptions.js';
import { solve } from './linear.js';
import { moderatedVariance, type VariancePrior } from './moderated.js';
import { learnVariancePrior } from './variance-prior.js';

/**
 * The levels of many metrics in a series of runs, on the log scale:
 *
 *   y = centre of the metric + state of the run + own noise
 *
 * The state is what a machine does to all metrics of a run at once. It is random, so a fit takes no
 * more of it than its variance among the runs allows. The own noise of a metric has a variance of its
 * own, moderated by the spread of the variances of all metrics.
 */
export interface LevelModel {
  /** One for each metric; NaN for a metric that no run has. */
  centres: number[];
  /** Own variance between runs, and how well it is known. */
  variances: number[];
  degreesOfFreedom: number[];
  /** How many runs the centre rests on: those since the metric's level last changed. */
  runs: readonly number[];
  /** One for each run. */
  states: number[];
  stateVariance: number;
}

/** One run's level of each metric, on the log scale; NaN for a metric that it does not have. */
export type Levels = readonly number[];

/** Deviation of the state that is assumed before any run is known, worth so many runs. */
const STATE_PRIOR = { standardDeviation: 0.01, degreesOfFreedom: 4 };

/** Two runs that happen to agree do not make a metric exact: the timer's own resolution remains. */
const MIN_DEVIATION = 0.002;

/** A learnt prior counts for at most this many runs, since families of metrics differ. */
const MAX_PRIOR_RUNS = 8;

/** From this many runs on, the spread of the metrics' variances replaces the shipped priors. */
const MIN_RUNS_FOR_PRIOR = 4;

/**
 * With fewer metrics, a state cannot be told from a change of the metrics themselves. Then there is none,
 * and what the machine does is part of each metric's own noise.
 */
export const MIN_METRICS_FOR_STATE = 10;

/** Stands for none: a fit takes nothing of it. */
const NO_STATE = 1e-12;

const PASSES = 8;

/** Residuals up to this many deviations count in full (Huber 1964). */
const HUBER_LIMIT = 2;

/**
 * Learns the model from stored runs, by turns: states from centres, centres from states, variances
 * from both.
 *
 * @param rows the runs, each with one level for each metric
 * @param shipped the assumed spread of each metric, used until runs say more
 * @param runs how many runs each metric's centre rests on, if not on all that have it
 */
export function learnLevels(
  rows: readonly Levels[],
  shipped: readonly VariancePrior[],
  runs?: readonly number[],
): LevelModel {
  const metrics = [...shipped.keys()];
  const column = (metric: number) => rows.map((row) => row[metric] ?? Number.NaN);
  let states = rows.map(() => 0);
  const hasState = shipped.length >= MIN_METRICS_FOR_STATE;
  let stateVariance = hasState ? STATE_PRIOR.standardDeviation ** 2 : NO_STATE;
  let variances = shipped.map(({ standardDeviation }) => standardDeviation ** 2);
  let centres = metrics.map((metric) => medianOf(column(metric)));
  let degreesOfFreedom = metrics.map(() => 0);
  for (let pass = 0; pass < PASSES; pass += 1) {
    const raw = rows.map((row) => stateOf({ centres, variances, stateVariance }, row));
    const middle = raw.length === 0 ? 0 : median(raw);
    states = raw.map((state) => state - middle);
    if (hasState) stateVariance = stateVarianceOf(states);
    centres = metrics.map((metric) =>
      robustMean(
        column(metric).map((level, run) => level - (states[run] ?? 0)),
        Math.sqrt(variances[metric] ?? 1),
      ),
    );
    const observed = metrics.map((metric) => {
      const rest = column(metric)
        .map((level, run) => level - (centres[metric] ?? 0) - (states[run] ?? 0))
        .filter(Number.isFinite);
      const degrees = Math.max(0, rest.length - 1);
      const limit = WINSOR_LIMIT ** 2 * (variances[metric] ?? 1);
      const squares = sum(rest.map((one) => Math.min(one ** 2, limit)));
      return { variance: degrees > 0 ? squares / degrees : 0, degreesOfFreedom: degrees };
    });
    const priors = rows.length < MIN_RUNS_FOR_PRIOR ? shipped : learntPriors(observed, shipped);
    const moderated = observed.map((one, metric) =>
      moderatedVariance(one, priors[metric] ?? STATE_PRIOR),
    );
    variances = moderated.map(({ variance }) => Math.max(variance, MIN_DEVIATION ** 2));
    degreesOfFreedom = moderated.map((one) => one.degreesOfFreedom);
  }
  const known = metrics.map((metric) => column(metric).filter(Number.isFinite).length);
  return { centres, variances, degreesOfFreedom, runs: runs ?? known, states, stateVariance };
}

/**
 * The shipped priors say how the metrics differ; the stored runs, by how much all of them are wrong and
 * how far single ones stray.
 */
function learntPriors(
  observed: readonly { variance: number; degreesOfFreedom: number }[],
  shipped: readonly VariancePrior[],
): readonly VariancePrior[] {
  const scaleOf = (metric: number) => (shipped[metric]?.standardDeviation ?? 1) ** 2;
  const relative = observed.map(({ variance, degreesOfFreedom }, metric) => ({
    ...{ degreesOfFreedom, variance: Math.max(variance, 1e-8) / scaleOf(metric) },
  }));
  const learnt = learnVariancePrior(relative);
  if (learnt === undefined) return shipped;
  const degreesOfFreedom = Math.min(MAX_PRIOR_RUNS, Math.max(1, learnt.degreesOfFreedom));
  return shipped.map(({ standardDeviation }) => ({
    standardDeviation: standardDeviation * learnt.standardDeviation,
    degreesOfFreedom,
  }));
}

/** Variance of the states of runs around 0, moderated by what is assumed before any run is known. */
export const stateVarianceOf = (states: readonly number[]): number =>
  moderatedVariance(
    {
      variance: states.length === 0 ? 0 : mean(states.map((state) => state ** 2)),
      degreesOfFreedom: states.length,
    },
    STATE_PRIOR,
  ).variance;

/** Standard error of a metric in a run against its centre: of the run's own noise and of the centre. */
export const levelError = ({ variances, runs }: LevelModel, metric: number): number =>
  Math.sqrt((variances[metric] ?? 1) * (1 + 1 / Math.max(1, runs[metric] ?? 1)));

type StateModel = Pick<LevelModel, 'centres' | 'variances' | 'stateVariance'>;

/** The state of one run, before it is centred: a robust mean of all metrics that shrinks to 0. */
function stateOf({ centres, variances, stateVariance }: StateModel, row: Levels): number {
  const deviations = row.map((level, metric) => level - (centres[metric] ?? Number.NaN));
  let state = 0;
  for (let pass = 0; pass < PASSES; pass += 1) {
    let weights = 1 / stateVariance;
    let total = 0;
    deviations.forEach((deviation, metric) => {
      if (!Number.isFinite(deviation)) return;
      const variance = variances[metric] ?? 1;
      const weight = huberWeight(deviation - state, variance) / variance;
      weights += weight;
      total += weight * deviation;
    });
    state = total / weights;
  }
  return state;
}

/** How a run deviates from the model. */
export interface Fit {
  /** What all metrics have in common, on the log scale. */
  state: number;
  /** The cause's size, and its standard error by the metrics' own noise; 0 without a pattern. */
  size: number;
  standardError: number;
  /** The change of each metric that the cause makes, on the log scale; 0 without a pattern. */
  shifts: number[];
  /** What is left of each metric, on the log scale; NaN if it was not measured. */
  residuals: number[];
  /** Standard error of each residual: of the run and of the centre. */
  errors: number[];
}

const MAX_ITERATIONS = 25;
const CONVERGED = 1e-6;

/**
 * Fits a run by its state and, if one is given, by a cause: a pattern times a size. A cause adds
 * `size × pattern` to the time itself, as a ratio: ln(1 + size × pattern) on the log scale.
 *
 * @param pattern by how much one unit of the cause changes each metric, as a ratio
 */
export function fitLevels(model: LevelModel, row: Levels, pattern?: readonly number[]): Fit {
  const errors = model.variances.map((_, metric) => levelError(model, metric));
  const deviations = row.map((level, metric) => level - (model.centres[metric] ?? Number.NaN));
  const used = [...deviations.keys()].filter((metric) => Number.isFinite(deviations[metric]));
  let [state, size] = [0, 0];
  let information: [number, number, number] = [0, 0, 0];
  const shiftOf = (metric: number) => Math.log1p(Math.max(-0.9, size * (pattern?.[metric] ?? 0)));
  for (let pass = 0; pass < MAX_ITERATIONS; pass += 1) {
    let [a, b, c] = [1 / model.stateVariance, 0, 1e-12];
    let [x, y] = [0, 0];
    for (const metric of used) {
      const deviation = deviations[metric] ?? 0;
      const variance = (errors[metric] ?? 1) ** 2;
      const residual = deviation - state - shiftOf(metric);
      const weight = huberWeight(residual, variance) / variance;
      const unit = pattern?.[metric] ?? 0;
      // The logarithm is fitted by its chord, which makes large causes exact.
      const chord = Math.abs(size * unit) > 1e-6 ? shiftOf(metric) / size : unit;
      a += weight;
      b += weight * chord;
      c += weight * chord * chord;
      x += weight * deviation;
      y += weight * chord * deviation;
    }
    information = [a, b, c];
    const [nextState = 0, nextSize = 0] = pattern
      ? solve(
          [
            [a, b],
            [b, c],
          ],
          [x, y],
        )
      : [x / a, 0];
    const moved = Math.abs(nextState - state) + Math.abs(nextSize - size) / (Math.abs(size) + 1e-9);
    [state, size] = [nextState, nextSize];
    if (moved < CONVERGED) break;
  }
  const [a, b, c] = information;
  const shifts = deviations.map((_, metric) => shiftOf(metric));
  return {
    ...{ state, size, shifts, errors },
    standardError: pattern ? Math.sqrt(a / (a * c - b * b)) : 0,
    residuals: deviations.map((deviation, metric) => deviation - state - (shifts[metric] ?? 0)),
  };
}

/** How far the residuals of a fit lie apart, in units of what the model expects: about 1. */
export const residualScale = (fit: Fit): number =>
  MAD_TO_DEVIATION * medianOf(standardised(fit).map(Math.abs));

/** Huber's loss of the residuals: what a robust fit makes small. */
export const residualLoss = (fit: Fit): number =>
  sum(
    standardised(fit)
      .map(Math.abs)
      .filter(Number.isFinite)
      .map((one) => (one < HUBER_LIMIT ? one ** 2 / 2 : HUBER_LIMIT * one - HUBER_LIMIT ** 2 / 2)),
  );

const standardised = ({ residuals, errors }: Fit): number[] =>
  residuals.map((residual, metric) => residual / (errors[metric] ?? 1));

const huberWeight = (residual: number, variance: number): number =>
  Math.min(1, (HUBER_LIMIT * Math.sqrt(variance)) / Math.abs(residual));

/** NaN if there is none. */
export function medianOf(values: readonly number[]): number {
  const known = values.filter(Number.isFinite);
  return known.length === 0 ? Number.NaN : median(known);
}

/** Huber's mean; of two values there is no outlier to tell. */
function robustMean(values: readonly number[], deviation: number): number {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return Number.NaN;
  if (known.length < 3) return mean(known);
  let centre = median(known);
  for (let pass = 0; pass < PASSES; pass += 1) {
    const weights = known.map((value) => huberWeight(value - centre, deviation ** 2));
    centre = sum(known.map((value, index) => value * (weights[index] ?? 0))) / sum(weights);
  }
  return centre;
}
