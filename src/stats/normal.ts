import jstat from 'jstat';
import { requireFinite, requireLevel } from './arguments.js';

/** Half a unit in the last place of 1: all that cancellation in jStat's 1 + erf(z) leaves of a tail. */
const SMALLEST_TAIL = Number.EPSILON / 2;

/**
 * P(Z ≥ z) of the standard normal distribution, from jStat's error function.
 *
 * Agrees with R's pnorm to 1e-15 absolute, and to 1e-9 relative for z ≤ 6. Tails under 1.1e-16
 * are returned as 1.1e-16, so that an approximate p-value errs upwards and is never 0.
 *
 * @throws RangeError when z is not finite
 */
export function normalUpperTail(z: number): number {
  requireFinite('z', z);
  return Math.max(SMALLEST_TAIL, jstat.normal.cdf(-z, 0, 1));
}

/**
 * Quantile of the standard normal distribution, in (0, 1).
 *
 * Agrees with R's qnorm to 1e-9 relative for 1e-9 ≤ p ≤ 1 − 1e-6. (simple-statistics' `probit`
 * is Winitzki's closed form, wrong in the third digit: not good enough for a Holm divisor.)
 *
 * @throws RangeError when p is not strictly between 0 and 1
 */
export function normalQuantile(p: number): number {
  requireLevel('p', p);
  return jstat.normal.inv(p, 0, 1);
}
