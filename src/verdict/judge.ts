import { type GateVerdict, type Verdict, worstOf } from '../record/verdict.js';
import type { Comparison, Finding } from './comparison.js';
import type { FailOn } from './settings.js';

interface Judgement {
  verdict: GateVerdict;
  /** Whether the gate lets the change through under the policy. */
  passed: boolean;
}

/**
 * The verdict of the whole gate, and whether the gate passes under the policy. Only gated metrics
 * count, and only those that the baseline measured: a metric that is new, or that neither side can
 * measure, says nothing about the difference.
 */
export function judge(comparison: Comparison, failOn: FailOn): Judgement {
  if (comparison.design === 'self') return { verdict: 'no-baseline', passed: true };
  const gated = comparison.findings.filter(
    ({ gate, baseline }) => gate && baseline.status === 'ok',
  );
  return {
    verdict: worstOf(gated.map(({ verdict }) => verdict)),
    passed: !gated.some((finding) => fails(finding, failOn)),
  };
}

const RED: Record<FailOn, readonly Verdict[]> = {
  regression: ['blocked', 'regressed'],
  inconclusive: ['blocked', 'regressed', 'inconclusive'],
  never: [],
};

/**
 * Under `inconclusive`, a gated metric that the candidate has no number for fails too. One that is
 * incomparable because the machine differs does not.
 */
const fails = ({ verdict, candidate }: Finding, failOn: FailOn): boolean =>
  RED[failOn].includes(verdict) || (failOn === 'inconclusive' && candidate.status !== 'ok');
