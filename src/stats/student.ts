import jstat from 'jstat';
import { requireFinite, requireLevel, requirePositive } from './arguments.js';

/**
 * P(T ≤ t) of Student's t distribution, as the incomplete beta function of ν / (ν + t²)
 * (Abramowitz and Stegun 1964, 26.7.1).
 *
 * Agrees with R's pt to 1e-8 absolute and 3e-7 relative for 1 ≤ ν ≤ 1e5, because jStat stops its
 * continued fraction at a relative step of 3e-7. jStat's own `studentt.cdf` is not used: it computes
 * the lower tail as a difference and is off by 2e-8 at ν = 100 and 3e-6 at ν = 1e5.
 *
 * @param t any finite number
 * @param degreesOfFreedom above 0, not necessarily whole
 * @throws RangeError when an argument is out of its range
 */
export function studentCdf(t: number, degreesOfFreedom: number): number {
  requireFinite('t', t);
  requirePositive('degreesOfFreedom', degreesOfFreedom);
  const x = degreesOfFreedom / (degreesOfFreedom + t * t);
  const tail = jstat.ibeta(x, degreesOfFreedom / 2, 0.5) / 2;
  return t < 0 ? tail : 1 - tail;
}

/**
 * Quantile of Student's t distribution.
 *
 * Agrees with R's qt to 1e-7 relative for 1 ≤ ν ≤ 1e5 and 1e-9 ≤ p ≤ 1 − 1e-6 (worst seen: 4e-8).
 *
 * @param p strictly between 0 and 1
 * @param degreesOfFreedom above 0, not necessarily whole
 * @throws RangeError when an argument is out of its range
 */
export function studentQuantile(p: number, degreesOfFreedom: number): number {
  requireLevel('p', p);
  requirePositive('degreesOfFreedom', degreesOfFreedom);
  return jstat.studentt.inv(p, degreesOfFreedom);
}
