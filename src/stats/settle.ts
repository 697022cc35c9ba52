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
  SCREEN_LEVEL,
} from './assumptions.js';
import type { LocationEstimate } from './hodges-lehmann.js';
import { normalQuantile, normalUpperTail } from './normal.js';
import { minimumPairs } from './power.js';
import { medianVariance } from './prediction.js';
import { studentCdf, studentQuantile } from './student.js';
import type { StudentTest } from './student-test.js';

/** What a metric is judged by. */
export interface Judging {
  /** δ > 0 on the log scale. */
  margin: number;
  alpha: number;
}

/** The same for a test that shares its level with others. */
export interface FamilyJudging extends Judging {
  familySize: number;
}

/** The same in a duet. */
export interface DuetJudging extends Judging {
  /** For a metric under confirmation: how many were flagged, the family of that test. */
  flagged?: number;
}

/**
 * How many pairs in all an inconclusive duet metric would take for an even chance of being settled,
 * should the change be what its estimate says: `unchanged` when that lies inside the margins, a
 * confirmed change when outside.
 *
 * The estimate of n pairs is taken for normal about the change with the standard error s/√n, so n is
 * the smallest for which the interval that the test asks for lies where it has to be in half of all
 * cases. Inside, both margins bind: an estimate of 0 may wander off to either, and takes twice the
 * pairs that would do were it sure to stay at 0. By simulation (normal noise, 10 or 24 pairs seen, as
 * many fresh ones as it says) 50 to 60 % are settled for an estimate of half the margin or more. For
 * one nearer 0 it is 60 to 80 %, since few pairs leave that open only when their interval happened
 * to be wide, and a wide interval asks for more than the noise does.
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
  judging: DuetJudging,
): number | undefined {
  requireFinite('estimate', result.estimate);
  requireLevel('confidence', result.confidence);
  requireCount('pairs', pairs);
  if (judging.flagged !== undefined) requireCount('flagged', judging.flagged);
  const decision = nearestDecision(result.estimate, judging, [
    ...(judging.flagged === undefined ? [SCREEN_LEVEL] : []),
    judging.alpha / (judging.flagged ?? 1),
  ]);
  const least = Math.max(pairs + 1, minimumPairs(decision.level, 1));
  const width = result.high - result.low;
  if (!(width >= 0)) {
    throw new RangeError(`low and high must be an interval, not ${result.low} and ${result.high}`);
  }
  if (width === Number.POSITIVE_INFINITY) return least;
  const standardError = width / 2 / normalQuantile((1 + result.confidence) / 2);
  const critical = normalQuantile(1 - decision.level);
  return fewest(least, MOST_PAIRS_TO_SETTLE, (all) =>
    isLikely(decision, {
      standardError: standardError * Math.sqrt(pairs / all),
      critical,
      upperTail: normalUpperTail,
    }),
  );
}

/** How many runs of either side a prediction rests on. */
export interface RunCounts {
  candidate: number;
  baseline: number;
}

/**
 * How many stored runs in all an inconclusive prediction would take for an even chance that a run
 * like this one is settled, should the change be what the estimate says and the between-run spread
 * stay as it is: (estimate − Δ) / SE follows Student's t, of which the standard error falls and the
 * degrees of freedom grow with the stored runs. The candidate's own term does not shrink, so some
 * changes are never settled this way: a duet, or more candidate runs, would.
 *
 * @returns more than `runs.baseline`; undefined when {@link MOST_RUNS_TO_SETTLE} are not enough
 * @throws RangeError when an argument is out of its range
 */
export function runsToSettle(
  result: Pick<StudentTest, 'estimate' | 'standardError' | 'degreesOfFreedom'>,
  runs: RunCounts,
  judging: FamilyJudging,
): number | undefined {
  requireFinite('estimate', result.estimate);
  requirePositive('standardError', result.standardError);
  requirePositive('degreesOfFreedom', result.degreesOfFreedom);
  const decision = nearestDecision(result.estimate, judging, [levelInFamily(judging)]);
  const own = medianVariance(runs.candidate);
  const deviation = result.standardError / Math.sqrt(own + medianVariance(runs.baseline));
  return fewest(runs.baseline + 1, MOST_RUNS_TO_SETTLE, (stored) =>
    isLikely(
      decision,
      studentError(
        deviation * Math.sqrt(own + medianVariance(stored)),
        decision.level,
        result.degreesOfFreedom + stored - runs.baseline,
      ),
    ),
  );
}

