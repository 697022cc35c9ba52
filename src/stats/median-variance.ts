import { requireCount } from './arguments.js';

/**
 * Variance of the median of n normal observations, in units of the variance of one. From n = 3 on it
 * is about (π/2)/n; the mean has 1/n, and for one or two observations the median is the mean. Using
 * 1/n would understate the variance of the stored centre by up to a third. The robust centre costs
 * little, because the candidate's own term is 1 at m = 1: the standard error grows by 4 % at n = 3
 * and by 1 % at n = 20. For tails heavier than normal the factor is smaller, so this one errs on the
 * side of fewer alarms.
 *
 * π / (2(n + a)) with a = π/2 − 1 for odd and π − 2 for even n is exact at 1 and 2, and within
 * 2.5 % of the integral over the order statistics at every n (checked against R up to 30).
 * Asymptotics: H. A. David and H. N. Nagaraja, "Order Statistics" (2003).
 */
export function medianVariance(n: number): number {
  requireCount('n', n);
  return Math.PI / 2 / (n + (n % 2 === 1 ? Math.PI / 2 - 1 : Math.PI - 2));
}
