import {
  type FindingReport,
  type InstructionsReport,
  isInstructionsReport,
  isMeasuredReport,
  type MeasuredReport,
  type SideReport,
} from '../record/finding.js';
import { isRefused } from '../record/metric-status.js';
import type { Report } from '../record/report.js';
import { worstOf } from '../record/verdict.js';
import {
  countOf,
  formatEstimate,
  formatInstructions,
  formatInstructionsDifference,
  formatInterval,
  formatNsDifference,
  formatRatio,
  formatShare,
} from '../text/units.js';
import {
  type Block,
  type Column,
  type Group,
  list,
  type Row,
  type Table,
  withoutEmptyColumns,
} from './blocks.js';
import { traceNotes } from './counted.js';
import { familyRank, familyTitle } from './family-words.js';
import { notesOf } from './notes.js';
import { placesOf } from './places.js';
import { byWeight, differs, ratioOf } from './size.js';
import { countsText, countVerdicts, statusText } from './verdict-words.js';

/** The findings in tables: changes first, then what is undecided, then the rest by family. */

type Kind =
  | 'blocked'
  | 'regressed'
  | 'improved'
  | 'access'
  | 'inconclusive'
  | 'incomparable'
  | 'ungated'
  | 'small'
  | 'unchanged'
  | 'absent';

/** Groups that a reader should see first. */
const FOUND: readonly Kind[] = ['regressed', 'improved', 'access'];
const REST: readonly Kind[] = [
  'inconclusive',
  'incomparable',
  'ungated',
  'small',
  'unchanged',
  'absent',
];

/** Losses and changes. */
export const foundBlocks = (report: Report): Block[] => [
  ...list(
    'Blocked: the candidate can no longer do this',
    report.alarms
      .filter(({ verdict }) => verdict === 'blocked')
      .map(({ title, metrics }) => `${title} (${metrics.join(', ')})`),
  ),
  ...tablesOf(report, FOUND),
];

/** Everything else: undecided, for information only, unchanged, not measured. */
export const restBlocks = (report: Report): Block[] => tablesOf(report, REST);

/**
 * `The other 16 metrics: 1 inconclusive, 15 unchanged`: what {@link restBlocks} shows. A metric by
 * several measures counts once, with the worst of its verdicts.
 */
export function restTitle(report: Report): string {
  const found = idsOf(report, [...FOUND, 'blocked']);
  const rest = [...idsOf(report, REST)].filter((id) => !found.has(id));
  if (rest.length === 0) return 'Everything else';
  const which = found.size === 0 ? 'All' : 'The other';
  const verdicts = rest.map((id) =>
    worstOf(report.findings.filter((one) => one.id === id).map(({ verdict }) => verdict)),
  );
  const counts = countsText(countVerdicts(verdicts.map((verdict) => ({ verdict }))));
  return `${which} ${countOf(rest.length, 'metric')}${report.design === 'self' ? '' : `: ${counts}`}`;
}

const idsOf = (report: Report, kinds: readonly Kind[]): Set<string> =>
  new Set(
    report.findings
      .filter((finding) =>
        kinds.includes(
          isMeasuredReport(finding) ? measuredKind(report, finding) : countedKind(finding),
        ),
      )
      .map(({ id }) => id),
  );

/** Times and counted instructions never share a column. */
function tablesOf(report: Report, kinds: readonly Kind[]): Table[] {
  const measured = report.findings.filter(isMeasuredReport);
  const counted = report.findings.filter(isInstructionsReport);
  const tables = [
    tableOf(measuredGroups(report, measured, kinds), columnsOf(report)),
    tableOf(countedGroups(counted, kinds), COUNTED_COLUMNS, countedRemarks(report, counted, kinds)),
  ];
  return tables.filter(({ groups, remarks }) => groups.length + remarks.length > 0);
}

interface Cells<F> extends Column {
  /** @returns the figure as text; empty if the metric has none */
  cell: (finding: F) => string;
}

interface Rows<F> extends Omit<Group, 'rows'> {
  findings: readonly F[];
  /** Whether the rows have a verdict to show. */
  compared: boolean;
}

function tableOf<F extends FindingReport>(
  groups: readonly Rows<F>[],
  columns: readonly Cells<F>[],
  remarks: readonly string[] = [],
): Table {
  const row = (finding: F, compared: boolean): Row => ({
    name: finding.id,
    ...(compared ? { verdict: finding.verdict } : {}),
    ...(finding.gate ? {} : { ungated: true }),
    cells: columns.map(({ cell }) => cell(finding)),
  });
  return withoutEmptyColumns({
    ...{ kind: 'table', title: '', names: 'metrics', head: 'metric', remarks },
    columns: columns.map(({ head, importance }) => ({ head, importance })),
    groups: groups.map(({ findings, compared, ...group }) => ({
      ...group,
      rows: findings.map((finding) => row(finding, compared)),
    })),
  });
}

