import { archive } from '../archive/write.js';
import { metricsNamed } from '../config/globs.js';
import { claimFolder } from '../files/write.js';
import type { Report } from '../record/report.js';
import type { Evidence } from '../verdict/evidence.js';
import type { MarginRule } from '../verdict/settings.js';

/** What comes of judging records that are already there. */
export interface Judged {
  report: Report;
  /** One sentence each, for people: what is to be known about this judgement beside its report. */
  notes: string[];
}

/** @throws Failure (usage) when a rule names no metric of the candidate */
export function checkMargins(rules: readonly MarginRule[], { candidate }: Evidence): void {
  const ids = candidate.metrics.map(({ id }) => id);
  for (const { glob } of rules) metricsNamed('margin', glob, ids, 'these records');
}

/**
 * Keeps a report and its evidence, if there is somewhere to; no record becomes a baseline.
 *
 * @returns notes for people
 */
export async function keep(report: Report, evidence: Evidence, out?: string): Promise<string[]> {
  if (out === undefined) return [];
  await claimFolder(out);
  return (await archive(out, report, evidence)).notes;
}
