import type { CountedMetricReport, CountedReport } from '../record/report.js';
import {
  countOf,
  figure,
  formatInstructions,
  formatInstructionsDifference,
  formatRatio,
} from '../text/units.js';
import { callChanges } from '../trace/changes.js';
import type { OperationDifference } from '../trace/difference.js';
import { functionChanges } from '../trace/function-changes.js';
import { type ChangedOperation, causesOf } from '../verdict/causes.js';
import type {
  CountedComparison,
  CountedSide,
  InstructionComparison,
} from '../verdict/instructions.js';
import { causeReports, mainCauseText } from './causes.js';
import type { Grid } from './grid.js';
import { countVerdicts, shareText } from './words.js';

/** What was counted, as plain data. */
export function countedReport({ candidate, metrics }: CountedComparison): CountedReport {
  const reported = metrics.map((metric) => ({
    id: metric.id,
    gate: metric.gate,
    verdict: metric.verdict,
    because: metric.because,
    baseline: sideReport(metric.baseline),
    candidate: sideReport(metric.candidate),
    difference: orNull(metric.difference),
    resolution: orNull(metric.resolution),
    margin: orNull(metric.margin),
    functions: metric.operation === undefined ? null : functionReports(metric.operation),
    calls: metric.operation === undefined ? null : callReports(metric.operation),
    remainder: orNull(metric.operation?.remainder),
    untraced: metric.untraced ?? null,
  }));
  return {
    conditions: candidate.instructions?.conditions ?? {},
    counts: countVerdicts(reported.filter(({ gate }) => gate)),
    causes: causeReports(causesOf(metrics.flatMap(changedOperation))),
    metrics: reported,
  };
}

function changedOperation({
  id,
  operation,
  difference,
  baseline,
}: InstructionComparison): ChangedOperation[] {
  if (operation === undefined || difference === undefined || !baseline?.count) return [];
  const share = Math.abs(difference) / baseline.count;
  return [{ id, share, changes: functionChanges(operation) }];
}

type FunctionReport = NonNullable<CountedMetricReport['functions']>[number];

const functionReports = ({ functions }: OperationDifference): FunctionReport[] =>
  functions.flatMap(({ name, module, before, after, difference, change, chain }) =>
    change === 'same'
      ? []
      : [
          {
            ...{ name, module: module ?? null, change, chain },
            ...{ before: figure(before), after: figure(after), difference: figure(difference) },
          },
        ],
  );

type CallReport = NonNullable<CountedMetricReport['calls']>[number];

const callReports = ({ roots }: OperationDifference): CallReport[] =>
  callChanges(roots).map(({ caller, name, module, difference, change, below }) => ({
    ...{ caller: caller ?? null, name, module: module ?? null },
    ...{ difference: figure(difference), change, below },
  }));

const sideReport = (side: CountedSide | undefined): CountedMetricReport['baseline'] =>
  side === undefined
    ? null
    : {
        count: figure(side.count),
        resolution: figure(side.resolution),
        boots: side.boots.map(figure),
      };

const orNull = (value: number | undefined): number | null =>
  value === undefined ? null : figure(value);

/** A difference that two boots of one side would not show. */
export const differs = ({ difference, resolution }: CountedMetricReport): boolean =>
  difference !== null && resolution !== null && Math.abs(difference) > resolution;

/** A clause about the counts: `8 of 60 gated metrics take more instructions, by +4 in …; …`. */
export function countedText(report: CountedReport): string {
  const { metrics, counts } = report;
  const gated = metrics.filter(({ gate }) => gate);
  const share = (count: number): string => shareText(count, gated.length);
  const changed = changedText(report, gated);
  if (changed !== undefined) return changed;
  if (counts.unchanged === 0)
    return `None of ${countOf(gated.length, 'gated metric')} could be compared by its instructions`;
  const small = gated.filter((metric) => metric.verdict === 'unchanged' && differs(metric)).length;
  const rest = small === 0 ? '' : `, ${small} of them but for a few instructions`;
  const lost = counts.incomparable === 0 ? '' : `; ${counts.incomparable} could not be compared`;
  return `${share(counts.unchanged)} ${takes(counts.unchanged)} as many instructions as before${rest}${lost}`;
}

/** The worst verdict, with its cause where there is one for most of it, and the largest change. */
function changedText(
  report: CountedReport,
  gated: readonly CountedMetricReport[],
): string | undefined {
  const { regressed, improved } = report.counts;
  const verdict = regressed > 0 ? 'regressed' : 'improved';
  const count = report.counts[verdict];
  const worst = gated
    .filter((metric) => metric.verdict === verdict)
    .toSorted((a, b) => shareOf(b) - shareOf(a))[0];
  if (worst === undefined) return undefined;
  const others = improved === 0 ? '' : `, ${improved} ${takes(improved)} fewer`;
  const what = regressed > 0 ? `more instructions${others}` : 'fewer instructions and none more';
  const cause = mainCauseText(report);
  const by = cause === '' ? '' : `; ${cause}`;
  const share = `${shareText(count, gated.length)} ${takes(count)} ${what}`;
  return count === 1
    ? `${share}: ${sizeText(worst)}${by}`
    : `${share}${by}; the largest by its share is ${sizeText(worst)}${mostly(worst)}`;
}

/** The function that is the most of it. */
function mostly({ functions }: CountedMetricReport): string {
  const [most] = (functions ?? []).toSorted(
    (a, b) => Math.abs(b.difference) - Math.abs(a.difference),
  );
  if (most === undefined) return '';
  return `, of which ${formatInstructionsDifference(most.difference)} in ${most.name}`;
}

