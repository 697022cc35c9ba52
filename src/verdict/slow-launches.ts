import { median, medianAbsoluteDeviation } from 'simple-statistics';
import type { Run } from '../record/run.js';
import { MAD_TO_DEVIATION, SLOW_DEVIATIONS } from '../stats/assumptions.js';
import { type FisherTest, fisherTest } from '../stats/fisher.js';
import { tarone } from '../stats/tarone.js';
import { countOf, formatShare } from '../text/units.js';
import type { MeasuredFinding } from './comparison.js';
import { logEstimate, type Phase, replicatesOf } from './samples.js';

const PHASES: readonly Phase[] = ['screen', 'confirm'];

/** Launches of a metric that took clearly longer than the typical launch of both sides. */
interface Slow {
  id: string;
  baseline: number;
  candidate: number;
  /** All launches of the candidate. */
  launches: number;
  /** How much longer the median slow launch took than the candidate's typical launch. */
  share: number;
  test: FisherTest;
}

/**
 * Reports slow launches, which the verdict does not see. A verdict is about the typical launch: if one
 * launch in ten of the candidate takes twice as long, the metric is still `unchanged`. The answer is
 * one sentence if the candidate has slow launches and the baseline has so few that chance does not
 * explain the difference.
 *
 * A launch is slow if it lies above the median of both sides' launches by more than the margin plus
 * {@link SLOW_DEVIATIONS} robust deviations. This does not look at the side of a launch. So Fisher's
 * test is exact for identical sides, whatever their noise. Most metrics have too few slow launches to
 * reject at all, and take no share of the level (Tarone).
 *
 * @param metrics as they were judged; metrics that were called changed are left out
 * @param alpha family-wise level of this sentence
 */
export function slowLaunchCaveats(
  baseline: Run,
  candidate: Run,
  metrics: readonly MeasuredFinding[],
  alpha: number,
): string[] {
  const counted = metrics
    .filter(({ gate, verdict }) => gate && (verdict === 'unchanged' || verdict === 'inconclusive'))
    .flatMap(({ id, marginRatio }) => countSlow(baseline, candidate, id, marginRatio) ?? []);
  const odd = tarone(
    counted.map(({ test }) => ({ p: test.greater, smallestP: test.smallestP })),
    alpha,
  );
  const found = counted.filter((_, index) => odd[index]);
  const [first, ...others] = found.toSorted((a, b) => a.test.greater - b.test.greater);
  return first === undefined ? [] : [sentence(first, others)];
}

/** @returns undefined if there are no times, as for an exact count */
function countSlow(
  baseline: Run,
  candidate: Run,
  id: string,
  marginRatio: number,
): Slow | undefined {
  const [before, after] = [baseline, candidate].map((run) =>
    PHASES.flatMap((phase) => replicatesOf(run, id, phase)),
  );
  if (!before?.length || !after?.length) return undefined;
  const [old, young] = [before, after].map((side) => side.map((one) => logEstimate(id, one)));
  if (old === undefined || young === undefined) return undefined;
  const both = [...old, ...young];
  const deviation = MAD_TO_DEVIATION * medianAbsoluteDeviation(both);
  const bound = median(both) + Math.log1p(marginRatio) + SLOW_DEVIATIONS * deviation;
  const isSlow = (y: number): boolean => y > bound;
  const [first, second] = [young.filter(isSlow), old.filter(isSlow)];
  return {
    ...{ id, candidate: first.length, launches: young.length, baseline: second.length },
    share: first.length === 0 ? 0 : Math.expm1(median(first) - median(young)),
    test: fisherTest({
      ...{ first: first.length, firstSize: young.length },
      ...{ second: second.length, secondSize: old.length },
    }),
  };
}

function sentence(first: Slow, others: readonly Slow[]): string {
  const { id, candidate, launches, share, baseline } = first;
  const likewise =
    others.length === 0 ? '' : ` (the same goes for ${others.map((one) => one.id).join(', ')})`;
  const theirs = baseline === 0 ? 'none' : `${baseline}`;
  return `In ${id}, ${candidate} of ${countOf(launches, 'launch', 'launches')} of the candidate took ${formatShare(share)} longer than its typical launch, and ${theirs} of the baseline's did${likewise}. The verdict is about the typical launch; look for something that happens only now and then.`;
}
