import { requireCount, requireLevel } from './arguments.js';
import { hodgesLehmann } from './hodges-lehmann.js';
import { seededRandom } from './random.js';
import { criticalOrder, tieFreeTail } from './signed-rank.js';
import { ascending, walshAbove, walshCount } from './walsh.js';

/** One test of a procedure: how many pairs it gets, and the level that it must reach. */
interface TestPlan {
  pairs: number;
  level: number;
}

/** Enough to place the quantile at 0.8 within 0.023 of that probability (one standard error). */
const RESAMPLES = 300;

/** Above this, distances are scaled as 1/√pairs (the sum of many ranks is normal): that is faster. */
const RESAMPLED_PAIRS = 100;

/** As a share of the sample's range: well below the resampling error. */
const PRECISION = 1e-3;

/** Any number will do. A fixed one makes the answer depend on the differences alone. */
const SEED = 80;

/**
 * How far beyond the margin a true shift must lie for one test to reject. The answer has one
 * distance for each of {@link RESAMPLES} repetitions of the test, on noise like the run's own.
 *
 * With noise e and true shift Δ, the test against δ rejects exactly when Δ − δ exceeds minus the
 * c-th smallest Walsh average of e, where c is the critical order of the level. So one repetition
 * gives its distance without a search over Δ, and small samples keep their discrete steps.
 *
 * The noise is resampled from the centred differences with random signs. The test assumes symmetry,
 * and random signs double what a few differences can say about their tails (the bootstrap under
 * the null hypothesis: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993,
 * chapter 16). The factor √(n/(n−1)) restores the spread that centring removes.
 *
 * @param differences at least two
 * @returns the distances, ascending, in the unit of the differences
 * @throws RangeError when a number is out of its range
 */
export function criticalDistances(differences: readonly number[], plan: TestPlan): Float64Array {
  requireCount('pairs', plan.pairs);
  requireLevel('level', plan.level);
  const pairs = Math.min(plan.pairs, RESAMPLED_PAIRS);
  const order = criticalOrder(pairs, tieFreeTail(pairs), plan.level);
  const draw = resampler(differences, pairs);
  const shrink = Math.sqrt(pairs / plan.pairs);
  return Float64Array.from({ length: RESAMPLES }, () => -shrink * lowerEnd(draw(), order)).sort();
}

function resampler(differences: readonly number[], pairs: number): () => Float64Array {
  const n = differences.length;
  const { estimate } = hodgesLehmann(differences, 0.5);
  const widen = Math.sqrt(n / (n - 1));
  // Sorted, so that the same record in another order resamples the same noise.
  const residuals = [...ascending(differences)].map((one) => (one - estimate) * widen);
  const signed = [...residuals, ...residuals.map((residual) => -residual)];
  const random = seededRandom(SEED);
  return () =>
    ascending(Array.from({ length: pairs }, () => signed[random.below(signed.length)] as number));
}

/** The order-th smallest Walsh average, by bisection: sorting all of them would cost n² log n. */
function lowerEnd(sorted: Float64Array, order: number): number {
  let low = sorted[0] as number;
  let high = sorted[sorted.length - 1] as number;
  const above = walshCount(sorted.length) - order;
  for (let width = (high - low) * PRECISION; high - low > width; ) {
    const middle = (low + high) / 2;
    // No double lies between low and high: the differences agree except for rounding.
    if (middle <= low || middle >= high) break;
    if (walshAbove(sorted, middle) > above) low = middle;
    else high = middle;
  }
  return high;
}
