import type { FailOn } from '../config/config.js';
import type { Comparison, GateVerdict, MetricComparison, MetricVerdict } from './comparison.js';
import type { InstructionComparison } from './instructions.js';

export interface Judgement {
  verdict: GateVerdict;
  /** Whether the gate lets the change through under the policy. */
  passed: boolean;
}

/**
 * A finding outranks the absence of one: `improved` is a confirmed change and stands above
 * `inconclusive`, which only says that the run was too short or the machine too loud for a metric.
 * `unchanged` comes last, so that it is said only of a gate whose every metric was shown to be.
 */
export const MOST_TELLING_FIRST: readonly MetricVerdict[] = [
  'regressed',
  'improved',
  'inconclusive',
  'incomparable',
  'unchanged',
];

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
