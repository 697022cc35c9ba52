import type { MetricReport, Report } from '../record/report.js';
import type { MetricVerdict } from '../record/verdict.js';
import { MOST_TELLING_FIRST } from '../record/verdict.js';
import { countOf, formatChange, formatShare } from '../text/units.js';
import { countedText } from './counted.js';
import { explanationText } from './diagnosis.js';
import { largestOf, noiseOf } from './noise.js';
import { type Places, placesOf } from './places.js';
import { changeSize, lost } from './sections.js';
import { machinesText, settleText, shareText, statusText } from './words.js';

/**
 * The report in one sentence: how many gated metrics got the verdict, and the fact that a reader
 * would ask for next.
 *
 * @param report everything but the sentence itself
 */
export function headline(report: Omit<Report, 'headline'>): string {
  const { verdict, counted } = report;
  if (verdict === 'no-baseline') return noBaseline(report);
  if (counted === null) return timedHeadline(report, verdict);
  if (report.metrics.length === 0) return `${countedText(counted)}.`;
  const timed = timedHeadline(report, worstOf(report.counts)).replace(/\.$/, '');
  return `${timed}; counted: ${lowerFirst(countedText(counted))}.`;
}

const lowerFirst = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;

/** What the times say: their own verdict, which need not be the gate's where counts are there, too. */
function timedHeadline(report: Omit<Report, 'headline'>, verdict: MetricVerdict): string {
  const gated = report.metrics.filter(({ gate }) => gate);
  const those = gated.filter((metric) => metric.verdict === verdict);
  if (those.length === 0) return 'No gated metric was measured, so nothing was judged.';
  if (verdict === 'incomparable') return partlyCompared(gated, report);
  const clause = clauses[verdict](those, report);
  return `${shareText(those.length, gated.length)} ${clause}${lostAccess(gated)}${where(report)}.`;
}

const worstOf = (counts: Report['counts']): MetricVerdict =>
  MOST_TELLING_FIRST.find((verdict) => counts[verdict] > 0) ?? 'incomparable';

/** How many machines a verdict rests on belongs to the verdict. */
const where = (report: Omit<Report, 'headline'>): string =>
  report.design === 'shards' ? `, on ${machinesText(report)}` : '';

type Clause = (those: MetricReport[], report: Omit<Report, 'headline'>) => string;

const clauses: Record<Exclude<MetricVerdict, 'incomparable'>, Clause> = {
  regressed: (those, report) =>
    `${slower(those, report) ?? 'regressed'}${causeOf(report) || largestChange(those)}`,
  improved: (those, report) =>
    `${faster(those, report) ?? 'improved and none regressed'}${causeOf(report) || largestChange(those)}`,
  unchanged: (those, report) =>
    `${asQuick(those, report) ?? `${isOrAre(those)} unchanged`}${sensitivity(those)}`,
  inconclusive: (those, report) =>
    `${isOrAre(those)} inconclusive and none regressed${disagreeing(those, report) || settling(those, report)}`,
};

/** Of sides of different kinds, nothing regressed. */
const compared =
  (text: (places: Places, is: string) => string) =>
  (those: MetricReport[], report: Omit<Report, 'headline'>): string | undefined => {
    const places = placesOf(report);
    return places && text(places, isOrAre(those));
  };
const slower = compared(
  ({ baseline, candidate }, is) => `${is} slower ${candidate} than ${baseline}`,
);
const faster = compared(
  ({ baseline, candidate }, is) => `${is} faster ${candidate} than ${baseline}, and none slower`,
);
const asQuick = compared(
  ({ baseline, candidate }, is) => `${is} as quick ${candidate} as ${baseline}`,
);

const isOrAre = ({ length }: MetricReport[]): string => (length === 1 ? 'is' : 'are');

/** One cause is one finding, however many metrics show it. */
const causeOf = ({ diagnosis }: Omit<Report, 'headline'>): string =>
  diagnosis === null ? '' : `; ${explanationText(diagnosis)}`;

function largestChange(metrics: MetricReport[]): string {
  const largest = metrics.toSorted((a, b) => changeSize(b) - changeSize(a))[0];
  if (largest === undefined || largest.change === null) return '';
  const is = metrics.length === 1 ? ':' : '; the largest is';
  return `${is} ${largest.id}, ${formatChange(largest.change)}`;
}

function sensitivity(metrics: MetricReport[]): string {
  const worst = largestOf(metrics, ({ mde80 }) => mde80);
  if (worst === undefined) return '';
  return `; a change of ${formatShare(worst.value)} on any of them would have been caught four times in five`;
}

/** More machines would settle what holds on average, which is nobody's machine. */
function disagreeing(metrics: MetricReport[], report: Omit<Report, 'headline'>): string {
  const ids = metrics.map(({ id }) => id).filter((id) => report.disagreements.includes(id));
  const [first, ...others] = ids;
  if (first === undefined) return '';
  const rest = others.length === 0 ? '' : ` and ${countOf(others.length, 'other')}`;
  return `; the machines disagree about ${first}${rest}`;
}

/** Only where a number settles all of them: one metric's would read as the gate's. */
function settling(metrics: MetricReport[], report: Omit<Report, 'headline'>): string {
  const numbers = metrics.map(({ replicatesToSettle }) => replicatesToSettle ?? Infinity);
  const most = metrics.find((metric) => metric.replicatesToSettle === Math.max(...numbers));
  if (most === undefined) return '';
  return `; ${metrics.length === 1 ? `${most.id}: ` : ''}${settleText(report, most)}`;
}

/** Neither regressed nor improved nor inconclusive: what could be compared is unchanged. */
function partlyCompared(metrics: MetricReport[], report: Omit<Report, 'headline'>): string {
  const unchanged = metrics.filter(({ verdict }) => verdict === 'unchanged');
  if (unchanged.length === 0) return nothingCompared(metrics);
  const share = shareText(unchanged.length, metrics.length);
  const lostOnes = lostAccess(metrics);
  const rest = `${countOf(metrics.length - unchanged.length, 'other')} could not be compared`;
  return `${share} ${clauses.unchanged(unchanged, report)}${lostOnes || `; ${rest}`}${where(report)}.`;
}

function nothingCompared(metrics: MetricReport[]): string {
  const [first] = metrics;
  const because =
    first === undefined || metrics.some(lost) ? '' : `; ${first.id}: ${first.because}`;
  const none = `None of ${countOf(metrics.length, 'gated metric')} could be compared`;
  return `${none}${because.replace(/\.$/, '')}${lostAccess(metrics)}.`;
}

/** What the candidate may no longer do is a finding whatever the times of the others say. */
function lostAccess(metrics: MetricReport[]): string {
  const denied = metrics.filter(lost);
  const [first] = denied;
  if (first === undefined) return '';
  const others = denied.length === 1 ? '' : ` and ${countOf(denied.length - 1, 'other')}`;
  return `; ${first.id}${others} cannot be measured on the candidate any more (${statusText(first.candidate)})`;
}

function noBaseline(report: Omit<Report, 'headline'>): string {
  const { floor, mde80 } = noiseOf(report.metrics);
  const [skipped] = report.baseline.skipped;
  const start =
    skipped === undefined
      ? 'There is no baseline yet, so nothing was judged'
      : `No earlier run could be used (${skipped.replace(/\.$/, '')}), so nothing was judged`;
  if (floor === undefined || mde80 === undefined) return `${start}.`;
  return (
    `${start}; on this machine identical sides differ by ${formatShare(floor.median)}, and side by ` +
    `side a change of ${formatShare(mde80.median)} would be caught four times in five (medians).`
  );
}
