import type { GateVerdict, Verdict } from '../record/verdict.js';

/**
 * A report as people read it, before anything is laid out. Blocks hold plain text that may have come
 * from anywhere: whoever lays them out escapes it. A terminal, Markdown and HTML show the same blocks.
 */
export type Block = Headline | Prose | List | Facts | Table | Changes | Command | Folded;

/** The verdict and one sentence. */
export interface Headline {
  kind: 'headline';
  verdict: GateVerdict;
  /** What follows the verdict where it would not tell whether the gate passes, or nothing. */
  policy: string;
  text: string;
}

export interface Prose {
  kind: 'prose';
  text: string;
}

export interface List {
  kind: 'list';
  title: string;
  items: readonly string[];
  /** Whether it says what to be careful about. */
  caution?: true;
}

/** A label and what it stands for. */
export type Fact = readonly [label: string, text: string];

export interface Facts {
  kind: 'facts';
  title: string;
  facts: readonly Fact[];
}

/** Figures in rows. The cells are text that the report made itself, of numbers and its own words. */
export interface Table {
  kind: 'table';
  title: string;
  /** What the first column holds: ids of metrics, or words. */
  names: 'metrics' | 'words';
  head: string;
  columns: readonly Column[];
  groups: readonly Group[];
  /** What the table comes to, one sentence each. */
  says: readonly string[];
}

export interface Column {
  head: string;
  /** Narrow places leave out the columns of the smallest first. */
  importance: number;
}

/** Rows that belong together. */
export interface Group {
  /** Empty for the only group of a table. */
  title: string;
  rows: readonly Row[];
  /** Why metrics have no number or no verdict. */
  notes: readonly Note[];
  /** Whether the rows are evidence for a cause that stands above, so that there is no need to see them. */
  explained?: true;
}

export interface Row {
  name: string;
  /** Of a metric that was compared. */
  verdict?: Verdict;
  /** Whether it informs and does not gate. */
  informs?: true;
  /** As many as the table has columns. */
  cells: readonly string[];
}

/** One sentence about some metrics. */
export interface Note {
  text: string;
  ids: readonly string[];
}

/** What differs between the sides. */
export interface Changes {
  kind: 'changes';
  title: string;
  changes: readonly { name: string; baseline: string; candidate: string }[];
}

/** What to type into a shell. */
export interface Command {
  kind: 'command';
  text: string;
  command: string;
}

/** What only some readers want to see. */
export interface Folded {
  kind: 'folded';
  title: string;
  blocks: readonly Block[];
}

export const prose = (text: string): Prose[] => (text === '' ? [] : [{ kind: 'prose', text }]);

export const list = (title: string, items: readonly string[]): List[] =>
  items.length === 0 ? [] : [{ kind: 'list', title, items }];

export const facts = (title: string, all: readonly Fact[]): Facts[] =>
  all.length === 0 ? [] : [{ kind: 'facts', title, facts: all }];

/** A small table of words and figures, the telling columns first. */
export function grid(
  title: string,
  [head = '', ...heads]: readonly string[],
  rows: readonly (readonly string[])[],
  says: readonly string[] = [],
): Table {
  return {
    ...{ kind: 'table', title, names: 'words', head, says },
    columns: heads.map((one, index) => ({ head: one, importance: heads.length - index })),
    groups: [
      { title: '', rows: rows.map(([name = '', ...cells]) => ({ name, cells })), notes: [] },
    ],
  };
}

/** A table without the columns that are empty in each of its rows. */
export function withoutEmptyColumns(table: Table): Table {
  const rows = table.groups.flatMap((group) => group.rows);
  const filled = table.columns.map((_, index) => rows.some(({ cells }) => cells[index] !== ''));
  const keep = <T>(all: readonly T[]): T[] => all.filter((_, index) => filled[index]);
  return {
    ...table,
    columns: keep(table.columns),
    groups: table.groups.map((group) => ({
      ...group,
      rows: group.rows.map((row) => ({ ...row, cells: keep(row.cells) })),
    })),
  };
}

/** A table of the most important columns alone. */
export function narrowed(table: Table, columns: number): Table {
  const ranked = table.columns.toSorted((a, b) => b.importance - a.importance).slice(0, columns);
  const keep = <T>(all: readonly T[]): T[] =>
    all.filter((_, index) => ranked.includes(table.columns[index] as Column));
  return {
    ...table,
    columns: keep(table.columns),
    groups: table.groups.map((group) => ({
      ...group,
      rows: group.rows.map((row) => ({ ...row, cells: keep(row.cells) })),
    })),
  };
}
