import type { Exhibit } from '../record/exhibit.js';
import type { Report } from '../record/report.js';
import { buildReport } from '../report/build.js';
import type { Comparison } from '../verdict/comparison.js';
import { compare, type Evidence, exhibitsOf } from '../verdict/evidence.js';
import { judge } from '../verdict/judge.js';
import type { Policy } from '../verdict/settings.js';

/** What a report says of its sides beside what their records hold. */
export interface Origin {
  /** The target specs of both sides as the user wrote them, or as `auto` chose the baseline. */
  baseline: string;
  candidate: string;
  /** One sentence: why the baseline is this one, if it was not the user who chose it. */
  choice?: string | undefined;
}

/** A report and the runs it was made from: everything about a verdict that is stored or shown. */
export interface Judged {
  report: Report;
  comparison: Comparison;
  /** The runs that the verdict rests on. */
  exhibits: Exhibit[];
}

/**
 * Makes a report from runs. There is no other way, whether the runs were measured a moment ago or are
 * read from files. The same runs and policy give the same report.
 */
export function judgeEvidence(
  evidence: Evidence,
  policy: Policy,
  { choice, ...specs }: Origin,
): Judged {
  const comparison = compare(evidence, policy);
  const judgement = judge(comparison, policy.failOn);
  const exhibits = exhibitsOf(evidence, comparison);
  const report = buildReport(comparison, judgement, { specs, choice, policy, exhibits });
  return { report, comparison, exhibits };
}
