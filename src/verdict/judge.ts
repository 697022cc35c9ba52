import { type GateVerdict, type MetricVerdict, MOST_TELLING_FIRST } from '../record/verdict.js';
import type { Comparison, MetricComparison } from './comparison.js';
import type { InstructionComparison } from './instructions.js';
import type { FailOn } from './settings.js';

export interface Judgement {
  verdict: GateVerdict;
  /** Whether the gate lets the change through under the policy. */
  passed: boolean;
}

/**
 * The verdict of the whole gate, and whether it passes by policy. Only gated metrics count, and
 * only those that the baseline has: a metric that is new, or that neither side can measure, says
 * nothing about the difference.
 */
export function judge(comparison: Comparison, failOn: FailOn): Judgement {
  if (comparison.design === 'self') return { verdict: 'no-baseline', passed: true };
  const gated = comparison.metrics.filter(
    (metric) => metric.gate && metric.baseline.status === 'ok',
  );
  const counted = (comparison.counted?.metrics ?? []).filter(
    (metric) => metric.gate && metric.baseline !== undefined,
  );
  const verdicts = [...gated, ...counted].map(({ verdict }) => verdict);
  const failed =
    gated.some((metric) => fails(metric, failOn)) ||
    counted.some((metric) => failsCounted(metric, failOn));
  return { verdict: mostTelling(new Set(verdicts)), passed: !failed };
}

function mostTelling(verdicts: ReadonlySet<MetricVerdict>): MetricVerdict {
  return MOST_TELLING_FIRST.find((verdict) => verdicts.has(verdict)) ?? 'incomparable';
}

const RED: Record<FailOn, readonly MetricVerdict[]> = {
  regression: ['regressed'],
  inconclusive: ['regressed', 'inconclusive'],
  never: [],
};

function fails(metric: MetricComparison, failOn: FailOn): boolean {
  if (RED[failOn].includes(metric.verdict)) return true;
  return failOn === 'inconclusive' && lostOnCandidate(metric);
}

/** What the candidate cannot do any more is undecided, too. */
const failsCounted = ({ verdict, candidate }: InstructionComparison, failOn: FailOn): boolean =>
  RED[failOn].includes(verdict) || (failOn === 'inconclusive' && candidate === undefined);

/** Another machine is nobody's fault; a metric that only the candidate cannot measure is undecided. */
const lostOnCandidate = ({ candidate }: MetricComparison): boolean => candidate.status !== 'ok';
