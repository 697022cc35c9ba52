import { requireSome } from './arguments.js';
import { MINIMUM_REPLICATES } from './assumptions.js';
import { normalQuantile } from './normal.js';
import { criticalOrder, tieFreeTail } from './signed-rank.js';
import { ascending, walshAverages } from './walsh.js';

/** Tail of the interval that the error is read off: far enough in for the noise's own tails not to matter. */
const TAIL = 0.1;

/**
 * Standard error of the Hodges-Lehmann estimate, from the interval that goes with it: half its width
 * over the normal quantile of the level that the order statistics really reach (E. L. Lehmann,
 * "Nonparametrics", 1975, section 2.3: the interval's ends estimate the slope of the statistic).
 *
 * By simulation its root mean square errs upwards: for 20 differences or more by 8 % at most, for 5
 * by 20 % (normal), 26 % (Laplace) or 50 % (normal with one draw in ten five times as wide).
 *
 * @param differences in any order
 * @returns in the unit of the differences; undefined for fewer than {@link MINIMUM_REPLICATES}
 * @throws RangeError when a number is not finite
 */
export function locationStandardError(differences: readonly number[]): number | undefined {
  requireSome('differences', differences);
  const n = differences.length;
  if (n < MINIMUM_REPLICATES) return undefined;
  const averages = walshAverages(ascending(differences));
  const tail = tieFreeTail(n);
  const order = criticalOrder(n, tail, TAIL);
  const level = tail(averages.length - order + 1);
  const low = averages[order - 1];
  const high = averages[averages.length - order];
  if (low === undefined || high === undefined) return undefined;
  return (high - low) / 2 / normalQuantile(1 - level);
}
