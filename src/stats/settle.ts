import {
  requireCount,
  requireFinite,
  requireLevel,
  requireNotNegative,
  requirePositive,
} from './arguments.js';
import {
  EQUIVALENCE_ALPHA,
  MOST_MACHINES_TO_SETTLE,
  MOST_PAIRS_TO_SETTLE,
  MOST_RUNS_TO_SETTLE,
  SCREEN_FAMILY_WISE,
} from './assumptions.js';
import type { LocationEstimate } from './hodges-lehmann.js';
import { normalQuantile } from './normal.js';
import { minimumPairs } from './power.js';
import { medianVariance } from './prediction.js';
import { studentQuantile } from './student.js';
import type { StudentTest } from './student-test.js';

/** What a metric is judged by. */
export interface Judging {
  /** δ > 0 on the log scale. */
  margin: number;
  alpha: number;
  familySize: number;
  /** For a metric under confirmation: how many were flagged, the family of that test. */
  flagged?: number;
}

/**
 * How many pairs in all an inconclusive duet metric would take to be settled, should the estimate
 * stay where it is: `unchanged` when it lies inside the margins, a confirmed change when outside.
 *
 * The interval shrinks as 1/√pairs. The figure is an expectation, not a promise: an estimate that
 * wanders ends on either side of its threshold at that number equally often. One near 0 may wander
 * off to either margin, and is less likely to be settled then: by simulation (normal noise, 10 pairs
 * seen) in 9 % of cases for an estimate of 0, 31 % for one of a quarter of the margin, 50 % from half
 * of it on.
 *
 * @param result the metric's estimate with its interval, at any confidence
 * @param pairs how many pairs it rests on
 * @returns more than `pairs`; undefined when more than {@link MOST_PAIRS_TO_SETTLE} would be
 *   needed, as for an estimate on the margin itself. While the interval is unbounded: the pairs
 *   that bound it and let the family be tested at all
 * @throws RangeError when an argument is out of its range
 */
export function pairsToSettle(
  result: LocationEstimate,
  pairs: number,
  judging: Judging,
): number | undefined {
  requireFinite('estimate', result.estimate);
  requireLevel('confidence', result.confidence);
  requireCount('pairs', pairs);
  if (judging.flagged !== undefined) requireCount('flagged', judging.flagged);
  const { level, distance } = nearestDecision(result.estimate, judging, [
    ...(judging.flagged === undefined ? [SCREEN_FAMILY_WISE / judging.familySize] : []),
    judging.alpha / (judging.flagged ?? 1),
  ]);
  const least = Math.max(pairs + 1, minimumPairs(level, 1));
  const width = result.high - result.low;
  if (!(width >= 0)) {
    throw new RangeError(`low and high must be an interval, not ${result.low} and ${result.high}`);
  }
  if (width === Number.POSITIVE_INFINITY) return least;
  const standardError = width / 2 / normalQuantile((1 + result.confidence) / 2);
  const needed = pairs * ((normalQuantile(1 - level) * standardError) / distance) ** 2;
  return needed <= MOST_PAIRS_TO_SETTLE ? Math.max(least, Math.ceil(needed)) : undefined;
}

/** How many runs of either side a prediction rests on. */
export interface RunCounts {
  candidate: number;
  baseline: number;
}

/**
 * How many stored runs in all an inconclusive prediction would take to be settled, should estimate
 * and between-run spread stay as they are. The candidate's own term does not shrink with stored
 * runs, so some changes are never settled this way: a duet, or more candidate runs, would.
 *
 * @returns more than `runs.baseline`; undefined when {@link MOST_RUNS_TO_SETTLE} are not enough
 * @throws RangeError when an argument is out of its range
 */
export function runsToSettle(
  result: Pick<StudentTest, 'estimate' | 'standardError' | 'degreesOfFreedom'>,
  runs: RunCounts,
  judging: Judging,
): number | undefined {
  requireFinite('estimate', result.estimate);
  requirePositive('standardError', result.standardError);
  const { level, distance } = nearestDecision(result.estimate, judging, [
    judging.alpha / judging.familySize,
  ]);
  const own = medianVariance(runs.candidate);
  const deviation = result.standardError / Math.sqrt(own + medianVariance(runs.baseline));
  for (let stored = runs.baseline + 1; stored <= MOST_RUNS_TO_SETTLE; stored++) {
    const standardError = deviation * Math.sqrt(own + medianVariance(stored));
    const degreesOfFreedom = result.degreesOfFreedom + stored - runs.baseline;
    if (standardError * studentQuantile(1 - level, degreesOfFreedom) <= distance) return stored;
  }
  return undefined;
}

/**
 * How many machines in all an inconclusive comparison of shards would take to be settled, should
 * estimate and spread stay as they are: the standard error falls as 1/√machines, and each machine
 * adds a degree of freedom.
 *
 * @returns more than `machines`; undefined when {@link MOST_MACHINES_TO_SETTLE} are not enough
 * @throws RangeError when an argument is out of its range
 */
export function machinesToSettle(
  result: Pick<StudentTest, 'estimate' | 'standardError' | 'degreesOfFreedom'>,
  machines: number,
  judging: Judging,
): number | undefined {
  requireFinite('estimate', result.estimate);
  requirePositive('standardError', result.standardError);
  requireCount('machines', machines);
  const { level, distance } = nearestDecision(result.estimate, judging, [
    judging.alpha / judging.familySize,
  ]);
  for (let all = machines + 1; all <= MOST_MACHINES_TO_SETTLE; all++) {
    const standardError = result.standardError * Math.sqrt(machines / all);
    const degreesOfFreedom = result.degreesOfFreedom + all - machines;
    if (standardError * studentQuantile(1 - level, degreesOfFreedom) <= distance) return all;
  }
  return undefined;
}

/** Which decision the estimate points at: how far it is from the margin, and the hardest level. */
function nearestDecision(
  estimate: number,
  { margin, alpha, familySize }: Judging,
  flaggingLevels: readonly number[],
): { level: number; distance: number } {
  requireNotNegative('margin', margin);
  requireLevel('alpha', alpha);
  requireCount('familySize', familySize);
  const beyond = Math.abs(estimate) - margin;
  const level = beyond > 0 ? Math.min(...flaggingLevels) : EQUIVALENCE_ALPHA;
  return { level, distance: Math.abs(beyond) };
}
