import type { FindingReport, NotMeasuredReport } from '../record/finding.js';
import { errnoName } from '../text/errno.js';
import { plain } from '../text/escape.js';
import type { Note } from './blocks.js';
import { statusText } from './verdict-words.js';

/**
 * Why metrics of a group have no number or no verdict. A reason that many metrics share is said
 * once.
 */
export function notesOf(kind: string, findings: readonly FindingReport[]): Note[] {
  const causes = new Map<string, string[]>();
  for (const finding of findings) {
    const text = plain(noteText(kind, finding), 600);
    if (text !== '') causes.set(text, [...(causes.get(text) ?? []), finding.id]);
  }
  return [...causes].map(([text, ids]) => ({ text, ids }));
}

function noteText(kind: string, finding: FindingReport): string {
  if (kind === 'access' || kind === 'absent') return unavailableText(finding);
  return kind === 'inconclusive' || kind === 'incomparable' ? finding.because : '';
}

/**
 * What prevented the measurement, and on which side: `denied on the candidate: socket: Not
 * permitted`.
 */
function unavailableText({ baseline, candidate }: FindingReport): string {
  const [before, after] = [obstacleText(baseline, ''), obstacleText(candidate, '')];
  if (before === after || baseline.status === 'absent') return after;
  return [obstacleText(baseline, ' on the baseline'), obstacleText(candidate, ' on the candidate')]
    .filter((text) => text !== '')
    .join('; ');
}

function obstacleText(side: { status: 'ok' } | NotMeasuredReport, where: string): string {
  if (side.status === 'ok') return '';
  const reason = reasonText(side);
  return `${statusText(side)}${where}${reason === '' ? '' : `: ${reason}`}`;
}

/** `socket(AF_INET): Operation not permitted (EPERM)` */
export function reasonText({ reason }: Pick<NotMeasuredReport, 'reason'>): string {
  const { operation, errno, message } = reason;
  const said = [operation, message].filter((part) => part !== '').join(': ');
  return errno === 0 ? said : `${said} (${errnoName(errno)})`.trim();
}
