import { requireNotNegative, requirePositive } from './arguments.js';

/** An assumed standard deviation, worth `degreesOfFreedom` observations. */
export interface VariancePrior {
  standardDeviation: number;
  degreesOfFreedom: number;
}

export interface VarianceEstimate {
  variance: number;
  degreesOfFreedom: number;
}

/**
 * Smyth's moderated variance, s̃² = (ν₀ s₀² + ν s²) / (ν₀ + ν) with ν₀ + ν degrees of freedom: the
 * inverse of the posterior mean of 1/σ², if ν₀ s₀²/σ² has a χ² distribution with ν₀ degrees of
 * freedom. Under that prior, a t statistic with s̃ follows Student's t with ν₀ + ν degrees of freedom.
 *
 * The prior is fixed and shipped with the tool. limma estimates it across metrics, but a gate has
 * too few metrics of one family, and a verdict must not depend on which other metrics were selected.
 *
 * Source: G. K. Smyth, "Linear models and empirical Bayes methods for assessing differential
 * expression in microarray experiments", Statistical Applications in Genetics and Molecular
 * Biology 3 (2004), article 3, section 4.
 *
 * @param observed ν may be 0: nothing was observed yet, and the variance is ignored
 * @throws RangeError when a number is not finite, negative, or the prior is empty
 */
export function moderatedVariance(
  observed: VarianceEstimate,
  prior: VariancePrior,
): VarianceEstimate {
  requireNotNegative('observed.variance', observed.variance);
  requireNotNegative('observed.degreesOfFreedom', observed.degreesOfFreedom);
  requirePositive('prior.standardDeviation', prior.standardDeviation);
  requirePositive('prior.degreesOfFreedom', prior.degreesOfFreedom);
  const degreesOfFreedom = prior.degreesOfFreedom + observed.degreesOfFreedom;
  const sum =
    prior.degreesOfFreedom * prior.standardDeviation ** 2 +
    observed.degreesOfFreedom * observed.variance;
  return { variance: sum / degreesOfFreedom, degreesOfFreedom };
}
