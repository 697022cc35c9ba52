import { normalQuantile, normalUpperTail } from './normal.js';
import { signedRankTest, tieFreeTail } from './signed-rank.js';
import { walshCount } from './walsh.js';

/** One-sided p-values about a shift, of several samples together. */
export interface StratifiedTest {
  /** p of H0: Δ ≤ shift in each sample. */
  greater: number;
  /** p of H0: Δ ≥ shift in each sample. */
  less: number;
}

/** The largest p short of 1 that has a quantile to speak of; a sample of 50 has none nearer 1. */
const LARGEST = 1 - 1e-15;

/**
 * Signed-rank tests of samples that share no more than a shift, put together: each p becomes a
 * normal quantile, and their sum, weighted by the root of the sample's size, is tested. Nothing is
 * said of how spread the samples are, so none counts for more because its differences happen to
 * agree, as it does for an estimate that is weighted by its own error.
 *
 * Conservative, since an exact p has steps of 2^−n: for normal noise 10 differences each in three
 * samples reject at a third of a nominal 0.0002.
 *
 * Source: S. A. Stouffer et al., "The American Soldier" (1949), volume 1, page 45; for the weights,
 * F. Mosteller and R. R. Bush, "Handbook of Social Psychology" (1954), volume 1, chapter 8.
 *
 * @param samples differences, at least one in each; no sample at all gives p = 0.5
 * @param shift in the unit of the differences
 * @throws RangeError when a number is not finite
 */
export function stratifiedSignedRankTest(
  samples: ReadonlyArray<readonly number[]>,
  shift: number,
): StratifiedTest {
  const tests = samples.map((sample) => signedRankTest(sample, shift));
  return {
    greater: combined(tests.map(({ greater, n }) => ({ p: greater, n }))),
    less: combined(tests.map(({ less, n }) => ({ p: less, n }))),
  };
}

/**
 * The smallest p that samples of these sizes can give: where all their differences lie on one side.
 *
 * @param sizes at least 1 each
 */
export const smallestStratifiedP = (sizes: readonly number[]): number =>
  combined(sizes.map((n) => ({ p: tieFreeTail(n)(walshCount(n)), n })));

/** Exact p-values are never below 2^−n, nor those next to 1 above 1 − 2^−n. */
function combined(tests: ReadonlyArray<{ p: number; n: number }>): number {
  let [sum, squares] = [0, 0];
  for (const { p, n } of tests) {
    sum -= Math.sqrt(n) * normalQuantile(Math.min(p, 1 - 2 ** -n, LARGEST));
    squares += n;
  }
  return normalUpperTail(squares === 0 ? 0 : sum / Math.sqrt(squares));
}
