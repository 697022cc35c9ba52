import type { RecordReference, Report } from './report.js';

/** What judging again needs of a stored report of any version. */
export interface StoredReport {
  /** Of the report's schema: "1.0". */
  version: string;
  /** The syscall-gate that wrote it. */
  tool: string;
  verdict: string;
  design: Report['design'];
  alpha: number;
  margins: Report['margins'];
  failOn: Report['failOn'];
  /** The target specs of both sides as the user wrote them. */
  specs: { baseline: string; candidate: string };
  /** Why the baseline is this one, if it was not the user who chose it. */
  choice?: string;
  /** One sentence for each stored run that was passed over. */
  skipped: string[];
  records: RecordReference[];
  /** The whole report, if this program writes the same version. */
  whole?: Report;
}

export function storedReport(report: Report): StoredReport {
  const { tool, verdict, design, alpha, margins, failOn, baseline, candidate, records } = report;
  return {
    ...{ version: versionText(report.version), tool, verdict, design, alpha, margins, failOn },
    specs: { baseline: baseline.spec, candidate: candidate.spec },
    ...(baseline.choice === undefined ? {} : { choice: baseline.choice }),
    ...{ skipped: baseline.skipped, records, whole: report },
  };
}

/** The number 1 of the first reports means 1.0. */
const versionText = (version: string | number): string =>
  typeof version === 'number' ? `${version}.0` : version;