const sideCell = (side: SideReport): string =>
  side.status === 'ok' ? formatEstimate(side.unit, side.estimate) : statusText(side);

const candidate: Cells<MeasuredReport> = {
  ...{ head: 'candidate', importance: 5 },
  cell: (finding) => sideCell(finding.candidate),
};

/** Columns for two sides. */
const COMPARED: readonly Cells<MeasuredReport>[] = [
  { head: 'baseline', importance: 4, cell: (finding) => sideCell(finding.baseline) },
  candidate,
  { head: 'added', importance: 3, cell: addedCell },
  {
    ...{ head: 'change', importance: 7 },
    cell: ({ change }) => (change === null ? '' : formatRatio(change.ratio)),
  },
  {
    ...{ head: 'interval', importance: 6 },
    cell: ({ change }) => (change === null ? '' : formatInterval(change)),
  },
  {
    ...{ head: 'noise', importance: 1 },
    cell: ({ floor }) => (floor === null ? '' : formatRatio(floor.ratio)),
  },
  {
    ...{ head: 'detects', importance: 2 },
    cell: ({ mde80 }) => (mde80 === null ? '' : formatShare(mde80)),
  },
];

/** Columns for a candidate alone. */
const ALONE: readonly Cells<MeasuredReport>[] = [
  { ...candidate, head: 'cost' },
  ...COMPARED.filter(({ head }) => head === 'noise' || head === 'detects').map((column) => ({
    ...column,
    importance: column.importance + 2,
  })),
  {
    ...{ head: 'interval', importance: 1 },
    cell: ({ floor }) => (floor === null ? '' : formatInterval(floor)),
  },
];

const columnsOf = ({ design }: Report) => (design === 'self' ? ALONE : COMPARED);

/**
 * The added time, for changes only. One cause adds about the same time to calls of very different
 * cost, and a column of percentages does not show that.
 */
function addedCell({ baseline, candidate: after, verdict }: MeasuredReport): string {
  if (verdict !== 'regressed' && verdict !== 'improved') return '';
  if (baseline.status !== 'ok' || after.status !== 'ok') return '';
  return after.unit === 'ns' ? formatNsDifference(after.estimate - baseline.estimate) : '';
}

/** Puts every metric in one group, except blocked ones: they have a list of their own. */
function measuredGroups(
  report: Report,
  findings: readonly MeasuredReport[],
  kinds: readonly Kind[],
): Rows<MeasuredReport>[] {
  const explained = new Set(report.diagnosis?.explained);
  const compared = report.design !== 'self';
  return kinds.flatMap((kind) => {
    const own = findings.filter((finding) => measuredKind(report, finding) === kind);
    const sorted = own.toSorted(byWeight);
    const group = (title: string, some: readonly MeasuredReport[]) =>
      groupOf(kind, title, some, compared);
    if (kind === 'unchanged') return families(report, own, group);
    const title = titleOf(kind, report);
    return [
      ...group(
        title,
        sorted.filter(({ id }) => !explained.has(id)),
      ),
      ...group(
        `${title}, by the cause above`,
        sorted.filter(({ id }) => explained.has(id)),
      ).map((one) => ({
        ...one,
        explained: true as const,
      })),
    ];
  });
}

function groupOf(
  kind: Kind,
  title: string,
  findings: readonly MeasuredReport[],
  compared: boolean,
): Rows<MeasuredReport>[] {
  if (findings.length === 0) return [];
  const hasNumbers = kind !== 'access' && kind !== 'absent';
  return [
    { title, compared, findings: hasNumbers ? findings : [], notes: notesOf(kind, findings) },
  ];
}

function measuredKind({ design }: Report, finding: MeasuredReport): Kind {
  const { baseline, candidate: after, gate, verdict } = finding;
  if (after.status !== 'ok' && (design === 'self' || baseline.status !== 'ok')) return 'absent';
  if (design === 'self') return 'unchanged';
  if (verdict === 'blocked') return gate ? 'blocked' : 'access';
  if (isRefused(baseline)) return 'access';
  if ((verdict === 'regressed' || verdict === 'improved') && !gate) return 'ungated';
  return verdict;
}

const TITLES: Record<Exclude<Kind, 'blocked' | 'unchanged'>, string> = {
  regressed: 'Regressed',
  improved: 'Improved',
  access: 'Available on one side only',
  inconclusive: 'Inconclusive',
  incomparable: 'Not comparable',
  ungated: 'Changed, for information only',
  small: 'Changed by less than the margin',
  absent: 'Not measured',
};

