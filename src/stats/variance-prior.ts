import { mean, sampleVariance } from 'simple-statistics';
import type { VarianceEstimate, VariancePrior } from './moderated.js';

/** With fewer variances than this, their spread says nothing. */
const MIN_VARIANCES = 3;

/** Variances that agree better than chance would allow: any larger number gives the same result. */
const MAX_DEGREES_OF_FREEDOM = 1000;

/**
 * The prior of many variances, learnt from the variances themselves (empirical Bayes): ν₀ and s₀ with
 * ν₀ s₀²/σ² ~ χ²(ν₀), from the mean and the variance of ln s².
 *
 * Source: G. K. Smyth (2004), see moderated.ts, section 6.2.
 *
 * @param estimates variances above 0; those without degrees of freedom are left out
 * @returns undefined if there are too few of them
 */
export function learnVariancePrior(
  estimates: readonly VarianceEstimate[],
): VariancePrior | undefined {
  const known = estimates.filter(
    ({ variance, degreesOfFreedom }) => variance > 0 && degreesOfFreedom > 0,
  );
  if (known.length < MIN_VARIANCES) return undefined;
  const logs = known.map(
    ({ variance, degreesOfFreedom: v }) => Math.log(variance) - digamma(v / 2) + Math.log(v / 2),
  );
  const centre = mean(logs);
  // What is left after the estimates' own error is the spread of the true variances.
  const spread =
    sampleVariance(logs) - mean(known.map((one) => trigamma(one.degreesOfFreedom / 2)));
  if (spread <= trigamma(MAX_DEGREES_OF_FREEDOM / 2)) {
    return { standardDeviation: Math.exp(centre / 2), degreesOfFreedom: MAX_DEGREES_OF_FREEDOM };
  }
  const half = inverseTrigamma(spread);
  const variance = Math.exp(centre + digamma(half) - Math.log(half));
  return { standardDeviation: Math.sqrt(variance), degreesOfFreedom: 2 * half };
}

/** From here on, a few terms of the asymptotic series are exact to ten digits. */
const SERIES_FROM = 8;

/** ψ(x), x > 0: the recurrence, then the asymptotic series (Abramowitz and Stegun 6.3.5, 6.3.18). */
export function digamma(x: number): number {
  if (x < SERIES_FROM) return digamma(x + 1) - 1 / x;
  const f = 1 / (x * x);
  return Math.log(x) - 0.5 / x - f * (1 / 12 - f * (1 / 120 - f * (1 / 252 - f * (1 / 240))));
}

/** ψ′(x), x > 0: the recurrence, then the asymptotic series (Abramowitz and Stegun 6.4.6, 6.4.12). */
export function trigamma(x: number): number {
  if (x < SERIES_FROM) return trigamma(x + 1) + 1 / (x * x);
  const f = 1 / (x * x);
  return 1 / x + f / 2 + (f / x) * (1 / 6 - f * (1 / 30 - f * (1 / 42 - f / 30)));
}

/** By bisection on the log scale: ψ′ falls from infinity to 0. */
function inverseTrigamma(y: number): number {
  let [low, high] = [-20, 20];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (trigamma(Math.exp(middle)) > y) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}
