import { median, medianAbsoluteDeviation, sampleVariance } from 'simple-statistics';
import { requireCount, requireLevel, requireNotNegative, requireSome } from './arguments.js';
import { MAD_TO_DEVIATION, WINSOR_LIMIT } from './assumptions.js';
import { moderatedVariance, type VarianceEstimate, type VariancePrior } from './moderated.js';
import { type StudentTest, studentTest } from './student-test.js';

/** Run-level estimates on the log scale (the median of each run's replicates). */
interface PredictionInput {
  /** m ≥ 1 new runs. */
  candidate: readonly number[];
  /** n ≥ 1 stored runs. */
  baseline: readonly number[];
  /** δ on the log scale, 0 or more. */
  margin: number;
  /** Between-run deviation that is assumed before any run is stored, on the log scale. */
  prior: VariancePrior;
}

/**
 * Tests m new runs against n stored ones: T = (z̃ − μ̃ ∓ δ) / (s̃ √(v(m) + v(n))) with ν₀ + ν degrees
 * of freedom. Here z̃ and μ̃ are medians, v is the variance factor of a median
 * ({@link medianVariance}), s̃² is the moderated between-run variance of both sides together, and
 * ν = m + n − 2. The unit is the run: more launches inside a run do not shrink the error. One
 * candidate and one stored run give ν = 0. Then the prior alone decides, with a wide interval.
 *
 * The spread is winsorised: a stored run further from the centre than {@link WINSOR_LIMIT} robust
 * deviations counts as if it were at that distance. Otherwise one odd run, or one merged regression,
 * would hide the next regression for as long as it is stored.
 *
 * The level is exact under the prior (normal runs, ν₀ s₀²/σ² ~ χ²). If the platform's σ equals s₀,
 * it is conservative (by simulation 0.023 at a nominal 0.05 with one stored run, 0.048 with 20). If
 * σ is twice s₀, the real level is too high: 0.16 with one stored run, 0.10 with 5, 0.068 with 20.
 * Small levels suffer more: a nominal 0.0004, as Holm asks of a family of 26, is 0.0003 with one,
 * 0.0015 with 5 and 0.0009 with 20.
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

/** Both sides share a between-run variance, but each has its own centre. */
function pooled(sides: ReadonlyArray<readonly number[]>, minDeviation: number): VarianceEstimate {
  const degrees = sides.map((side) => side.length - 1);
  const degreesOfFreedom = degrees.reduce((sum, own) => sum + own, 0);
  if (degreesOfFreedom === 0) return { variance: 0, degreesOfFreedom };
  const squares = sides
    .filter((side) => side.length > 1)
    .reduce(
      (sum, side) => sum + (side.length - 1) * sampleVariance(winsorised(side, minDeviation)),
      0,
    );
  return { variance: squares / degreesOfFreedom, degreesOfFreedom };
}

/**
 * Moves outliers inwards. The scale is the median absolute deviation, but at least the prior's
 * deviation: a few runs that happen to agree must not make an ordinary one look like an outlier.
 */
function winsorised(values: readonly number[], minDeviation: number): number[] {
  const centre = median([...values]);
  const deviation = MAD_TO_DEVIATION * medianAbsoluteDeviation([...values]);
  const reach = WINSOR_LIMIT * Math.max(deviation, minDeviation);
  return values.map((value) => Math.min(Math.max(value, centre - reach), centre + reach));
}
