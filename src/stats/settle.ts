import {
  requireCount,
  requireFinite,
  requireLevel,
  requireNotNegative,
  requirePositive,
} from './arguments.js';
import {
  EQUIVALENCE_ALPHA,
  MAX_MACHINES_TO_SETTLE,
  MAX_PAIRS_TO_SETTLE,
  MAX_RUNS_TO_SETTLE,
  SCREEN_LEVEL,
} from './assumptions.js';
import type { LocationEstimate } from './hodges-lehmann.js';
import { medianVariance } from './median-variance.js';
import { normalQuantile, normalUpperTail } from './normal.js';
import { minimumPairs } from './power.js';
import { studentCdf, studentQuantile } from './student.js';
import type { StudentTest } from './student-test.js';

/** The settings that a metric is judged by. */
interface Judging {
  /** δ > 0 on the log scale. */
  margin: number;
  alpha: number;
}

/** The same for a test that shares its level with others. */
export interface FamilyJudging extends Judging {
  familySize: number;
}

/** The same in a paired comparison. */
interface PairedJudging extends Judging {
  /**
   * For a metric under confirmation: how many metrics were flagged. They are the family of that
   * test.
   */
  flagged?: number;
}

/**
 * How many pairs in total would give an inconclusive metric of a paired comparison an even chance
 * of being settled. Assumes that the true change equals the estimate. A change inside the margins
 * is settled as `unchanged`, one outside as a confirmed change.
 *
 * The estimate of n pairs is assumed to be normal around the change, with standard error s/√n. The
 * answer is the smallest n for which the test's interval lies where it must in half of all cases.
 * Inside the margins both of them matter: an estimate of 0 may drift to either side, which takes
 * twice the pairs that one side would take.
 *
 * By simulation (normal noise, 10 or 24 pairs seen, then as many fresh pairs as the answer says),
 * 50 to 60 % are settled if the estimate is half the margin or more. Nearer 0 it is 60 to 80 %: few
 * pairs leave such a metric open only if their interval happened to be wide, and a wide interval
 * asks for more pairs than the noise needs.
 *
 * @param result the metric's estimate with its interval, at any confidence
 * @param pairs how many pairs the estimate rests on
 * @returns more than `pairs`; undefined if more than {@link MAX_PAIRS_TO_SETTLE} would be needed, as
 *   for an estimate exactly on the margin. While the interval is unbounded: the number of pairs that
 *   bounds it and makes a test of the family possible
 * @throws RangeError when an argument is out of its range
 */
export function pairsToSettle(
  result: LocationEstimate,
  pairs: number,
  judging: PairedJudging,
): number | undefined {
  requireFinite('estimate', result.estimate);
  requireLevel('confidence', result.confidence);
  requireCount('pairs', pairs);
  if (judging.flagged !== undefined) requireCount('flagged', judging.flagged);
  const verdict = likelyVerdict(result.estimate, judging, [
    ...(judging.flagged === undefined ? [SCREEN_LEVEL] : []),
    judging.alpha / (judging.flagged ?? 1),
  ]);
  const fewestPairs = Math.max(pairs + 1, minimumPairs(verdict.level, 1));
  const width = result.high - result.low;
  if (!(width >= 0)) {
    throw new RangeError(`low and high must be an interval, not ${result.low} and ${result.high}`);
  }
  if (width === Number.POSITIVE_INFINITY) return fewestPairs;
  const standardError = width / 2 / normalQuantile((1 + result.confidence) / 2);
  const critical = normalQuantile(1 - verdict.level);
  return fewest(fewestPairs, MAX_PAIRS_TO_SETTLE, (all) =>
    isLikely(verdict, {
      standardError: standardError * Math.sqrt(pairs / all),
      critical,
      upperTail: normalUpperTail,
    }),
  );
}

/** How many runs of each side a comparison with stored runs has. */
interface RunCounts {
  candidate: number;
  baseline: number;
}

