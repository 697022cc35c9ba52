import { isInstructionsReport, isMeasuredReport, type MeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { type Verdict, worstOf } from '../record/verdict.js';
import { countOf, formatChange, formatShare } from '../text/units.js';
import { countedText } from './counted.js';
import { machinesText, settleText } from './design-words.js';
import { explanationText } from './diagnosis.js';
import { largestOf, noiseOf } from './noise.js';
import { type Places, placesOf } from './places.js';
import { changeSize } from './size.js';
import { shareText } from './verdict-words.js';

type ReportBody = Omit<Report, 'headline'>;

/**
 * The report in one sentence: what the candidate lost, how many gated metrics got the worst verdict,
 * and the fact that a reader asks for next.
 *
 * @param report everything except the sentence itself
 */
export function headline(report: ReportBody): string {
  if (report.verdict === 'no-baseline') return noBaseline(report);
  const said = [lossClause(report), ...measuredClauses(report)].filter((clause) => clause !== '');
  if (said.length === 0) return 'No gated metric was measured, so nothing was judged.';
  return `${said.map((clause, index) => (index === 0 ? clause : lowerFirst(clause))).join('; ')}.`;
}

/** What the times and the counts say. The verdict of the gate comes first, and counts if no time was compared. */
function measuredClauses(report: ReportBody): string[] {
  const [timed, counted] = [timedClause(report), countedClause(report)];
  if (timed === '' || counted === '') return [timed, counted];
  const verdict = timedVerdict(report);
  const all = [verdict, countedVerdict(report)] as const;
  return verdict === 'incomparable' || worstOf(all) !== verdict
    ? [counted, `by time, ${lowerFirst(timed)}`]
    : [timed, `counted: ${lowerFirst(counted)}`];
}

const lowerFirst = (text: string): string =>
  /^(All|Both|None|No|The) /.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;

/** `openat is refused: EPERM (syscall.open_close and 4 others)` */
function lossClause({ alarms }: ReportBody): string {
  const [first, ...others] = alarms.filter(({ verdict }) => verdict === 'blocked');
  if (first === undefined) return '';
  const [id, ...rest] = first.metrics;
  const many = rest.length === 0 ? '' : ` and ${countOf(rest.length, 'other')}`;
  const more =
    others.length === 0 ? '' : `, and ${countOf(others.length, 'more loss', 'more losses')}`;
  return `${first.title} (${id}${many})${more}`;
}

function countedClause({ findings, counted }: ReportBody): string {
  const gated = findings.filter(isInstructionsReport).filter(({ gate }) => gate);
  return gated.every(({ verdict }) => verdict === 'blocked') ? '' : countedText(gated, counted);
}

const countedVerdict = ({ findings }: ReportBody): Verdict =>
  worstOf(
    findings
      .filter(isInstructionsReport)
      .filter(({ gate, verdict }) => gate && verdict !== 'blocked')
      .map(({ verdict }) => verdict),
  );

/** The verdict of the times. It may differ from the gate's if there are instruction counts too. */
function timedClause(report: ReportBody): string {
  const all = report.findings.filter(isMeasuredReport).filter(({ gate }) => gate);
  const gated = all.filter(({ verdict }) => verdict !== 'blocked');
  if (gated.length === 0) return '';
  const verdict = timedVerdict(report);
  if (verdict === 'incomparable' || verdict === 'blocked') return partlyCompared(gated, report);
  const those = gated.filter((finding) => finding.verdict === verdict);
  return `${shareText(those.length, all.length)} ${clauses[verdict](those, report)}${where(report)}`;
}

const timedVerdict = ({ findings }: ReportBody): Verdict =>
  worstOf(
    findings
      .filter(isMeasuredReport)
      .filter(({ gate, verdict, baseline }) => {
        return gate && verdict !== 'blocked' && baseline.status === 'ok';
      })
      .map(({ verdict }) => verdict),
  );

/** A verdict over machines says how many machines it rests on. */
const where = (report: ReportBody): string =>
  report.design === 'shards' ? `, on ${machinesText(report)}` : '';

type Clause = (those: MeasuredReport[], report: ReportBody) => string;

const clauses: Record<Exclude<Verdict, 'incomparable' | 'blocked'>, Clause> = {
  regressed: (those, report) =>
    `${slower(those, report) ?? 'regressed'}${causeOf(report) || largestChange(those)}`,
  improved: (those, report) =>
    `${faster(those, report) ?? 'improved and none regressed'}${causeOf(report) || largestChange(those)}`,
  unchanged: (those, report) =>
    `${asFast(those, report) ?? `${isOrAre(those)} unchanged`}${sensitivity(those)}`,
  inconclusive: (those, report) =>
    `${isOrAre(those)} inconclusive and none regressed${disagreeing(those, report) || settling(those, report)}`,
};

/** If the sides are of different kinds, nothing regressed: the clause says which side is slower. */
const compared =
  (text: (places: Places, is: string) => string) =>
  (those: MeasuredReport[], report: ReportBody): string | undefined => {
    const places = placesOf(report);
    return places && text(places, isOrAre(those));
  };
const slower = compared(
  ({ baseline, candidate }, is) => `${is} slower ${candidate} than ${baseline}`,
);
const faster = compared(
  ({ baseline, candidate }, is) => `${is} faster ${candidate} than ${baseline}, and none slower`,
);
const asFast = compared(
  ({ baseline, candidate }, is) => `${is} as fast ${candidate} as ${baseline}`,
);

const isOrAre = ({ length }: MeasuredReport[]): string => (length === 1 ? 'is' : 'are');

/** A common cause says more than the largest change. */
const causeOf = ({ diagnosis }: ReportBody): string =>
  diagnosis === null ? '' : `; ${explanationText(diagnosis)}`;

function largestChange(metrics: MeasuredReport[]): string {
  const largest = metrics.toSorted((a, b) => changeSize(b) - changeSize(a))[0];
  if (largest === undefined || largest.change === null) return '';
  const is = metrics.length === 1 ? ':' : '; the largest is';
  return `${is} ${largest.id}, ${formatChange(largest.change)}`;
}

function sensitivity(metrics: MeasuredReport[]): string {
  const worst = largestOf(metrics, ({ mde80 }) => mde80);
  if (worst === undefined) return '';
  return `; a change of ${formatShare(worst.value)} in any of them would have been noticed four times in five`;
}

/** More machines would settle only the average, which holds for no single machine. */
function disagreeing(metrics: MeasuredReport[], report: ReportBody): string {
  const ids = metrics.map(({ id }) => id).filter((id) => report.disagreements.includes(id));
  const [first, ...others] = ids;
  if (first === undefined) return '';
  const rest = others.length === 0 ? '' : ` and ${countOf(others.length, 'other')}`;
  return `; the machines disagree about ${first}${rest}`;
}

/** Only if every metric has such a number. The number of one metric would read as the whole gate's. */
function settling(metrics: MeasuredReport[], report: ReportBody): string {
  const numbers = metrics.map(({ replicatesToSettle }) => replicatesToSettle ?? Infinity);
  const hardest = metrics.find((metric) => metric.replicatesToSettle === Math.max(...numbers));
  if (hardest === undefined) return '';
  return `; ${metrics.length === 1 ? `${hardest.id}: ` : ''}${settleText(report, hardest)}`;
}

/** No metric regressed, improved or is inconclusive: those that could be compared are unchanged. */
function partlyCompared(metrics: MeasuredReport[], report: ReportBody): string {
  const unchanged = metrics.filter(({ verdict }) => verdict === 'unchanged');
  if (unchanged.length === 0) return nothingCompared(metrics);
  const share = shareText(unchanged.length, metrics.length);
  const rest = `${countOf(metrics.length - unchanged.length, 'other')} could not be compared`;
  return `${share} ${clauses.unchanged(unchanged, report)}; ${rest}${where(report)}`;
}

function nothingCompared(metrics: MeasuredReport[]): string {
  const [first] = metrics;
  const because = first === undefined ? '' : `; ${first.id}: ${first.because.replace(/\.$/, '')}`;
  return `None of ${countOf(metrics.length, 'gated metric')} could be compared${because}`;
}

function noBaseline(report: ReportBody): string {
  const { floor, mde80 } = noiseOf(report.findings.filter(isMeasuredReport));
  const [skipped] = report.baseline.skipped;
  const start =
    skipped === undefined
      ? 'There is no baseline yet, so nothing was judged'
      : `No earlier run could be used (${skipped.replace(/\.$/, '')}), so nothing was judged`;
  if (floor === undefined || mde80 === undefined) return `${start}.`;
  return (
    `${start}; noise here: two identical sides differ by ${formatShare(floor.median)}, and a paired ` +
    `comparison would notice a change of ${formatShare(mde80.median)} four times in five (medians).`
  );
}