/**
 * How many machines in all an inconclusive comparison of shards would take for an even chance of
 * being settled, should the change be what the estimate says and the spread stay as it is: the
 * standard error falls as 1/√machines, and each machine adds a degree of freedom. A change also has
 * to be shown by the machines' pairs, whose smallest possible p is a normal tail at a distance that
 * grows as √machines.
 *
 * @param smallestP of the pairs at hand, by `smallestStratifiedP`
 * @returns more than `machines`; undefined when {@link MOST_MACHINES_TO_SETTLE} are not enough
 * @throws RangeError when an argument is out of its range
 */
export function machinesToSettle(
  result: Pick<StudentTest, 'estimate' | 'standardError' | 'degreesOfFreedom'>,
  machines: number,
  judging: FamilyJudging,
  smallestP: number,
): number | undefined {
  requireFinite('estimate', result.estimate);
  requirePositive('standardError', result.standardError);
  requirePositive('degreesOfFreedom', result.degreesOfFreedom);
  requireCount('machines', machines);
  requireLevel('smallestP', smallestP);
  const decision = nearestDecision(result.estimate, judging, [levelInFamily(judging)]);
  const farthest = normalQuantile(1 - smallestP) / normalQuantile(1 - decision.level);
  const least = decision.inside ? 0 : Math.ceil(machines / farthest ** 2);
  return fewest(Math.max(machines + 1, least), MOST_MACHINES_TO_SETTLE, (all) =>
    isLikely(
      decision,
      studentError(
        result.standardError * Math.sqrt(machines / all),
        decision.level,
        result.degreesOfFreedom + all - machines,
      ),
    ),
  );
}

/** The decision that an estimate points at. */
interface Decision {
  /** `unchanged` lies within both margins, a change beyond the nearer one. */
  inside: boolean;
  /** Of the hardest one-sided test that it takes. */
  level: number;
  /** How far the estimate is from the nearer margin, and from the other. */
  distance: number;
  far: number;
}

function levelInFamily({ alpha, familySize }: FamilyJudging): number {
  requireCount('familySize', familySize);
  return alpha / familySize;
}

function nearestDecision(
  estimate: number,
  { margin, alpha }: Judging,
  flaggingLevels: readonly number[],
): Decision {
  requireNotNegative('margin', margin);
  requireLevel('alpha', alpha);
  const beyond = Math.abs(estimate) - margin;
  const inside = beyond <= 0;
  const level = inside ? EQUIVALENCE_ALPHA : Math.min(...flaggingLevels);
  return { inside, level, distance: Math.abs(beyond), far: Math.abs(estimate) + margin };
}

/** The error that an estimate would have. */
interface FutureError {
  standardError: number;
  /** Quantile of the decision's level. */
  critical: number;
  /** P(Z ≥ z) of (estimate − Δ) / standardError. */
  upperTail: (z: number) => number;
}

const studentError = (
  standardError: number,
  level: number,
  degreesOfFreedom: number,
): FutureError => ({
  standardError,
  critical: studentQuantile(1 - level, degreesOfFreedom),
  upperTail: (z) => studentCdf(-z, degreesOfFreedom),
});

/** Whether the decision falls at least as often as not. */
function isLikely(
  { inside, distance, far }: Decision,
  { standardError, critical, upperTail }: FutureError,
): boolean {
  // Neither is a number for an estimate without any error that lies on the margin.
  const near = distance / standardError - critical;
  const other = far / standardError - critical;
  if (!(near >= 0)) return false;
  // Without an error to speak of it stays where it is.
  if (!inside || other === Number.POSITIVE_INFINITY) return true;
  return 1 - upperTail(near) - upperTail(other) >= EVEN_CHANCE;
}

const EVEN_CHANCE = 0.5;

/** The first of `from` … `most` that is enough, where all that follow an enough are enough too. */
function fewest(
  from: number,
  most: number,
  enough: (count: number) => boolean,
): number | undefined {
  if (from > most || !enough(most)) return undefined;
  let [low, high] = [from, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
