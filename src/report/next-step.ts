import { type FindingReport, isMeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { isRed } from '../record/verdict.js';

/** What to do next, in one or two sentences; empty if there is nothing to add. */
export function nextStepText(report: Report): string {
  if (report.design === 'self') {
    return report.baseline.spec === 'artifact'
      ? 'Once the base branch has a run, the next run of this workflow is compared with it.'
      : "This run's record is in the out folder, and later runs can be compared with it. With only a few stored runs, only large changes show.";
  }
  if (report.verdict === 'inconclusive') return settlingText(report);
  return report.design === 'stored' && isRed(report) ? storedText(report) : '';
}

const SETTLING: Record<Report['design'], string> = {
  paired: 'A longer run (duration) makes the intervals narrower.',
  stored:
    'More stored runs make the intervals narrower. A paired comparison (both sides run here) needs none.',
  shards:
    'More machines (shards) make the intervals narrower. If a machine has few pairs, so does a longer run (duration) on each.',
  self: '',
};

const settlingText = ({ design, findings }: Report): string =>
  findings.some(isUndecidedTime) ? SETTLING[design] : '';

const isUndecidedTime = (finding: FindingReport): boolean =>
  isMeasuredReport(finding) && finding.verdict === 'inconclusive';

/** Only times need this advice. Counts and lost operations are facts, however old the stored run is. */
function storedText({ findings, baseline }: Report): string {
  const byTime = findings.some(
    (finding) => finding.measure === 'time' && finding.gate && finding.verdict === 'regressed',
  );
  return [
    byTime
      ? 'Times of stored runs are weaker evidence than a paired comparison. If both sides can run here, give both (baseline and candidate).'
      : '',
    baseline.spec === 'artifact'
      ? ''
      : 'A gate keeps the record of a blocked or regressed run in the folder "regressed" of its out folder: move it one folder up to accept it as a baseline.',
  ]
    .filter((text) => text !== '')
    .join(' ');
}
