import type { FailOn } from '../config/config.js';
import type { Comparison, GateVerdict, MetricComparison, MetricVerdict } from './comparison.js';

export interface Judgement {
  verdict: GateVerdict;
  /** Whether the gate lets the change through under the policy. */
  passed: boolean;
}

/**
 * A finding outranks the absence of one: `improved` is a confirmed change and stands above
 * `inconclusive`, which only says that the run was too short or the machine too loud for a metric.
 */
const MOST_TELLING_FIRST: readonly MetricVerdict[] = [
  'regressed',
  'improved',
  'inconclusive',
  'unchanged',
  'incomparable',
];

/** The verdict of the whole gate, and whether it passes by policy. Only gated metrics count. */
export function judge(comparison: Comparison, failOn: FailOn): Judgement {
  const gated = comparison.metrics.filter((metric) => metric.gate);
  const verdict = comparison.design === 'self' ? 'no-baseline' : mostTelling(gated);
  return { verdict, passed: !fails(gated, failOn) || comparison.design === 'self' };
}

function mostTelling(metrics: readonly MetricComparison[]): MetricVerdict {
  const verdicts = new Set(metrics.map((metric) => metric.verdict));
  return MOST_TELLING_FIRST.find((verdict) => verdicts.has(verdict)) ?? 'incomparable';
}

const RED: Record<FailOn, readonly MetricVerdict[]> = {
  regression: ['regressed'],
  inconclusive: ['regressed', 'inconclusive'],
  never: [],
};

const fails = (metrics: readonly MetricComparison[], failOn: FailOn): boolean =>
  metrics.some(({ verdict }) => RED[failOn].includes(verdict));
