import { studentCdf, studentQuantile } from './student.js';

/** A change judged by a t statistic. Estimate, interval and both tests against the margin agree. */
export interface StudentTest {
  /** Candidate minus baseline on the log scale. */
  estimate: number;
  low: number;
  high: number;
  /** p of H0: Δ ≤ +δ. */
  slower: number;
  /** p of H0: Δ ≥ −δ. */
  faster: number;
  standardError: number;
  degreesOfFreedom: number;
}

/**
 * Tests a change against the margin in both directions: (estimate − Δ) / standardError follows
 * Student's t.
 *
 * @param margin δ on the log scale, 0 or more
 * @param confidence two-sided coverage of `low` to `high`
 */
export function studentTest(
  change: Pick<StudentTest, 'estimate' | 'standardError' | 'degreesOfFreedom'>,
  margin: number,
  confidence: number,
): StudentTest {
  const { estimate, standardError, degreesOfFreedom } = change;
  const reach = standardError * studentQuantile((1 + confidence) / 2, degreesOfFreedom);
  return {
    estimate,
    low: estimate - reach,
    high: estimate + reach,
    slower: studentCdf((margin - estimate) / standardError, degreesOfFreedom),
    faster: studentCdf((margin + estimate) / standardError, degreesOfFreedom),
    standardError,
    degreesOfFreedom,
  };
}
