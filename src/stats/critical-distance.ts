import { requireCount, requireLevel } from './arguments.js';
import { hodgesLehmann } from './hodges-lehmann.js';
import { seededRandom } from './random.js';
import { criticalOrder, tieFreeTail } from './signed-rank.js';
import { ascending, walshAbove, walshCount } from './walsh.js';

/** One test of a procedure: how many pairs it sees, and the level it must reach. */
export interface Stage {
  pairs: number;
  level: number;
}

/** Enough to place a quantile at 0.8 within 0.023 of that probability (one standard error). */
const RESAMPLES = 300;

/** Beyond, distances shrink as 1/√pairs (the sum of many ranks is normal), which is quicker. */
const RESAMPLED_PAIRS = 100;

/** Of the sample's range: well under the resampling error. */
const PRECISION = 1e-3;

/** Any number will do; a fixed one makes the answer a function of the differences. */
const SEED = 80;

/**
 * How far beyond the margin a true shift must lie for one stage to reject, in each of
 * {@link RESAMPLES} repetitions of the stage on noise like the run's own.
 *
 * For noise e and true shift Δ the test about δ rejects exactly when Δ − δ exceeds minus the c-th
 * smallest Walsh average of e, c being the critical order of the level; so one repetition yields
 * its distance without any search over Δ, and the discreteness of small samples is in it.
 *
 * The noise is resampled from the centred differences with random signs, since the test assumes
 * symmetry and signs double what few differences can say about their tails (the bootstrap under
 * the null hypothesis: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993,
 * chapter 16). √(n/(n−1)) gives back the spread that centring takes.
 *
 * @param differences at least two
 * @returns the distances, ascending, in the unit of the differences
 * @throws RangeError when a number is out of its range
 */
export function criticalDistances(differences: readonly number[], stage: Stage): Float64Array {
  requireCount('pairs', stage.pairs);
  requireLevel('level', stage.level);
  const pairs = Math.min(stage.pairs, RESAMPLED_PAIRS);
  const order = criticalOrder(pairs, tieFreeTail(pairs), stage.level);
  const draw = resampler(differences, pairs);
  const shrink = Math.sqrt(pairs / stage.pairs);
  return Float64Array.from({ length: RESAMPLES }, () => -shrink * lowerEnd(draw(), order)).sort();
}

function resampler(differences: readonly number[], pairs: number): () => Float64Array {
  const n = differences.length;
  const { estimate } = hodgesLehmann(differences, 0.5);
  const widen = Math.sqrt(n / (n - 1));
  // In ascending order, so that a record written down in another order resamples the same noise.
  const residuals = [...ascending(differences)].map((one) => (one - estimate) * widen);
  const signed = [...residuals, ...residuals.map((residual) => -residual)];
  const random = seededRandom(SEED);
  return () =>
    ascending(Array.from({ length: pairs }, () => signed[random.below(signed.length)] as number));
}

/** The order-th smallest Walsh average, by bisection: sorting them all would cost n² log n. */
function lowerEnd(sorted: Float64Array, order: number): number {
  let low = sorted[0] as number;
  let high = sorted[sorted.length - 1] as number;
  const above = walshCount(sorted.length) - order;
  for (let width = (high - low) * PRECISION; high - low > width; ) {
    const middle = (low + high) / 2;
    // Neighbouring numbers have none between them: differences that agree but for rounding.
    if (middle <= low || middle >= high) break;
    if (walshAbove(sorted, middle) > above) low = middle;
    else high = middle;
  }
  return high;
}
