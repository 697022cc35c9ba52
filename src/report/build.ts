import { type Exhibit, exhibitFileName } from '../record/exhibit.js';
import { digestOf, EVIDENCE } from '../record/file.js';
import {
  type DiagnosisReport,
  type MachineReport,
  REPORT_SCHEMA,
  REPORT_VERSION,
  type RecordReference,
  type Report,
  reportSchema,
} from '../record/report.js';
import { type Run, runText } from '../record/run.js';
import type { GateVerdict } from '../record/verdict.js';
import { figure } from '../text/units.js';
import type { Comparison, Machine } from '../verdict/comparison.js';
import { type Diagnosis, diagnose } from '../verdict/diagnosis.js';
import type { Policy } from '../verdict/settings.js';
import { alarmsOf } from './alarms.js';
import { certificateOf } from './certificate.js';
import { configurationReport } from './configuration.js';
import { crossingOf } from './crossing.js';
import { carriersOf, differencesOf } from './differences.js';
import { changeReport, countedReport, findingReports } from './findings.js';
import { headline } from './headline.js';
import { tailsReport } from './tails.js';
import { countVerdicts } from './verdict-words.js';

/** What a report states in addition to the comparison. */
interface ReportContext {
  /** The target specs of both sides as the user wrote them. */
  specs: { baseline: string; candidate: string };
  /** One sentence: why the baseline is this one, if it was not the user who chose it. */
  choice?: string | undefined;
  policy: Policy;
  /** The runs that the verdict rests on. */
  exhibits: readonly Exhibit[];
}

/**
 * The whole report as plain data. People and scripts get the same facts: renderings add none.
 *
 * @throws ZodError if the result is not a valid report: a bug, not a user's mistake
 */
export function buildReport(
  comparison: Comparison,
  judgement: { verdict: GateVerdict; passed: boolean },
  { specs, choice, policy, exhibits }: ReportContext,
): Report {
  const findings = findingReports(comparison.findings);
  const found = diagnose(comparison);
  const differing = differencesOf(comparison, found);
  const diagnosis = diagnosisReport(found, differing.differences);
  const counted = countedReport(comparison);
  const report: Omit<Report, 'headline'> = {
    schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    tool: comparison.candidate.tool,
    ...judgement,
    design: comparison.design,
    alpha: comparison.alpha,
    margins: [...policy.margins],
    failOn: policy.failOn,
    familySize: comparison.familySize,
    // A metric that is for information only is nobody's regression.
    counts: countVerdicts(findings.filter(({ gate }) => gate)),
    baseline: {
      spec: specs.baseline,
      runs: comparison.baseline.map(({ id }) => id),
      skipped: comparison.skipped,
      ...(comparison.census === undefined ? {} : { census: comparison.census }),
      ...(choice === undefined ? {} : { choice }),
      facts: comparison.baseline.at(-1)?.target.facts ?? {},
    },
    candidate: {
      spec: specs.candidate,
      run: comparison.candidate.id,
      ...globsOf(comparison.candidate),
      facts: comparison.candidate.target.facts ?? {},
    },
    records: exhibits.map(recordReference),
    platform: comparison.candidate.platform,
    subject: comparison.candidate.subject,
    machines: (comparison.machines ?? []).map(machineReport),
    disagreements: comparison.disagreements ?? [],
    ...differing,
    configuration: configurationReport(comparison, counted, findings) ?? null,
    diagnosis,
    caveats: [...comparison.skipped, ...comparison.caveats],
    alarms: alarmsOf({ ...differing, findings, diagnosis, counted }),
    findings,
    counted,
    certificate: certificateOf({ ...comparison, findings }),
    crossing: comparison.machines ? null : (crossingOf(comparison.candidate) ?? null),
    tails: comparison.machines ? null : tailsReport(comparison.candidate),
  };
  return reportSchema.parse({ ...report, headline: headline(report) });
}

const globsOf = ({ plan: { metricGlobs } }: Run) =>
  metricGlobs === undefined ? {} : { metricGlobs };

const recordReference = (exhibit: Exhibit): RecordReference => ({
  role: exhibit.role,
  id: exhibit.run.id,
  file: `${EVIDENCE}/${exhibitFileName(exhibit)}`,
  sha256: digestOf(runText(exhibit.run)),
});

function diagnosisReport(
  diagnosis: Diagnosis | undefined,
  differing: Report['differences'],
): DiagnosisReport | null {
  if (diagnosis === undefined) return null;
  const { terms, share, explained, called } = diagnosis;
  const quantities = terms.map(({ quantity }) => quantity);
  return {
    terms: terms.map(({ quantity, ns, low, high }) => ({
      ...{ quantity, ns: figure(ns), low: figure(low), high: figure(high) },
    })),
    ...{ share: figure(share), explained, called },
    carriers: carriersOf(quantities, differing),
  };
}

const machineReport = ({ baseline, candidate, pairs, changes }: Machine): MachineReport => ({
  platform: candidate.platform,
  runs: { baseline: baseline.id, candidate: candidate.id },
  pairs,
  changes: changes.map(({ id, pairs: own, ...change }) => ({
    id,
    ...changeReport(change),
    pairs: own,
  })),
});
