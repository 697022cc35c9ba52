import { median, medianAbsoluteDeviation, sampleVariance } from 'simple-statistics';
import { requireCount, requireLevel, requireNotNegative, requireSome } from './arguments.js';
import { MAD_TO_DEVIATION, WINSOR_LIMIT } from './assumptions.js';
import { moderatedVariance, type VarianceEstimate, type VariancePrior } from './moderated.js';
import { type StudentTest, studentTest } from './student-test.js';

/** Run-level estimates on the log scale (the median of each run's replicates). */
export interface PredictionInput {
  /** m ≥ 1 new runs. */
  candidate: readonly number[];
  /** n ≥ 1 stored runs. */
  baseline: readonly number[];
  /** δ on the log scale, 0 or more. */
  margin: number;
  /** Between-run deviation before any run was stored, on the log scale. */
  prior: VariancePrior;
}

/**
 * Tests m new runs against n stored ones: T = (z̃ − μ̃ ∓ δ) / (s̃ √(v(m) + v(n))) with ν₀ + ν degrees
 * of freedom, where z̃ and μ̃ are medians, v is the variance factor of a median
 * ({@link medianVariance}) and s̃² is the moderated between-run variance of both sides together,
 * ν = m + n − 2. The unit is the run: what varies inside a run never shrinks the error. One
 * candidate and one stored run give ν = 0, and the prior alone answers, widely.
 *
 * The spread is winsorised: a stored run further from the centre than {@link WINSOR_LIMIT} robust
 * deviations counts as if it were just there, so that one odd run, or one regression that was
 * merged, does not blind the gate to the next for as long as it is stored. The level is exact under the prior (normal runs, ν₀ s₀²/σ² ~ χ²). For a
 * platform whose σ is s₀ itself it is conservative (by simulation 0.023 at a nominal 0.05 with one
 * stored run, 0.048 with 20); for one whose σ is twice s₀ it is not (0.16 with one, 0.10 with 5,
 * 0.068 with 20), and the less so the further out the level lies: a nominal 0.0004, as Holm asks of a
 * family of 26, is 0.0003 with one, 0.0015 with 5 and 0.0009 with 20.
 *
 * Source: G. K. Smyth (2004), see {@link moderatedVariance}; for the predictive form, G. J. Hahn,
 * Journal of the American Statistical Association 64 (1969), 878-888.
 *
 * @param confidence two-sided coverage of `low` to `high` (for Δ, not for a single run)
 * @throws RangeError when a side is empty or a number is out of its range
 */
export function predict(input: PredictionInput, confidence: number): StudentTest {
  const { candidate, baseline, margin, prior } = input;
  requireSome('candidate', candidate);
  requireSome('baseline', baseline);
  requireNotNegative('margin', margin);
  requireLevel('confidence', confidence);
  const { variance, degreesOfFreedom } = moderatedVariance(
    pooled([candidate, baseline], prior.standardDeviation),
    prior,
  );
  const factor = medianVariance(candidate.length) + medianVariance(baseline.length);
  const standardError = Math.sqrt(variance * factor);
  const estimate = median([...candidate]) - median([...baseline]);
  return studentTest({ estimate, standardError, degreesOfFreedom }, margin, confidence);
}

/**
 * Variance of the median of n normal observations, in units of the variance of one: about
 * (π/2)/n rather than the mean's 1/n (from n = 3 on; for one or two the median is the mean). Using
 * 1/n would understate the variance of the stored centre, at worst by a third. The price of the
 * robust centre is small, because the candidate's own term is 1 at m = 1: the standard error grows
 * by 4 % at n = 3 and by 1 % at n = 20. For tails heavier than normal the factor is smaller, so
 * this one errs on the quiet side.
 *
 * π / (2(n + a)) with a = π/2 − 1 for odd and π − 2 for even n is exact at 1 and 2, and within
 * 2.5 % of the integral over the order statistics at every n (checked against R up to 30).
 * Asymptotics: H. A. David and H. N. Nagaraja, "Order Statistics" (2003).
 */
export function medianVariance(n: number): number {
  requireCount('n', n);
  return Math.PI / 2 / (n + (n % 2 === 1 ? Math.PI / 2 - 1 : Math.PI - 2));
}

/** The two sides share a between-run variance but not a centre. */
function pooled(sides: ReadonlyArray<readonly number[]>, least: number): VarianceEstimate {
  const degrees = sides.map((side) => side.length - 1);
  const degreesOfFreedom = degrees.reduce((sum, own) => sum + own, 0);
  if (degreesOfFreedom === 0) return { variance: 0, degreesOfFreedom };
  const squares = sides
    .filter((side) => side.length > 1)
    .reduce((sum, side) => sum + (side.length - 1) * sampleVariance(winsorised(side, least)), 0);
  return { variance: squares / degreesOfFreedom, degreesOfFreedom };
}

/**
 * Pulls in what lies far out. The scale is the median absolute deviation, but never less than the
 * prior's deviation: a few runs that happen to agree must not make an ordinary one look odd.
 */
function winsorised(values: readonly number[], least: number): number[] {
  const centre = median([...values]);
  const deviation = MAD_TO_DEVIATION * medianAbsoluteDeviation([...values]);
  const reach = WINSOR_LIMIT * Math.max(deviation, least);
  return values.map((value) => Math.min(Math.max(value, centre - reach), centre + reach));
}
