import { isInstructionsReport, isMeasuredReport, type MeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { countOf, formatShare } from '../text/units.js';

/** How a comparison was made and how sure it is, in words. */

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
  return `counted: ${countOf(Math.max(0, ...boots), 'boot')} per side, with a clock that counts instructions`;
}

function timesDesign(report: Report): string {
  const each = `${replicatesText(report)} per side`;
  switch (report.design) {
    case 'paired':
      return `paired: both sides measured in turn in this job, ${each}`;
    case 'stored':
      return `stored: this run against ${countOf(report.baseline.runs.length, 'stored run')}, ${replicatesText(report)} in this run`;
    case 'shards':
      return `shards: both sides measured in turn on ${machinesText(report)}, ${each} in total`;
    case 'self':
      return `the candidate against itself, ${each}`;
  }
}

/** `3 machines`, `1 machine`. */
export const machinesText = ({ machines }: Pick<Report, 'machines'>): string =>
  countOf(machines.length, 'machine');

/** The false-alarm rate, as a clause. */
export const falseAlarmText = (report: Report): string =>
  `at most ${unchangedRunsText(report.alpha)} raise a false alarm ` +
  `(over all ${countOf(report.familySize, 'gated metric')})`;

/** `1 in 100 unchanged runs`; a share that is not one in a whole number is `3 % of unchanged runs`. */
export function unchangedRunsText(alpha: number): string {
  const count = Math.round(1 / alpha);
  return Math.abs(count * alpha - 1) < 1e-9
    ? `1 in ${count} unchanged runs`
    : `${formatShare(alpha)} of unchanged runs`;
}

/** The smallest and largest number of replicates (fresh processes or boots) behind an estimate. */
export function replicatesText({ findings }: Report): string {
  const counts = findings
    .filter(isMeasuredReport)
    .flatMap(({ candidate }) => (candidate.status === 'ok' ? [candidate.replicates] : []));
  if (counts.length === 0) return 'no replicates';
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return low === high ? countOf(low, 'replicate') : `${low} to ${high} replicates`;
}

const SETTLED_BY: Record<Report['design'], string> = {
  paired: 'pair',
  stored: 'stored run',
  shards: 'machine',
  self: 'pair',
};

/** What would settle an inconclusive metric, as a clause; empty if that is not known. */
export function settleText(
  { design }: Pick<Report, 'design'>,
  { replicatesToSettle }: MeasuredReport,
): string {
  if (replicatesToSettle === null) return '';
  const what = SETTLED_BY[design];
  return `about ${countOf(replicatesToSettle, what)} in total would settle it`;
}

/** The coverage of the intervals shown, `95 %`; empty if none is shown. */
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

/** Two shares as a range, `2 to 10 %`; `2 %` if they are equal. */
export function rangeText(from: number, to: number): string {
  const [low, high] = [formatShare(from), formatShare(to)];
  return low === high ? low : `${low.replace(' %', '')} to ${high}`;
}
