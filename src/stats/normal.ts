import jstat from 'jstat';
import { requireFinite, requireLevel } from './arguments.js';

/** Half a unit in the last place of 1. Cancellation in jStat's 1 + erf(z) hides any smaller tail. */
const MIN_TAIL = Number.EPSILON / 2;

/**
 * P(Z ≥ z) of the standard normal distribution, from jStat's error function.
 *
 * Agrees with R's pnorm to 1e-15 absolute, and to 1e-9 relative for z ≤ 6. A tail below 1.1e-16
 * is returned as 1.1e-16: an approximate p-value is then never 0, and errs upwards.
 *
 * @throws RangeError when z is not finite
 */
export function normalUpperTail(z: number): number {
  requireFinite('z', z);
  return Math.max(MIN_TAIL, jstat.normal.cdf(-z, 0, 1));
}

/**
 * Quantile of the standard normal distribution, in (0, 1).
 *
 * Agrees with R's qnorm to 1e-9 relative for 1e-9 ≤ p ≤ 1 − 1e-6. (simple-statistics' `probit`
 * uses Winitzki's closed form, which is wrong in the third digit. Holm's small levels need more.)
 *
 * @throws RangeError when p is not strictly between 0 and 1
 */
export function normalQuantile(p: number): number {
  requireLevel('p', p);
  return jstat.normal.inv(p, 0, 1);
}