/** The title of a group. For sides of different kinds it says which side is slower. */
function titleOf(kind: Exclude<Kind, 'unchanged'>, report: Report): string {
  const places = placesOf(report);
  if (kind === 'blocked') return '';
  if (places && kind === 'regressed') return `Slower ${places.candidate} than ${places.baseline}`;
  if (places && kind === 'improved') return `Faster ${places.candidate} than ${places.baseline}`;
  return TITLES[kind];
}

/** One group for each family, with the metrics that did not change or were not compared. */
function families(
  { design }: Report,
  findings: readonly MeasuredReport[],
  group: (title: string, some: readonly MeasuredReport[]) => Rows<MeasuredReport>[],
): Rows<MeasuredReport>[] {
  const sorted = findings.toSorted((a, b) => familyRank(a.id) - familyRank(b.id) || 0);
  const names = [...new Set(sorted.map(({ id }) => familyTitle(id)))];
  const suffix = design === 'self' ? '' : ': unchanged';
  return names.flatMap((name) =>
    group(
      `${name}${suffix}`,
      sorted.filter(({ id }) => familyTitle(id) === name),
    ),
  );
}

const COUNTED_COLUMNS: readonly Cells<InstructionsReport>[] = [
  {
    ...{ head: 'added', importance: 5 },
    cell: ({ difference }) => (difference === null ? '' : formatInstructionsDifference(difference)),
  },
  {
    ...{ head: 'change', importance: 4 },
    cell: (finding) => {
      const ratio = ratioOf(finding);
      return ratio === null ? '' : formatRatio(ratio);
    },
  },
  { head: 'baseline', importance: 2, cell: ({ baseline }) => countCell(baseline) },
  { head: 'candidate', importance: 3, cell: (finding) => countCell(finding.candidate) },
  {
    ...{ head: 'boot noise', importance: 1 },
    cell: ({ resolution }) => (resolution === null ? '' : formatInstructions(resolution)),
  },
];

const countCell = (side: InstructionsReport['baseline']): string =>
  side.status === 'ok' ? formatInstructions(side.count) : statusText(side);

const COUNTED_TITLES: Record<Exclude<Kind, 'blocked' | 'unchanged'>, string> = {
  regressed: 'More instructions',
  improved: 'Fewer instructions',
  access: 'Instructions of one side only',
  inconclusive: 'Instructions inconclusive',
  incomparable: 'Instructions not comparable',
  ungated: 'Instructions changed, for information only',
  small: 'Instructions changed by less than the margin',
  absent: 'Instructions not counted',
};

/** Their reason says all: there are no two counts to show. */
const WITHOUT_COUNTS: readonly Kind[] = ['access', 'incomparable', 'absent'];

function countedGroups(
  findings: readonly InstructionsReport[],
  kinds: readonly Kind[],
): Rows<InstructionsReport>[] {
  return kinds.flatMap((kind) => {
    // Losses have a list of their own, and equal counts a remark.
    if (kind === 'blocked' || kind === 'unchanged') return [];
    const own = findings.filter((finding) => countedKind(finding) === kind).toSorted(byWeight);
    if (own.length === 0) return [];
    const rows = WITHOUT_COUNTS.includes(kind) ? [] : own;
    return [
      { title: COUNTED_TITLES[kind], compared: true, findings: rows, notes: notesOf(kind, own) },
    ];
  });
}

function countedKind(finding: InstructionsReport): Kind {
  const { baseline, candidate: after, gate, verdict } = finding;
  if (verdict === 'unchanged') return differs(finding) ? 'small' : 'unchanged';
  if (after.status !== 'ok' && baseline.status !== 'ok') return 'absent';
  if (verdict === 'blocked') return gate ? 'blocked' : 'access';
  if (isRefused(baseline)) return 'access';
  return gate || verdict === 'incomparable' ? verdict : 'ungated';
}

/** Remarks on the counts. They stand once, below the changes. */
function countedRemarks(
  { counted }: Report,
  findings: readonly InstructionsReport[],
  kinds: readonly Kind[],
): string[] {
  if (counted === null || kinds !== FOUND) return [];
  const same = findings.filter((one) => countedKind(one) === 'unchanged').length;
  const conditions = Object.entries(counted.conditions).map(([name, value]) => `${name} ${value}`);
  return [
    ...(same === 0 ? [] : [sameText(same)]),
    ...traceNotes(findings.filter(differs)),
    `Counted with ${conditions.join(', ')}: exact on any machine, but blind to caches, TLBs and speculation.`,
  ];
}

const sameText = (count: number): string =>
  `The ${count === 1 ? 'count of 1 metric is' : `counts of ${count} metrics are`} the same on both sides.`;
