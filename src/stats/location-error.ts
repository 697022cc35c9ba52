import { requireSome } from './arguments.js';
import { MIN_REPLICATES } from './assumptions.js';
import { normalQuantile } from './normal.js';
import { criticalOrder, tieFreeTail } from './signed-rank.js';
import { ascending, walshAverages } from './walsh.js';

/** Tail of the interval that gives the error. So far inside, the tails of the noise do not matter. */
const TAIL = 0.1;

/**
 * Standard error of the Hodges-Lehmann estimate, from its confidence interval: half of the width,
 * divided by the normal quantile of the level that the order statistics really reach (E. L. Lehmann,
 * "Nonparametrics", 1975, section 2.3: the ends of the interval estimate the slope of the statistic).
 *
 * By simulation its root mean square is too large: by 8 % at most for 20 differences or more, and
 * for 5 by 20 % (normal), 26 % (Laplace) or 50 % (normal with one draw in ten five times as wide).
 *
 * @param differences in any order
 * @returns in the unit of the differences; undefined for fewer than {@link MIN_REPLICATES}
 * @throws RangeError when a number is not finite
 */
export function locationStandardError(differences: readonly number[]): number | undefined {
  requireSome('differences', differences);
  const n = differences.length;
  if (n < MIN_REPLICATES) return undefined;
  const averages = walshAverages(ascending(differences));
  const tail = tieFreeTail(n);
  const order = criticalOrder(n, tail, TAIL);
  const level = tail(averages.length - order + 1);
  const low = averages[order - 1];
  const high = averages[averages.length - order];
  if (low === undefined || high === undefined) return undefined;
  return (high - low) / 2 / normalQuantile(1 - level);
}
