import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { GateVerdict } from '../record/verdict.js';
import {
  type Group,
  type Note,
  narrowed,
  type Row,
  type Table as TableBlock,
} from '../report/blocks.js';
import { verdictSymbols } from '../report/verdict-words.js';
import { clip, plain, wrap } from '../text/escape.js';

type Colors = ReturnType<typeof picocolors.createColors>;

/** Long lines of prose are hard to read, however wide the terminal is. */
export const PROSE_COLUMNS = 110;

/** The terminal to write for. */
export interface Paper {
  colors: Colors;
  columns: number;
}

/** A table without its title. All groups share the same columns. */
export function tableLines(table: TableBlock, paper: Paper): string[] {
  const fitting = fittingTable(table, paper);
  const [head = '', ...lines] = linesOf(fitting, paper);
  const titled = table.groups.some(({ title }) => title !== '');
  const body = table.groups.flatMap((group, index) => {
    const own = lines.splice(0, group.rows.length);
    const title = titled ? [paper.colors.bold(clip(plain(group.title), paper.columns))] : [];
    return [...(index > 0 ? [''] : []), ...title, ...own, ...noteLines(group.notes, paper)];
  });
  const hasRows = table.groups.some(({ rows }) => rows.length > 0);
  return hasRows ? [paper.colors.dim(clip(head, paper.columns)), ...body] : body;
}

/** Drops columns, the least important first, until every line fits. */
function fittingTable(table: TableBlock, paper: Paper): TableBlock {
  const colourless = { ...paper, colors: picocolors.createColors(false) };
  for (let count = table.columns.length; count > 0; count -= 1) {
    const choice = narrowed(table, count);
    const fits = linesOf(choice, colourless).every((line) => [...line].length <= paper.columns);
    if (fits) return choice;
  }
  return narrowed(table, 0);
}

function linesOf({ names, head, columns, groups }: TableBlock, paper: Paper): string[] {
  const grid = new Table({
    head: [names === 'metrics' ? `  ${head}` : head, ...columns.map((column) => column.head)],
    colAligns: ['left', ...columns.map(() => 'right' as const)],
    ...bare,
  });
  const change = columns.findIndex((column) => column.head === 'change');
  for (const row of groups.flatMap((group: Group) => group.rows)) {
    const paint =
      row.verdict === undefined ? (text: string) => text : paintOf(paper.colors, row.verdict);
    const cells = row.cells.map((cell, index) =>
      index === change && cell !== '' ? paint(cell) : cell,
    );
    grid.push([
      names === 'metrics' ? metricName(row, paper, paint) : clip(plain(row.name), paper.columns),
      ...cells,
    ]);
  }
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** The symbol, the id, and a star for a metric that is for information only. */
function metricName(
  { name, verdict, ungated }: Row,
  { columns }: Paper,
  paint: (text: string) => string,
): string {
  const symbol = verdict === undefined ? ' ' : verdictSymbols[verdict];
  return `${paint(symbol)} ${clip(plain(name), Math.max(8, columns - 12))}${ungated ? '*' : ''}`;
}

/** The colour of a verdict. The symbol beside it has the same meaning without colour. */
export function paintOf(colors: Colors, verdict: GateVerdict): (text: string) => string {
  switch (verdict) {
    case 'blocked':
    case 'regressed':
      return colors.red;
    case 'improved':
    case 'unchanged':
      return colors.green;
    case 'inconclusive':
    case 'incomparable':
      return colors.yellow;
    case 'no-baseline':
      return colors.cyan;
  }
}

/** Why metrics of the group have no number or no verdict. */
function noteLines(notes: readonly Note[], { columns }: Paper): string[] {
  const width = Math.max(20, Math.min(columns, PROSE_COLUMNS) - 4);
  return notes.flatMap(({ text, ids }) => [
    ...hang(
      wrap(
        ids.length === 1 ? `${plain(ids.join())}: ${text}` : `${text.replace(/\.$/, '')}:`,
        width,
      ),
    ),
    ...(ids.length === 1 ? [] : wrap(plain(ids.join(', '), 5000), width).map(indent)),
  ]);
}

const indent = (line: string): string => `    ${line}`;
const hang = ([first = '', ...rest]: string[]): string[] => [`  ${first}`, ...rest.map(indent)];

const chars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

const bare = {
  style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 2 },
  chars,
};
