import type { MetricRecord } from '../record/run.js';
import { COUNT_AGREEMENT } from '../stats/assumptions.js';
import { countOf, formatCount, formatShare } from '../text/units.js';
import type { MeasuredFinding } from './comparison.js';
import { agreedCount } from './samples.js';
import { bothSides, comparablePair } from './sides.js';

/**
 * Compares exact counts: events per operation. A count is a fact, not an estimate. So any difference
 * is a finding, without margin, p-value or interval.
 *
 * @param obstacle why nothing may be called a change, if there is a reason
 * @returns undefined if the two records are not counts that can be compared
 */
export function compareCounts(
  baseline: MetricRecord | undefined,
  candidate: MetricRecord,
  obstacle?: string,
): MeasuredFinding | undefined {
  const pair = comparablePair(baseline, candidate);
  if (typeof pair === 'string' || pair.kind === 'timed') return undefined;
  const before = agreedCount(pair.baseline);
  const after = agreedCount(pair.candidate);
  const ratio = after.count / before.count;
  return {
    measure: 'events',
    id: candidate.id,
    gate: candidate.gate,
    marginRatio: 0,
    ...bothSides(pair.baseline, pair.candidate),
    ...decideCount(before, after, pair.candidate.counts.length, obstacle),
    ...(Number.isFinite(ratio) && ratio > 0
      ? { change: { ratio, low: ratio, high: ratio, confidence: 1 } }
      : {}),
  };
}

interface Agreed {
  count: number;
  share: number;
}

function decideCount(
  before: Agreed,
  after: Agreed,
  launches: number,
  obstacle: string | undefined,
): Pick<MeasuredFinding, 'verdict' | 'because'> {
  const agreement = Math.min(before.share, after.share);
  if (agreement < COUNT_AGREEMENT) {
    return {
      verdict: 'inconclusive',
      because: `Only ${formatShare(agreement)} of one side's launches agree on the count, so it is not exact here.`,
    };
  }
  if (before.count === after.count) {
    return {
      verdict: 'unchanged',
      because: `${formatCount(after.count)} per operation on both sides, counted in ${countOf(launches, 'launch', 'launches')}.`,
    };
  }
  if (obstacle !== undefined) return { verdict: 'inconclusive', because: obstacle };
  return {
    verdict: after.count > before.count ? 'regressed' : 'improved',
    because: `${formatCount(after.count)} per operation instead of ${formatCount(before.count)}, counted exactly in ${countOf(launches, 'launch', 'launches')}.`,
  };
}
