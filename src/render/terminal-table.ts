import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { MetricReport, Report } from '../record/report.js';
import type { GateVerdict } from '../record/verdict.js';
import {
  added,
  baseline,
  type Column,
  candidate,
  change,
  cost,
  floor,
  floorInterval,
  interval,
  mde80,
} from '../report/cells.js';
import { notes } from '../report/notes.js';
import { type Section, sections } from '../report/sections.js';
import { verdictSymbols } from '../report/words.js';
import { clip, plain, wrap } from '../text/escape.js';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Wide lines of prose are hard to read, however wide the terminal. */
export const PROSE_COLUMNS = 110;

/** What there is to write on. */
export interface Paper {
  colors: Colors;
  columns: number;
}

/** What every block of the terminal report needs to know. */
export interface Page extends Paper {
  report: Report;
}

/** A small table whose first column is words; columns go from the right until it fits. */
export function gridLines({ colors, columns }: Paper, head: string[], rows: string[][]): string[] {
  const grid = new Table({
    head,
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
    ...bare,
  });
  grid.push(...rows);
  const lines = linesOf(grid);
  if (head.length > 1 && lines.some((line) => [...line].length > columns)) {
    const cut = (cells: string[]) => cells.slice(0, -1);
    return gridLines({ colors, columns }, cut(head), rows.map(cut));
  }
  const [first = '', ...rest] = lines.map((line) => clip(line, columns));
  return [colors.dim(first), ...rest];
}

/** From everything to the least that still says something; the first that fits is taken. */
const compared: readonly Column[][] = [
  [baseline, candidate, added, change, interval, floor, mde80],
  [baseline, candidate, change, interval, floor, mde80],
  [baseline, candidate, change, interval, mde80],
  [baseline, candidate, change, interval],
  [candidate, change, interval],
  [change, interval],
  [change],
];
const alone: readonly Column[][] = [
  [cost, floor, floorInterval, mde80],
  [cost, floor, mde80],
  [cost],
];

/** The table of metrics in sections, findings first, each metric on one line. */
export function metricLines(page: Page): string[] {
  const shown = sections(page.report);
  const rows = shown.filter(hasNumbers).flatMap(({ metrics }) => metrics);
  const [head = '', ...lines] = fittingTable(page, rows);
  const body = shown.flatMap((section) => {
    const own = hasNumbers(section) ? lines.splice(0, section.metrics.length) : [];
    return ['', page.colors.bold(section.title), ...own, ...noteLines(page, section)];
  });
  return rows.length === 0 ? body.slice(1) : [page.colors.dim(head), ...body.slice(1)];
}

const hasNumbers = ({ kind }: Section): boolean => kind !== 'absent' && kind !== 'access';

function fittingTable(page: Page, rows: MetricReport[]): string[] {
  const filled = (column: Column) => rows.some((metric) => column.cell(metric) !== '');
  const choices = (page.report.design === 'self' ? alone : compared).map((choice) =>
    choice.filter(filled),
  );
  const colourless = { ...page, colors: picocolors.createColors(false) };
  const fits = (choice: Column[]) =>
    table(colourless, choice, rows).every((line) => [...line].length <= page.columns);
  return table(page, choices.find(fits) ?? [], rows);
}

function table(page: Page, choice: Column[], rows: MetricReport[]): string[] {
  const grid = new Table({
    head: ['  metric', ...choice.map(({ head }) => head)],
    colAligns: ['left', ...choice.map(() => 'right' as const)],
    ...bare,
  });
  for (const metric of rows) {
    const cells = choice.map((column) => {
      const text = column.cell(metric);
      return column === change && text !== '' ? paintMetric(page, metric)(text) : text;
    });
    grid.push([nameCell(page, metric), ...cells]);
  }
  return linesOf(grid);
}

const linesOf = (grid: { toString(): string }): string[] =>
  grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());

/** The symbol, the id, and a star for a metric that informs and does not gate. */
function nameCell(page: Page, metric: MetricReport): string {
  const symbol = page.report.design === 'self' ? ' ' : verdictSymbols[metric.verdict];
  const name = clip(plain(metric.id), Math.max(8, page.columns - 12));
  return `${paintMetric(page, metric)(symbol)} ${name}${metric.gate ? '' : '*'}`;
}

function paintMetric(
  { report, colors }: Page,
  { verdict }: MetricReport,
): (text: string) => string {
  return report.design === 'self' ? (text) => text : paintOf(colors, verdict);
}

/** The colour of a verdict; the symbol beside it says the same without one. */
export function paintOf(colors: Colors, verdict: GateVerdict): (text: string) => string {
  switch (verdict) {
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

/** Why the metrics of a section have no verdict. */
function noteLines({ columns }: Page, section: Section): string[] {
  const width = Math.max(20, Math.min(columns, PROSE_COLUMNS) - 4);
  return notes(section).flatMap(({ text, ids }) => [
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
