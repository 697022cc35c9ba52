import { archive } from '../archive/write.js';
import { metricsNamed } from '../config/globs.js';
import { claimFolder } from '../files/write.js';
import type { Report } from '../record/report.js';
import type { Evidence } from '../verdict/evidence.js';
import type { MarginRule } from '../verdict/settings.js';
import type { Judged } from './judge.js';

/** The verdict over records that exist already. */
export interface RecordedVerdict {
  report: Report;
  /** Sentences for people that are not in the report. */
  notes: string[];
}

/** @throws Failure (usage) when a rule names no metric of the candidate */
export function checkMargins(rules: readonly MarginRule[], { candidate }: Evidence): void {
  const ids = candidate.metrics.map(({ id }) => id);
  for (const { glob } of rules) metricsNamed('margin', glob, ids, 'these records');
}

/**
 * Keeps a report and its evidence in a folder, if one is given. No record becomes a baseline.
 *
 * @returns notes for people
 */
export async function keep(judged: Judged, out?: string): Promise<string[]> {
  if (out === undefined) return [];
  await claimFolder(out);
  return (await archive(out, judged)).notes;
}
