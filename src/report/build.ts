import { type Exhibit, exhibitFileName } from '../record/exhibit.js';
import { digestOf, EVIDENCE } from '../record/file.js';
import type { Reason } from '../record/metric-status.js';
import {
  type DiagnosisReport,
  type MachineReport,
  type MetricReport,
  REPORT_SCHEMA,
  REPORT_VERSION,
  type RecordReference,
  type Report,
  reportSchema,
  type SideReport,
} from '../record/report.js';
import { type Run, runText } from '../record/run.js';
import type { GateVerdict } from '../record/verdict.js';
import { figure, formatNs } from '../text/units.js';
import type {
  Change,
  Comparison,
  Floor,
  Machine,
  MetricComparison,
  Side,
} from '../verdict/comparison.js';
import { type Diagnosis, diagnose } from '../verdict/diagnosis.js';
import type { Policy } from '../verdict/settings.js';
import { certificateOf } from './certificate.js';
import { configurationReport } from './configuration.js';
import { countedReport } from './counted.js';
import { crossingOf } from './crossing.js';
import { carriersOf, differencesOf } from './differences.js';
import { headline } from './headline.js';
import { countVerdicts } from './words.js';

/** What a report states beside what the comparison found. */
export interface Circumstances {
  /** The target specs of both sides as the user wrote them. */
  specs: { baseline: string; candidate: string };
  policy: Policy;
  /** The runs that it all rests on. */
  exhibits: readonly Exhibit[];
}

/**
 * Everything that people and scripts are told, as plain data: renderings add nothing to it.
 *
 * @throws ZodError when the comparison does not make a report: a bug, not a user's mistake
 */
export function buildReport(
  comparison: Comparison,
  judgement: { verdict: GateVerdict; passed: boolean },
  { specs, policy, exhibits }: Circumstances,
): Report {
  const metrics = comparison.metrics.map(metricReport);
  const diagnosis = diagnose(comparison);
  const differing = differencesOf(comparison, diagnosis);
  const counted = comparison.counted === undefined ? null : countedReport(comparison.counted);
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
    // A metric that only informs is nobody's regression.
    counts: countVerdicts(metrics.filter(({ gate }) => gate)),
    baseline: {
      spec: specs.baseline,
      runs: comparison.baseline.map(({ id }) => id),
      skipped: comparison.skipped,
      facts: comparison.baseline.at(-1)?.target.facts ?? {},
    },
    candidate: {
      spec: specs.candidate,
      run: comparison.candidate.id,
      facts: comparison.candidate.target.facts ?? {},
    },
    records: exhibits.map(recordReference),
    platform: comparison.candidate.platform,
    subject: comparison.candidate.subject,
    machines: (comparison.machines ?? []).map(machineReport),
    disagreements: comparison.disagreements ?? [],
    differences: differing,
    configuration: configurationReport(comparison, counted) ?? null,
    diagnosis: diagnosisReport(diagnosis, differing),
    caveats: [...comparison.skipped, ...comparison.caveats],
    metrics,
    counted,
    certificate: certificateOf({ ...comparison, metrics }),
    crossing: comparison.machines ? null : (crossingOf(comparison.candidate) ?? null),
    tails: comparison.machines ? null : tailsReport(comparison.candidate),
  };
  return reportSchema.parse({ ...report, headline: headline(report) });
}

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

function tailsReport({ tails }: Run): Report['tails'] {
  if (tails === undefined) return null;
  const { timer, counters, metrics } = tails;
  return {
    timer:
      timer.status === 'ok'
        ? `${timer.name}, which counts in steps of ${formatNs(timer.stepNs)}; a reading costs ${formatNs(timer.costNs)}, part of every time`
        : `${timer.status}: ${reasonText(timer.reason)}`,
    counters:
      counters.status === 'ok' ? 'ok' : `${counters.status}: ${reasonText(counters.reason)}`,
    metrics,
  };
}

export function metricReport(metric: MetricComparison): MetricReport {
  return {
    id: metric.id,
    status: metric.candidate.status,
    verdict: metric.verdict,
    because: metric.because,
    gate: metric.gate,
    margin: metric.marginRatio,
    baseline: sideReport(metric.baseline),
    candidate: sideReport(metric.candidate),
    change: metric.change === undefined ? null : changeReport(metric.change),
    p: finite(metric.pValue),
    mde80: finite(metric.mde80),
    floor: metric.floor === undefined ? null : floorReport(metric.floor),
    replicatesToSettle: metric.replicatesToSettle ?? null,
  };
}

function sideReport(side: Side): SideReport {
  return side.status === 'ok'
    ? {
        status: 'ok',
        unit: side.unit,
        estimate: figure(side.estimate),
        replicates: side.replicates,
      }
    : { status: side.status, reason: reasonText(side.reason) };
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

/** An interval without bounds runs from 0, which JSON has, to infinity, which it has not. */
const changeReport = ({ ratio, low, high, confidence }: Change) => ({
  ratio: figure(ratio),
  low: figure(low),
  high: finite(high),
  confidence: figure(confidence),
});

const floorReport = ({ pairs, rejections, ...change }: Floor) => ({
  ...changeReport(change),
  pairs,
  rejections,
});

function reasonText({ operation, errno, message }: Reason): string {
  const said = [operation, message].filter((part) => part !== '').join(': ');
  return errno === 0 ? said : `${said} (errno ${errno})`.trim();
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? figure(value) : null;
