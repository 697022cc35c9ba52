import { normalQuantile, normalUpperTail } from './normal.js';
import { signedRankTest, tieFreeTail } from './signed-rank.js';
import { walshCount } from './walsh.js';

/** One-sided p-values against a shift, for several samples together. */
interface StratifiedTest {
  /** p of H0: Δ ≤ shift in each sample. */
  greater: number;
  /** p of H0: Δ ≥ shift in each sample. */
  less: number;
}

/** The largest p below 1 with a usable quantile. A sample of 50 has no p nearer to 1. */
const MAX_P = 1 - 1e-15;

/**
 * Combines the signed-rank tests of samples that share nothing but a shift. Each p becomes a normal
 * quantile. The test statistic is the sum of the quantiles, weighted by the root of the sample size.
 * The spread of a sample does not enter. So no sample counts for more because its differences happen
 * to agree, as it would for an estimate weighted by its own error.
 *
 * Conservative, because an exact p has steps of 2^−n: with normal noise, three samples of 10
 * differences each reject at a third of a nominal 0.0002.
 *
 * Source: S. A. Stouffer et al., "The American Soldier" (1949), volume 1, page 45; for the weights,
 * F. Mosteller and R. R. Bush, "Handbook of Social Psychology" (1954), volume 1, chapter 8.
 *
 * @param samples differences, at least one in each; an empty list gives p = 0.5
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
 * The smallest p that samples of these sizes can give: all their differences lie on one side.
 *
 * @param sizes at least 1 each
 */
export const smallestStratifiedP = (sizes: readonly number[]): number =>
  combined(sizes.map((n) => ({ p: tieFreeTail(n)(walshCount(n)), n })));

/** Exact p-values are never below 2^−n, and those below 1 are at most 1 − 2^−n. */
function combined(tests: ReadonlyArray<{ p: number; n: number }>): number {
  let [sum, squares] = [0, 0];
  for (const { p, n } of tests) {
    sum -= Math.sqrt(n) * normalQuantile(Math.min(p, 1 - 2 ** -n, MAX_P));
    squares += n;
  }
  return normalUpperTail(squares === 0 ? 0 : sum / Math.sqrt(squares));
}
