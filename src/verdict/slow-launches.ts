import { median, medianAbsoluteDeviation } from 'simple-statistics';
import type { Run } from '../record/run.js';
import { MAD_TO_DEVIATION, SLOW_DEVIATIONS } from '../stats/assumptions.js';
import { type FisherTest, fisherTest } from '../stats/fisher.js';
import { tarone } from '../stats/tarone.js';
import { countOf, formatShare } from '../text/units.js';
import type { MeasuredFinding } from './comparison.js';
import { logEstimate, type Phase, replicatesOf } from './samples.js';

const PHASES: readonly Phase[] = ['screen', 'confirm'];

/** Launches of a metric that took clearly longer than what is typical of both sides. */
interface Slow {
  id: string;
  baseline: number;
  candidate: number;
  /** Of the candidate. */
  launches: number;
  /** By how much longer than the candidate's typical launch the slow ones took, in the middle. */
  share: number;
  test: FisherTest;
}

/**
 * What the verdict does not speak of: it is about the typical launch, and a candidate of which one
 * launch in ten takes twice as long is `unchanged`. One sentence where the candidate has such
 * launches, and the baseline so few that chance does not explain it.
 *
 * A launch is slow when it lies above the median of both sides' launches by more than the margin and
 * {@link SLOW_DEVIATIONS} robust deviations of them. None of this looks at which side a launch is of,
 * so that Fisher's test is exact for sides that are the same, however odd their noise; most metrics
 * have too few slow launches to say anything and share in no error level (Tarone).
 *
 * @param metrics as they were judged; of those that were called changed nothing more is said
 * @param alpha family-wise level of the sentence
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
    counted.map(({ test }) => ({ p: test.greater, least: test.least })),
    alpha,
  );
  const found = counted.filter((_, index) => odd[index]);
  const [first, ...others] = found.toSorted((a, b) => a.test.greater - b.test.greater);
  return first === undefined ? [] : [sentence(first, others)];
}

/** @returns undefined where there are no times, as for a count */
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
    others.length === 0 ? '' : ` (and likewise in ${others.map((one) => one.id).join(', ')})`;
  const theirs = baseline === 0 ? 'none' : `${baseline}`;
  return `${candidate} of ${countOf(launches, 'launch', 'launches')} of the candidate took ${formatShare(share)} longer than its typical launch in ${id}${likewise}, ${theirs} of the baseline's: the verdict is about the typical launch; look for what happens now and then.`;
}
