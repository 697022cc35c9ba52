import { requireAllFinite, requireFinite } from './arguments.js';
import { EXACT_LIMIT } from './assumptions.js';
import { normalUpperTail } from './normal.js';
import { ascending, walshAbove, walshCount } from './walsh.js';

/** One-sided p-values of the Wilcoxon signed-rank test against a shift. */
interface SignedRankTest {
  /** p of H0: Δ ≤ shift. Small when the differences lie above the shift. */
  greater: number;
  /** p of H0: Δ ≥ shift. Small when the differences lie below the shift. */
  less: number;
  /** How many differences the statistic uses: all of them. */
  n: number;
}

/** The upper tail P(T ≥ t) of the statistic when the differences are symmetric about the shift. */
type UpperTail = (t: number) => number;

/**
 * Wilcoxon's signed-rank test of paired differences against a shift.
 *
 * Exact up to {@link EXACT_LIMIT} differences. Above that it uses the normal approximation, with
 * continuity correction and with the tie correction for repeated differences.
 *
 * A difference, or a mean of two, that *equals* the shift counts against rejection in both
 * directions. Wilcoxon dropped zeros and averaged ranks. Then p rises and falls while the shift moves
 * one way (for 3, 24, 26, 38 it is 0.625 at 24 and 0.5625 at 24.5), and no interval agrees with the
 * test: J. W. Pratt, "Remarks on zeros and ties in the Wilcoxon signed rank procedures", Journal of
 * the American Statistical Association 54 (1959), 655-667. Counting ties against rejection is the
 * worst way to break them. So the test is valid at every level, and p is monotone in the shift. If
 * nothing equals the shift, the statistic is the textbook's.
 *
 * Assumes independent differences, symmetric about Δ. Source: F. Wilcoxon, Biometrics Bulletin 1
 * (1945), 80-83; E. L. Lehmann, "Nonparametrics" (1975), chapter 4.
 *
 * @param differences in any order; an empty list gives p = 1, and so do only zeros at shift 0
 * @param shift in the unit of the differences
 * @throws RangeError when a number is not finite
 */
export function signedRankTest(differences: readonly number[], shift: number): SignedRankTest {
  requireAllFinite('differences', differences);
  requireFinite('shift', shift);
  const sorted = ascending(differences);
  const mirrored = sorted.map((difference) => -difference).reverse();
  const tail = signedRankTail(sorted);
  return {
    greater: tail(walshAbove(sorted, shift)),
    less: tail(walshAbove(mirrored, -shift)),
    n: sorted.length,
  };
}

/**
 * The null distribution for a set of differences. It depends on their number and, above the exact
 * limit, on how often each value is repeated. It does not depend on a shift, and so test and
 * interval agree. (With repeated values the tie-free exact distribution stays valid: breaking ties
 * at random among differences of one sign leaves the statistic unchanged.
 * G. E. Noether, "Wilcoxon confidence intervals for location parameters in the discrete case",
 * Journal of the American Statistical Association 62, 1967, 184-188.)
 */
export function signedRankTail(sorted: Float64Array): UpperTail {
  const n = sorted.length;
  return n > EXACT_LIMIT ? approximateTail(n, tieCorrection(sorted)) : tieFreeTail(n);
}

/** The null distribution for n differences that are all distinct. */
export function tieFreeTail(n: number): UpperTail {
  if (n > EXACT_LIMIT) return approximateTail(n, 0);
  const tail = exactTail(n);
  return (t) => tail[t] ?? 0;
}

/**
 * The largest order c with P(T ≥ M − c + 1) ≤ level, where M = n(n+1)/2; 0 if there is none. The
 * c-th smallest Walsh average is then the lower end of the one-sided interval: the test at that
 * level rejects every shift below it, and no other.
 */
export function criticalOrder(n: number, tail: UpperTail, level: number): number {
  const maximum = walshCount(n);
  let rejected = 0;
  let kept = maximum + 1;
  while (kept - rejected > 1) {
    const order = Math.floor((rejected + kept) / 2);
    if (tail(maximum - order + 1) <= level) rejected = order;
    else kept = order;
  }
  return rejected;
}

const tails = new Map<number, Float64Array>();

/** P(T ≥ t) for t = 0 … n(n+1)/2. Every count is at most 2^50, so it is exact in a double. */
function exactTail(n: number): Float64Array {
  const known = tails.get(n);
  if (known !== undefined) return known;
  const tail = subsetCounts(n);
  for (let t = tail.length - 2; t >= 0; t--) tail[t] = (tail[t] ?? 0) + (tail[t + 1] ?? 0);
  const shares = tail.map((count) => count / 2 ** n);
  tails.set(n, shares);
  return shares;
}

/** How many subsets of the ranks 1 … n have the sum t, for every t. */
function subsetCounts(n: number): Float64Array {
  const counts = new Float64Array(walshCount(n) + 1);
  counts[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let t = walshCount(rank); t >= rank; t--) {
      counts[t] = (counts[t] ?? 0) + (counts[t - rank] ?? 0);
    }
  }
  return counts;
}

/** Lehmann (1975), chapter 4; the continuity correction is the 0.5. P(T ≥ 0) is 1 by definition. */
function approximateTail(n: number, ties: number): UpperTail {
  const mean = walshCount(n) / 2;
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - ties / 48);
  return (t) => (t <= 0 ? 1 : normalUpperTail((t - mean - 0.5) / deviation));
}

/** Σ (k³ − k) over the groups of k equal differences. */
function tieCorrection(sorted: Float64Array): number {
  let sum = 0;
  let group = 1;
  for (let i = 1; i <= sorted.length; i++) {
    if (sorted[i] === sorted[i - 1]) {
      group++;
    } else {
      sum += group ** 3 - group;
      group = 1;
    }
  }
  return sum;
}
