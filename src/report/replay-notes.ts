import type { Report } from '../record/report.js';
import type { StoredReport } from '../record/stored-report.js';
import { VERSION } from '../version.js';

/** What people need to know about a report that was made again from stored records. */
export function replayNotes(stored: StoredReport, again: Report): string[] {
  return [...otherVersion(stored), outcome(stored, again)];
}

const otherVersion = ({ tool }: StoredReport): string[] =>
  tool === VERSION
    ? []
    : [`Measured by syscall-gate ${tool} and judged by ${VERSION}, whose rules may differ.`];

/** What was changed, or else whether the report came out the same. */
function outcome(stored: StoredReport, again: Report): string {
  const changes = policyChanges(stored, again);
  if (changes.length > 0) return `Judged with ${changes.join(', ')}.`;
  const { whole } = stored;
  if (whole === undefined) return oldOutcome(stored, again);
  if (JSON.stringify(whole) === JSON.stringify(again)) {
    return 'The records give the stored report, byte for byte.';
  }
  return `The records do not give the stored report: ${deviations(whole, again)}.`;
}

/** A report of an older version has no bytes to compare, only a verdict. */
function oldOutcome({ version, verdict }: StoredReport, again: Report): string {
  const judged = `The stored report is of version ${version}, and its records were judged by today's rules`;
  return verdict === again.verdict
    ? `${judged}: the verdict is the same, ${verdict}.`
    : `${judged}: it says ${verdict} and they say ${again.verdict}.`;
}

function policyChanges(was: Judging, is: Judging): string[] {
  const settings: [name: string, was: string, is: string][] = [
    ['alpha', String(was.alpha), String(is.alpha)],
    ['margin', marginsText(was.margins), marginsText(is.margins)],
    ['fail-on', was.failOn, is.failOn],
  ];
  return settings
    .filter(([, before, after]) => before !== after)
    .map(([name, before, after]) => `${name} ${after} instead of ${before}`);
}

type Judging = Pick<Report, 'alpha' | 'margins' | 'failOn'>;

const marginsText = (rules: Report['margins']): string =>
  rules.length === 0
    ? 'as the design has it'
    : rules.map(({ glob, ratio }) => `${glob}=${Number((100 * ratio).toPrecision(9))}%`).join(',');

/** Either somebody edited the report, or the rules have changed since it was written. */
function deviations(stored: Report, again: Report): string {
  if (stored.verdict !== again.verdict) {
    return `it says ${stored.verdict} and they say ${again.verdict}`;
  }
  const fields = (Object.keys(again) as (keyof Report)[]).filter(
    (field) => JSON.stringify(stored[field]) !== JSON.stringify(again[field]),
  );
  return `${fields.join(', ')} ${fields.length === 1 ? 'differs' : 'differ'}`;
}