const takes = (count: number): string => (count === 1 ? 'takes' : 'take');

const shareOf = ({ difference, baseline }: CountedMetricReport): number =>
  difference === null || baseline === null || baseline.count === 0
    ? 0
    : Math.abs(difference / baseline.count);

function sizeText({ id, difference, baseline, candidate }: CountedMetricReport): string {
  if (difference === null || baseline === null || candidate === null) return id;
  return `${id}, ${formatInstructionsDifference(difference)} (${formatInstructions(baseline.count)} → ${formatInstructions(candidate.count)})`;
}

/**
 * Metrics whose count changed: those with a verdict first, and of them the largest share.
 *
 * @param mostSmall how many rows there may be of what alarms nobody
 */
export function countedGrid(
  { metrics, conditions }: CountedReport,
  mostSmall = Number.POSITIVE_INFINITY,
): Grid {
  const changed = metrics.filter(differs).toSorted(byWeight);
  const called = changed.filter(({ verdict }) => verdict !== 'unchanged').length;
  const left = Math.max(0, changed.length - called - mostSmall);
  const unclear = metrics.filter(({ verdict }) => verdict === 'incomparable');
  return {
    title: 'Instructions of an operation, counted',
    head: ['metric', 'more', 'change', 'baseline', 'candidate', 'verdict', 'resolution'],
    rows: changed
      .slice(0, called + mostSmall)
      .map((metric) => [
        `${metric.id}${metric.gate ? '' : '*'}`,
        formatInstructionsDifference(metric.difference ?? 0),
        changeText(metric),
        formatInstructions(metric.baseline?.count ?? 0),
        formatInstructions(metric.candidate?.count ?? 0),
        metric.verdict,
        formatInstructions(metric.resolution ?? 0),
      ]),
    says: [
      ...(changed.length === 0 && unclear.length < metrics.length
        ? ['No count differs by more than boots of one side do.']
        : []),
      ...(left === 0 ? [] : [`… and ${countOf(left, 'smaller change')} that alarm nobody.`]),
      ...unexplained(changed),
      ...reasons(unclear),
      ...(changed.some(({ functions }) => functions !== null)
        ? ['Flame graphs of what changed are in the folder "flames" beside the report.']
        : []),
      `Counted by ${Object.entries(conditions)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}: exact on any machine, and blind to caches, TLBs and speculation.`,
    ],
  };
}

/** Why metrics could not be compared: what all of them have in common is said once. */
const reasons = (unclear: readonly CountedMetricReport[]): string[] =>
  [...groupedBy(unclear, ({ because }) => because)].map(
    ([because, metrics]) => `${idsText(metrics.map(({ id }) => id))}: ${because}`,
  );

function groupedBy(
  all: readonly CountedMetricReport[],
  textOf: (metric: CountedMetricReport) => string,
): Map<string, CountedMetricReport[]> {
  const groups = new Map<string, CountedMetricReport[]>();
  for (const metric of all) {
    const text = textOf(metric);
    groups.set(text, [...(groups.get(text) ?? []), metric]);
  }
  return groups;
}

/** Nobody is alarmed by what is unchanged, however large a share it is. */
const byWeight = (a: CountedMetricReport, b: CountedMetricReport): number =>
  Number(a.verdict === 'unchanged') - Number(b.verdict === 'unchanged') || shareOf(b) - shareOf(a);

const changeText = ({ baseline, candidate }: CountedMetricReport): string =>
  baseline === null || candidate === null || baseline.count === 0
    ? ''
    : formatRatio(candidate.count / baseline.count);

/** What is not explained by functions: metrics that were not traced, and what a trace leaves over. */
function unexplained(changed: readonly CountedMetricReport[]): string[] {
  const untraced = groupedBy(changed, (metric) => metric.untraced ?? '');
  untraced.delete('');
  const left = changed
    .filter((metric) => leftShare(metric) >= LEAST_LEFT)
    .toSorted((a, b) => leftShare(b) - leftShare(a));
  return [
    ...[...untraced].map(
      ([why, metrics]) => `Not traced, since ${why}: ${idsText(metrics.map(({ id }) => id))}.`,
    ),
    ...(left.length === 0
      ? []
      : [`Not explained by the trace: ${idsText(left.map(remainderText))}.`]),
  ];
}

const remainderText = ({ id, remainder, difference }: CountedMetricReport): string =>
  `${formatInstructionsDifference(remainder ?? 0)} of the ${formatInstructionsDifference(difference ?? 0)} of ${id}`;

/** Of what a metric changed by: less is in the report's JSON alone. */
const LEAST_LEFT = 0.05;

/** What is there in any trace: the loop around the operations, and what boots differ in. */
function leftShare({ remainder, difference, resolution }: CountedMetricReport): number {
  const left = Math.abs(remainder ?? 0);
  const told = left >= LEAST_REMAINDER && left > (resolution ?? 0);
  return told ? left / Math.abs(difference ?? left) : 0;
}

const MOST_IDS = 4;

function idsText(ids: readonly string[]): string {
  const left = ids.length - MOST_IDS;
  return left > 1 ? `${ids.slice(0, MOST_IDS).join(', ')} and ${left} others` : ids.join(', ');
}

/** Of an instruction: the clock's own step. */
const LEAST_REMAINDER = 0.1;
