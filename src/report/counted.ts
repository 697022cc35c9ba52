import { callChanges } from '../trace/changes.js';
import type { OperationDifference } from '../trace/difference.js';
import { countOf, figure, formatInstructions, formatInstructionsDifference } from '../units.js';
import type { CountedComparison, CountedSide } from '../verdict/instructions.js';
import { callText, largestCalls } from './call-text.js';
import type { Grid } from './grid.js';
import type { CountedMetricReport, CountedReport } from './report.js';
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
    metrics: reported,
  };
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

/** A clause about the counts: `8 of 60 gated metrics take more instructions; …`. */
export function countedText({ metrics, counts }: CountedReport): string {
  const gated = metrics.filter(({ gate }) => gate);
  const most = (verdict: CountedMetricReport['verdict']) =>
    gated
      .filter((metric) => metric.verdict === verdict)
      .toSorted((a, b) => shareOf(b) - shareOf(a))[0];
  const share = (count: number): string => shareText(count, gated.length);
  const worst = most('regressed');
  if (worst !== undefined) {
    return `${share(counts.regressed)} ${takes(counts.regressed)} more instructions${largest(worst, counts.regressed)}`;
  }
  const best = most('improved');
  if (best !== undefined) {
    return `${share(counts.improved)} ${takes(counts.improved)} fewer instructions and none more${largest(best, counts.improved)}`;
  }
  if (counts.unchanged === 0)
    return `None of ${countOf(gated.length, 'gated metric')} could be compared by its instructions`;
  const small = gated.filter((metric) => metric.verdict === 'unchanged' && differs(metric)).length;
  const rest = small === 0 ? '' : `, ${small} of them but for a few instructions`;
  const lost = counts.incomparable === 0 ? '' : `; ${counts.incomparable} could not be compared`;
  return `${share(counts.unchanged)} ${takes(counts.unchanged)} as many instructions as before${rest}${lost}`;
}

const takes = (count: number): string => (count === 1 ? 'takes' : 'take');

const shareOf = ({ difference, baseline }: CountedMetricReport): number =>
  difference === null || baseline === null || baseline.count === 0
    ? 0
    : Math.abs(difference / baseline.count);

function largest({ id, difference, baseline, candidate }: CountedMetricReport, of: number): string {
  if (difference === null || baseline === null || candidate === null) return '';
  const counts = `${formatInstructionsDifference(difference)} (${formatInstructions(baseline.count)} → ${formatInstructions(candidate.count)})`;
  return of === 1 ? `: ${id}, ${counts}` : `; by the largest share ${id}, ${counts}`;
}

/** Metrics whose count changed, the largest share first; in small places only what has a verdict. */
export function countedGrid({ metrics, conditions }: CountedReport): Grid {
  const changed = metrics.filter(differs).toSorted((a, b) => shareOf(b) - shareOf(a));
  const unclear = metrics.filter(({ verdict }) => verdict === 'incomparable');
  return {
    title: 'Instructions of an operation, counted',
    head: ['metric', 'more', 'baseline', 'candidate', 'resolution', 'verdict'],
    rows: changed.map(({ id, gate, difference, baseline, candidate, resolution, verdict }) => [
      `${id}${gate ? '' : '*'}`,
      formatInstructionsDifference(difference ?? 0),
      formatInstructions(baseline?.count ?? 0),
      formatInstructions(candidate?.count ?? 0),
      formatInstructions(resolution ?? 0),
      verdict,
    ]),
    says: [
      ...(changed.length === 0 && unclear.length < metrics.length
        ? ['No count differs by more than boots of one side do.']
        : []),
      ...causes(changed),
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
    ([because, metrics]) => `${idsText(metrics)}: ${because}`,
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

/**
 * What grew, call by call: metrics that changed by the same calls are one finding, and the finding of
 * most metrics is first.
 */
function causes(changed: readonly CountedMetricReport[]): string[] {
  const told = [...groupedBy(changed, callsText)]
    .filter(([text]) => text !== '')
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([text, metrics]) => `${idsText(metrics)}: ${text}.`);
  const left = told.length - MOST_CAUSES;
  if (left < 2) return told;
  return [...told.slice(0, MOST_CAUSES), `… and ${left} more in the report's JSON.`];
}

const MOST_CAUSES = 10;
const MOST_IDS = 4;

function idsText(metrics: readonly CountedMetricReport[]): string {
  const ids = metrics.map(({ id }) => id);
  const left = ids.length - MOST_IDS;
  return left > 1 ? `${ids.slice(0, MOST_IDS).join(', ')} and ${left} others` : ids.join(', ');
}

/** More are in the report's JSON. */
const MOST_CALLS = 6;

/** `+21 security_file_permission → bpf_lsm_file_permission (new), +3 vfs_read` */
function callsText({ calls, remainder, resolution, untraced }: CountedMetricReport): string {
  if (calls === null) return untraced === null ? '' : `not traced, since ${untraced}`;
  const shown = largestCalls(calls, MOST_CALLS).map(callText);
  const left = calls.length - shown.length;
  const more = left > 0 ? [`and ${countOf(left, 'smaller change')}`] : [];
  const text = shown.length === 0 ? 'no function differs' : [...shown, ...more].join(', ');
  return [text, ...remainderText(remainder ?? 0, resolution ?? 0)].join('; ');
}

/** Of an instruction: the clock's own step. */
const LEAST_REMAINDER = 0.1;

/** One boot of a side is traced, and the difference is that of all: within what boots lie apart. */
function remainderText(remainder: number, resolution: number): string[] {
  const rest = Math.abs(remainder);
  if (rest < LEAST_REMAINDER) return [];
  const instructions = formatInstructions(rest);
  return rest <= resolution
    ? [`${instructions} between the traced boot and the others`]
    : [`${instructions} not explained by the trace`];
}
