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
import { notesOf } from './notes.js';
import { placesOf } from './places.js';
import { byWeight, differs, ratioOf } from './size.js';
import { familyRank, familyTitle, statusText } from './words.js';

/** The findings in tables: what was found first, then what could not be decided, then the rest by family. */

type Kind =
  | 'blocked'
  | 'regressed'
  | 'improved'
  | 'access'
  | 'inconclusive'
  | 'incomparable'
  | 'informs'
  | 'small'
  | 'unchanged'
  | 'absent';

/** What a reader should see first. */
const FOUND: readonly Kind[] = ['regressed', 'improved', 'access'];
const REST: readonly Kind[] = [
  'inconclusive',
  'incomparable',
  'informs',
  'small',
  'unchanged',
  'absent',
];

/** What was found. */
export const foundBlocks = (report: Report): Block[] => [
  ...list(
    'Blocked: lost by the candidate',
    report.alarms
      .filter(({ verdict }) => verdict === 'blocked')
      .map(({ title, metrics }) => `${title} (${metrics.join(', ')})`),
  ),
  ...tablesOf(report, FOUND),
];

/** What was not: undecided, without a say, unchanged, not measured. */
export const restBlocks = (report: Report): Block[] => tablesOf(report, REST);

/** Times and counted instructions never share a column. */
function tablesOf(report: Report, kinds: readonly Kind[]): Table[] {
  const measured = report.findings.filter(isMeasuredReport);
  const counted = report.findings.filter(isInstructionsReport);
  const tables = [
    tableOf(measuredGroups(report, measured, kinds), columnsOf(report)),
    tableOf(countedGroups(counted, kinds), COUNTED_COLUMNS, countedSays(report, counted, kinds)),
  ];
  return tables.filter(({ groups, says }) => groups.length + says.length > 0);
}

interface Cells<F> extends Column {
  /** @returns the figure, or an empty text where the metric has none */
  cell: (finding: F) => string;
}

interface Rows<F> extends Omit<Group, 'rows'> {
  findings: readonly F[];
  /** Whether the verdict of a row says something. */
  compared: boolean;
}

function tableOf<F extends FindingReport>(
  groups: readonly Rows<F>[],
  columns: readonly Cells<F>[],
  says: readonly string[] = [],
): Table {
  const row = (finding: F, compared: boolean): Row => ({
    name: finding.id,
    ...(compared ? { verdict: finding.verdict } : {}),
    ...(finding.gate ? {} : { informs: true }),
    cells: columns.map(({ cell }) => cell(finding)),
  });
  return withoutEmptyColumns({
    ...{ kind: 'table', title: '', names: 'metrics', head: 'metric', says },
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

/** Less than a change is worth on other machines is not shown of what is alone. */
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
    ...{ head: 'floor', importance: 1 },
    cell: ({ floor }) => (floor === null ? '' : formatRatio(floor.ratio)),
  },
  {
    ...{ head: 'MDE80', importance: 2 },
    cell: ({ mde80 }) => (mde80 === null ? '' : formatShare(mde80)),
  },
];

const ALONE: readonly Cells<MeasuredReport>[] = [
  { ...candidate, head: 'cost' },
  ...COMPARED.filter(({ head }) => head === 'floor' || head === 'MDE80').map((column) => ({
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
 * The time that was added, of changes only: one cause adds about the same time to calls that cost
 * very different times, which no column of percentages shows.
 */
function addedCell({ baseline, candidate: after, verdict }: MeasuredReport): string {
  if (verdict !== 'regressed' && verdict !== 'improved') return '';
  if (baseline.status !== 'ok' || after.status !== 'ok') return '';
  return after.unit === 'ns' ? formatNsDifference(after.estimate - baseline.estimate) : '';
}

/** Every metric is in one group, but for those that are blocked: they have a list of their own. */
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
        `${title} by that cause`,
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
  if ((verdict === 'regressed' || verdict === 'improved') && !gate) return 'informs';
  return verdict;
}

const TITLES: Record<Exclude<Kind, 'blocked' | 'unchanged'>, string> = {
  regressed: 'Regressed',
  improved: 'Improved',
  access: 'Available on one side only',
  inconclusive: 'Inconclusive',
  incomparable: 'Not comparable',
  informs: 'Changed, but only informs',
  small: 'Changed by less than the margin',
  absent: 'Not measured',
};

/** Of sides of different kinds, which is the slower. */
function titleOf(kind: Exclude<Kind, 'unchanged'>, report: Report): string {
  const places = placesOf(report);
  if (kind === 'blocked') return '';
  if (places && kind === 'regressed') return `Slower ${places.candidate} than ${places.baseline}`;
  if (places && kind === 'improved') return `Faster ${places.candidate} than ${places.baseline}`;
  return TITLES[kind];
}

/** Under a family's name stands what did not change, unless nothing was compared. */
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
    ...{ head: 'more', importance: 5 },
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
    ...{ head: 'resolution', importance: 1 },
    cell: ({ resolution }) => (resolution === null ? '' : formatInstructions(resolution)),
  },
];

const countCell = (side: InstructionsReport['baseline']): string =>
  side.status === 'ok' ? formatInstructions(side.count) : statusText(side);

const COUNTED_TITLES: Partial<Record<Kind, string>> = {
  regressed: 'More instructions',
  improved: 'Fewer instructions',
  small: 'More or fewer instructions, by less than the margin',
  informs: 'Another number of instructions, but only informs',
  incomparable: 'Instructions not comparable',
};

function countedGroups(
  findings: readonly InstructionsReport[],
  kinds: readonly Kind[],
): Rows<InstructionsReport>[] {
  return kinds.flatMap((kind) => {
    const title = COUNTED_TITLES[kind];
    const own = findings.filter((finding) => countedKind(finding) === kind).toSorted(byWeight);
    if (title === undefined || own.length === 0) return [];
    const rows = kind === 'incomparable' ? [] : own;
    const notes = kind === 'incomparable' ? notesOf(kind, own) : [];
    return [{ title, compared: true, findings: rows, notes }];
  });
}

function countedKind(finding: InstructionsReport): Kind {
  const { gate, verdict } = finding;
  if (verdict === 'unchanged') return differs(finding) ? 'small' : 'unchanged';
  return gate || verdict === 'incomparable' ? verdict : 'informs';
}

/** What the counts come to; said once, where the changes are. */
function countedSays(
  { counted }: Report,
  findings: readonly InstructionsReport[],
  kinds: readonly Kind[],
): string[] {
  if (counted === null || kinds !== FOUND) return [];
  const same = findings.filter((one) => countedKind(one) === 'unchanged').length;
  const conditions = Object.entries(counted.conditions).map(([name, value]) => `${name} ${value}`);
  return [
    ...(same === 0 ? [] : [`The counts of ${countOf(same, 'metric')} are the same on both sides.`]),
    ...traceNotes(findings.filter(differs)),
    `Counted by ${conditions.join(', ')}: exact on any machine, and blind to caches, TLBs and speculation.`,
  ];
}
