import { type FindingReport, isMeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';

/** What to do now, one sentence, or nothing where there is nothing to add. */
export function nextStepText(report: Report): string {
  if (report.design === 'self') {
    return report.baseline.spec === 'artifact'
      ? 'The next run of this workflow compares with the runs of the base branch, once there is one.'
      : "This run's record is kept in the out folder, where later runs can be compared with it; with few stored runs only large changes show.";
  }
  if (report.verdict === 'inconclusive') return settlingText(report);
  const red = report.verdict === 'blocked' || report.verdict === 'regressed';
  return report.design === 'prediction' && red ? storedText(report) : '';
}

const SETTLING: Record<Report['design'], string> = {
  duet: 'A longer run (duration) makes the intervals narrower.',
  prediction:
    'More stored runs make the intervals narrower; a paired comparison (two sides that run here) needs none.',
  shards:
    'More machines (shards) make the intervals narrower; where a machine has few pairs, so does a longer run (duration) on each.',
  self: '',
};

const settlingText = ({ design, findings }: Report): string =>
  findings.some(isUndecidedTime) ? SETTLING[design] : '';

const isUndecidedTime = (finding: FindingReport): boolean =>
  isMeasuredReport(finding) && finding.verdict === 'inconclusive';

/** Counts and lost operations are facts, however old the run that they are compared with. */
function storedText({ findings, baseline }: Report): string {
  const byTime = findings.some(
    (finding) => finding.measure === 'time' && finding.gate && finding.verdict === 'regressed',
  );
  return [
    byTime
      ? 'Times of stored runs are weaker evidence than a paired comparison: where both sides run here, give both (baseline and candidate).'
      : '',
    baseline.spec === 'artifact'
      ? ''
      : 'This record is set aside in the folder "regressed"; move it up to accept it as a baseline.',
  ]
    .filter((text) => text !== '')
    .join(' ');
}
