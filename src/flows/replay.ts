import { readArchive } from '../archive/read.js';
import { reportText } from '../archive/write.js';
import type { Report } from '../record/report.js';
import type { StoredReport } from '../record/stored-report.js';
import type { FailOn, MarginRule, Policy } from '../verdict/settings.js';
import { VERSION } from '../version.js';
import { judgeEvidence } from './judge.js';
import { checkMargins, type Judged, keep } from './judged.js';

/** What to judge by instead of what the gate judged by; empty is all as it was. */
export type OtherPolicy = Partial<Policy>;

/**
 * Judges the records of a stored report again. Nothing is compiled or measured. By the policy that
 * the report states, that gives the report itself, byte for byte.
 *
 * @param path of a report, or of the out folder that holds one
 * @param out where to keep the new report and its evidence, if anywhere
 * @throws Failure when the report or a record is not there or is not what it was
 */
export async function replay(path: string, other: OtherPolicy, out?: string): Promise<Judged> {
  const { report: stored, evidence, notes: left } = await readArchive(path);
  checkMargins(other.margins ?? [], evidence);
  const policy = { ...policyOf(stored), ...other };
  const report = judgeEvidence(evidence, policy, stored.specs);
  const notes = await keep(report, evidence, out);
  return {
    report,
    notes: [...left, ...otherVersion(stored), ...outcome(stored, report), ...notes],
  };
}

const policyOf = ({ alpha, margins, failOn }: Policy): Policy => ({ alpha, margins, failOn });

const otherVersion = ({ tool }: StoredReport): string[] =>
  tool === VERSION
    ? []
    : [`Measured by syscall-gate ${tool} and judged by ${VERSION}, whose rules may be others.`];

/** What was changed, or else whether the report came out the same. */
function outcome(stored: StoredReport, report: Report): string[] {
  const changes = policyChanges(policyOf(stored), policyOf(report));
  if (changes.length > 0) return [`Judged with ${changes.join(', ')}.`];
  const { whole } = stored;
  if (whole === undefined) return [oldOutcome(stored, report)];
  if (reportText(whole) === reportText(report)) {
    return ['The records give the stored report, byte for byte.'];
  }
  return [`The records do not give the stored report: ${deviations(whole, report)}.`];
}

/** A report of an older version has no bytes to compare, only a verdict. */
function oldOutcome({ version, verdict }: StoredReport, report: Report): string {
  const judged = `The stored report is of version ${version}, and its records were judged by today's rules`;
  return verdict === report.verdict
    ? `${judged}: the verdict is the same, ${verdict}.`
    : `${judged}: it says ${verdict} and they say ${report.verdict}.`;
}

function policyChanges(was: Policy, is: Policy): string[] {
  const settings: [name: string, was: string, is: string][] = [
    ['alpha', String(was.alpha), String(is.alpha)],
    ['margin', marginsText(was.margins), marginsText(is.margins)],
    ['fail-on', was.failOn, is.failOn] satisfies [string, FailOn, FailOn],
  ];
  return settings
    .filter(([, before, after]) => before !== after)
    .map(([name, before, after]) => `${name} ${after} instead of ${before}`);
}

const marginsText = (rules: readonly MarginRule[]): string =>
  rules.length === 0
    ? 'as the design has it'
    : rules.map(({ glob, ratio }) => `${glob}=${Number((100 * ratio).toPrecision(9))}%`).join(',');

/** A report that was edited, or rules that have changed since it was written. */
function deviations(stored: Report, report: Report): string {
  if (stored.verdict !== report.verdict) {
    return `it says ${stored.verdict} and they say ${report.verdict}`;
  }
  const fields = (Object.keys(report) as (keyof Report)[]).filter(
    (field) => JSON.stringify(stored[field]) !== JSON.stringify(report[field]),
  );
  return `${fields.join(', ')} ${fields.length === 1 ? 'differs' : 'differ'}`;
}
