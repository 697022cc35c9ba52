import type { GateVerdict, Verdict } from '../record/verdict.js';

/**
 * A report as people read it, before layout. Blocks hold plain text that may come from anywhere, so
 * each layout escapes it. The terminal and Markdown show the same blocks.
 */
export type Block = Headline | Prose | List | Facts | Table | Changes | Command | Folded;

/** The verdict and one sentence. */
export interface Headline {
  kind: 'headline';
  verdict: GateVerdict;
  /** Added to the verdict if the verdict alone does not tell whether the gate passes; else empty. */
  policy: string;
  text: string;
}

interface Prose {
  kind: 'prose';
  text: string;
}

export interface List {
  kind: 'list';
  title: string;
  items: readonly string[];
  /** Set if it is a list of caveats. */
  caution?: true;
}

/** A label and its text. */
export type Fact = readonly [label: string, text: string];

interface Facts {
  kind: 'facts';
  title: string;
  facts: readonly Fact[];
}

/** Figures in rows. The report makes the text of the cells itself, so it needs no escaping. */
export interface Table {
  kind: 'table';
  title: string;
  /** What the first column holds: metric ids, or words. */
  names: 'metrics' | 'words';
  head: string;
  columns: readonly Column[];
  groups: readonly Group[];
  /** Sentences below the table. */
  remarks: readonly string[];
}

export interface Column {
  head: string;
  /** A narrow layout leaves out the least important columns first. */
  importance: number;
}

/** Rows that belong together. */
export interface Group {
  /** Empty if the table has only one group. */
  title: string;
  rows: readonly Row[];
  /** Why metrics have no number or no verdict. */
  notes: readonly Note[];
  /** Set if a cause above the table explains the rows: a layout may fold them away. */
  explained?: true;
}

export interface Row {
  name: string;
  /** Set for a metric that was compared. */
  verdict?: Verdict;
  /** Set for a metric that is for information only. */
  ungated?: true;
  /** One cell for each column of the table. */
  cells: readonly string[];
}

/** One sentence about one or more metrics. */
export interface Note {
  text: string;
  ids: readonly string[];
}

/** Differences between the sides. */
export interface Changes {
  kind: 'changes';
  title: string;
  changes: readonly { name: string; baseline: string; candidate: string }[];
}

/** A command for a shell. */
export interface Command {
  kind: 'command';
  text: string;
  command: string;
}

/** Details that only some readers want. */
interface Folded {
  kind: 'folded';
  title: string;
  blocks: readonly Block[];
}

export const prose = (text: string): Prose[] => (text === '' ? [] : [{ kind: 'prose', text }]);

export const list = (title: string, items: readonly string[]): List[] =>
  items.length === 0 ? [] : [{ kind: 'list', title, items }];

export const facts = (title: string, all: readonly Fact[]): Facts[] =>
  all.length === 0 ? [] : [{ kind: 'facts', title, facts: all }];

/** A small table of words and figures, with the most important columns first. */
export function grid(
  title: string,
  [head = '', ...heads]: readonly string[],
  rows: readonly (readonly string[])[],
  remarks: readonly string[] = [],
): Table {
  return {
    ...{ kind: 'table', title, names: 'words', head, remarks },
    columns: heads.map((one, index) => ({ head: one, importance: heads.length - index })),
    groups: [
      { title: '', rows: rows.map(([name = '', ...cells]) => ({ name, cells })), notes: [] },
    ],
  };
}

/** The table without the columns that are empty in every row. */
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

/** The table with only its most important columns. */
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
