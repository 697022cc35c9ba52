import { isInstructionsReport, isMeasuredReport, type MeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { countOf, formatShare } from '../text/units.js';

/** How a comparison was made, and what that is worth, in words. */

/** How the evidence was gathered, as a clause. */
export function designText(report: Report): string {
  const timed = report.findings.some(isMeasuredReport) ? [timesDesign(report)] : [];
  const counted = report.counted === null ? [] : [countedDesign(report)];
  return [...timed, ...counted].join('; ');
}

function countedDesign({ findings }: Report): string {
  const boots = findings
    .filter(isInstructionsReport)
    .map(({ candidate }) => (candidate.status === 'ok' ? candidate.boots.length : 0));
  return `counted: ${countOf(Math.max(0, ...boots), 'boot')} a side under a clock of instructions`;
}

function timesDesign(report: Report): string {
  const each = `${replicatesText(report)} a side`;
  switch (report.design) {
    case 'duet':
      return `duet: both sides interleaved in this job, ${each}`;
    case 'prediction':
      return `prediction: this run against ${countOf(report.baseline.runs.length, 'stored run')}, ${replicatesText(report)} in this one`;
    case 'shards':
      return `shards: both sides interleaved on ${machinesText(report)}, ${each} in all`;
    case 'self':
      return `the candidate against itself, ${each}`;
  }
}

/** `3 machines`, `1 machine`. */
export const machinesText = ({ machines }: Pick<Report, 'machines'>): string =>
  countOf(machines.length, 'machine');

/** The price of being wrong, as a clause. */
export const errorBudgetText = (report: Report): string =>
  `at most ${formatShare(report.alpha)} of runs without a change raise any false alarm ` +
  `(family-wise, ${countOf(report.familySize, 'gated metric')})`;

/** The fewest and most replicates (fresh processes) that stand behind a metric's estimate. */
export function replicatesText({ findings }: Report): string {
  const counts = findings
    .filter(isMeasuredReport)
    .flatMap(({ candidate }) => (candidate.status === 'ok' ? [candidate.replicates] : []));
  if (counts.length === 0) return 'no replicates';
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return low === high ? countOf(low, 'replicate') : `${low} to ${high} replicates`;
}

const settlers: Record<Report['design'], string> = {
  duet: 'pair',
  prediction: 'stored run',
  shards: 'machine',
  self: 'pair',
};

/** What would settle an inconclusive metric, as a clause, or nothing when nobody knows. */
export function settleText(
  { design }: Pick<Report, 'design'>,
  { replicatesToSettle }: MeasuredReport,
): string {
  if (replicatesToSettle === null) return '';
  const what = settlers[design];
  return `about ${countOf(replicatesToSettle, what)} would settle it`;
}

/** The coverage of the intervals shown, `95 %`; empty when none is. */
export function coverageText({ findings }: Report): string {
  const changes = findings.filter(isMeasuredReport).map(({ change }) => change);
  const change = changes.find((one) => one !== null && one.confidence < 1);
  return change ? formatShare(change.confidence) : '';
}

/** The margins in force: `2 %`, `2 to 10 %`. */
export function marginText({ findings }: Report): string {
  const margins = findings
    .filter(isMeasuredReport)
    .filter(({ gate, margin }) => gate && margin > 0)
    .map(({ margin }) => margin);
  if (margins.length === 0) return '';
  return rangeText(Math.min(...margins), Math.max(...margins));
}

/** Two shares as a range, `2 to 10 %`; `2 %` where they are one. */
export function rangeText(from: number, to: number): string {
  const [low, high] = [formatShare(from), formatShare(to)];
  return low === high ? low : `${low.replace(' %', '')} to ${high}`;
}
