import { requireNotNegative, requirePositive } from './arguments.js';

/** What is believed about a standard deviation before the data, worth so many observations. */
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
 * posterior mean of 1/σ², inverted, when ν₀ s₀²/σ² has a χ² distribution with ν₀ degrees of
 * freedom. A t statistic with s̃ follows Student's t with ν₀ + ν degrees of freedom under that prior.
 *
 * Here the prior is fixed and shipped, not estimated across metrics as limma does: a gate has too
 * few metrics of one family, and a verdict must not depend on which other metrics were selected.
 *
 * Source: G. K. Smyth, "Linear models and empirical Bayes methods for assessing differential
 * expression in microarray experiments", Statistical Applications in Genetics and Molecular
 * Biology 3 (2004), article 3, section 4.
 *
 * @param observed ν may be 0 (nothing observed yet; its variance then does not count)
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
