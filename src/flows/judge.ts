import type { Report } from '../record/report.js';
import { buildReport } from '../report/build.js';
import { compare, type Evidence, exhibitsOf } from '../verdict/evidence.js';
import { judge } from '../verdict/judge.js';
import type { Policy } from '../verdict/settings.js';

/** The target specs of both sides as the user wrote them. */
export interface Specs {
  baseline: string;
  candidate: string;
}

/**
 * From runs to a report: the only way there is, whether they were measured a moment ago or are read
 * from files. The same runs and policy give the same report.
 */
export function judgeEvidence(evidence: Evidence, policy: Policy, specs: Specs): Report {
  const comparison = compare(evidence, policy);
  const judgement = judge(comparison, policy.failOn);
  return buildReport(comparison, judgement, {
    ...{ specs, policy },
    exhibits: exhibitsOf(evidence),
  });
}