/**
 * How many stored runs in total would give an inconclusive comparison an even chance of being
 * settled. Assumes that the true change equals the estimate and that the between-run spread stays
 * the same.
 *
 * (estimate − Δ) / SE follows Student's t. With more stored runs the standard error falls and the
 * degrees of freedom grow. The candidate's own part of the error does not shrink, so some changes
 * are never settled this way. A paired comparison or more candidate runs would settle them.
 *
 * @returns more than `runs.baseline`; undefined if {@link MAX_RUNS_TO_SETTLE} are not enough
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
  const verdict = likelyVerdict(result.estimate, judging, [levelInFamily(judging)]);
  const own = medianVariance(runs.candidate);
  const deviation = result.standardError / Math.sqrt(own + medianVariance(runs.baseline));
  return fewest(runs.baseline + 1, MAX_RUNS_TO_SETTLE, (stored) =>
    isLikely(
      verdict,
      studentError(
        deviation * Math.sqrt(own + medianVariance(stored)),
        verdict.level,
        result.degreesOfFreedom + stored - runs.baseline,
      ),
    ),
  );
}

/**
 * How many machines in total would give an inconclusive comparison of shards an even chance of being
 * settled. Assumes that the true change equals the estimate and that the spread stays the same.
 *
 * The standard error falls as 1/√machines, and each machine adds a degree of freedom. The machines'
 * pairs must show a change too. Their smallest possible p is a normal tail at a distance that grows
 * as √machines.
 *
 * @param smallestP the smallest p that the present pairs can give, from `smallestStratifiedP`
 * @returns more than `machines`; undefined if {@link MAX_MACHINES_TO_SETTLE} are not enough
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
  const verdict = likelyVerdict(result.estimate, judging, [levelInFamily(judging)]);
  const reach = normalQuantile(1 - smallestP) / normalQuantile(1 - verdict.level);
  const forPairs = verdict.inside ? 0 : Math.ceil(machines / reach ** 2);
  return fewest(Math.max(machines + 1, forPairs), MAX_MACHINES_TO_SETTLE, (all) =>
    isLikely(
      verdict,
      studentError(
        result.standardError * Math.sqrt(machines / all),
        verdict.level,
        result.degreesOfFreedom + all - machines,
      ),
    ),
  );
}

/** The verdict that an estimate points to. */
interface LikelyVerdict {
  /** Whether it is `unchanged`: the estimate lies between both margins. */
  inside: boolean;
  /** Level of the hardest one-sided test that the verdict takes. */
  level: number;
  /** How far the estimate is from the nearer margin. */
  distance: number;
  /** How far it is from the other margin. */
  far: number;
}

function levelInFamily({ alpha, familySize }: FamilyJudging): number {
  requireCount('familySize', familySize);
  return alpha / familySize;
}

function likelyVerdict(
  estimate: number,
  { margin, alpha }: Judging,
  flaggingLevels: readonly number[],
): LikelyVerdict {
  requireNotNegative('margin', margin);
  requireLevel('alpha', alpha);
  const beyond = Math.abs(estimate) - margin;
  const inside = beyond <= 0;
  const level = inside ? EQUIVALENCE_ALPHA : Math.min(...flaggingLevels);
  return { inside, level, distance: Math.abs(beyond), far: Math.abs(estimate) + margin };
}

/** The error that a future estimate would have. */
interface FutureError {
  standardError: number;
  /** Quantile at the level of the verdict. */
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

/** Whether the verdict is reached in at least half of all cases. */
function isLikely(
  { inside, distance, far }: LikelyVerdict,
  { standardError, critical, upperTail }: FutureError,
): boolean {
  // Both may be NaN: an estimate that lies on the margin and has no error.
  const near = distance / standardError - critical;
  const other = far / standardError - critical;
  if (!(near >= 0)) return false;
  // Without any error the estimate stays where it is.
  if (!inside || other === Number.POSITIVE_INFINITY) return true;
  return 1 - upperTail(near) - upperTail(other) >= EVEN_CHANCE;
}

const EVEN_CHANCE = 0.5;

/** The first count from `from` to `max` that is enough. If one is enough, so are all larger ones. */
function fewest(from: number, max: number, enough: (count: number) => boolean): number | undefined {
  if (from > max || !enough(max)) return undefined;
  let [low, high] = [from, max];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
