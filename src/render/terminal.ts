import picocolors from 'picocolors';
import type { CrossingReport, CrossingRun, Report } from '../record/report.js';
import type { Selftest } from '../record/selftest.js';
import { CAUSES_TITLE, causeTexts } from '../report/causes.js';
import { certificateGrid } from '../report/certificate.js';
import { configurationText } from '../report/configuration.js';
import { countedGrid } from '../report/counted.js';
import { crossingFacts, crossingGrids } from '../report/crossing-text.js';
import { diagnosisText } from '../report/diagnosis.js';
import type { Fact } from '../report/fact.js';
import { legend, machineFacts, placeFacts, sideFacts } from '../report/facts.js';
import type { Grid } from '../report/grid.js';
import { machineGrid } from '../report/machines.js';
import { selftestGrids } from '../report/selftest-text.js';
import { fieldName, nextStepText, policyText, verdictSymbols } from '../report/words.js';
import { plain, wrap } from '../text/escape.js';
import {
  gridLines,
  metricLines,
  type Page,
  type Paper,
  PROSE_COLUMNS,
  paintOf,
} from './terminal-table.js';

export interface TerminalOptions {
  color: boolean;
  /** Width to fit: table columns are left out, the least important first, until the table does. */
  columns: number;
}

const LABEL_COLUMNS = 13;

/** Counts that changed and alarm nobody. */
const MOST_SMALL = 10;

/**
 * The report for a person at a terminal, ending in a line break. Asks neither the environment nor a
 * stream what they can do.
 */
export function renderTerminal(report: Report, { color, columns }: TerminalOptions): string {
  const page: Page = { report, colors: picocolors.createColors(color), columns };
  const blocks = [
    titleLines(page),
    report.diagnosis === null ? [] : prose(diagnosisText(report.diagnosis), columns),
    factLines(page, sideFacts(report)),
    metricLines(page),
    ...countedBlocks(page),
    machineLines(page),
    ...crossingBlocks(page),
    report.metrics.length === 0 ? [] : gridBlock(page, certificateGrid(report.certificate)),
    legendLines(page),
    differenceLines(page),
    report.configuration === null ? [] : prose(configurationText(report), columns),
    caveatLines(page, report.caveats),
    factLines(page, placeFacts(report)),
    closingLines(page),
  ];
  return `${joined(blocks)}\n`;
}

const joined = (blocks: readonly string[][]): string =>
  blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');

function titleLines({ report, colors, columns }: Page): string[] {
  const word = `${verdictSymbols[report.verdict]} ${report.verdict}`;
  const banner = colors.bold(paintOf(colors, report.verdict)(word));
  return [`${banner}${policyText(report)}`, ...prose(report.headline, columns)];
}

/** The two blocks on their own, for the verb that measures nothing else. */
export function renderCrossing(
  { crossing, ...where }: CrossingRun,
  { color, columns }: TerminalOptions,
): string {
  const paper = { colors: picocolors.createColors(color), columns };
  const blocks = [...blocksOf(crossing, paper), factLines(paper, machineFacts(where))];
  return `${joined(blocks)}\n`;
}

/** A self-test, ending in its answer. */
export function renderSelftest(selftest: Selftest, { color, columns }: TerminalOptions): string {
  const paper = { colors: picocolors.createColors(color), columns };
  const { green, red, bold } = paper.colors;
  const answer = prose(selftest.answer, columns)
    .map(selftest.trusted ? green : red)
    .map(bold);
  const blocks = [
    ...selftestGrids(selftest).map((grid) => gridBlock(paper, grid)),
    caveatLines(paper, selftest.caveats),
    factLines(paper, machineFacts(selftest)),
    answer,
  ];
  return `${joined(blocks)}\n`;
}

function machineLines(page: Page): string[] {
  const grid = machineGrid(page.report);
  return grid ? [page.colors.bold(grid.title), ...gridLines(page, grid.head, grid.rows)] : [];
}

/** What the counts come to by function, and then by metric. */
function countedBlocks(page: Page): string[][] {
  const { counted } = page.report;
  if (counted === null) return [];
  const causes = causeTexts(counted).flatMap((text) => bullet(page, text));
  const block = causes.length === 0 ? [] : [page.colors.bold(CAUSES_TITLE), ...causes];
  return [block, gridBlock(page, countedGrid(counted, MOST_SMALL))];
}

const crossingBlocks = ({ report: { crossing }, ...paper }: Page): string[][] =>
  crossing === null ? [] : blocksOf(crossing, paper);

const blocksOf = (crossing: CrossingReport, paper: Paper): string[][] => [
  [paper.colors.bold('The crossing'), ...factLines(paper, crossingFacts(crossing))],
  ...crossingGrids(crossing).map((grid) => gridBlock(paper, grid)),
];

/** A table with its title, and what it comes to. */
const gridBlock = (paper: Paper, { title, head, rows, says }: Grid): string[] => [
  paper.colors.bold(title),
  ...(rows.length === 0 ? [] : gridLines(paper, head, rows)),
  ...says.flatMap((sentence) => prose(sentence, paper.columns)),
];

/** Said once, under the table. */
const legendLines = (page: Page): string[] =>
  legend(page.report).flatMap(([term, meaning]) =>
    labelLines(term, meaning, page.columns).map(page.colors.dim),
  );

function differenceLines(page: Page): string[] {
  const { colors, report } = page;
  if (report.differences.length === 0) return [];
  return [
    colors.bold('Differs between the sides'),
    ...report.differences.flatMap(({ field, baseline, candidate }) =>
      bullet(page, `${fieldName(field)}: ${plain(baseline)} → ${plain(candidate)}`),
    ),
  ];
}

function caveatLines(paper: Paper, caveats: readonly string[]): string[] {
  if (caveats.length === 0) return [];
  const { bold, yellow } = paper.colors;
  return [bold(yellow('Caveats')), ...caveats.flatMap((caveat) => bullet(paper, caveat))];
}

function closingLines({ report, columns }: Page): string[] {
  const next = nextStepText(report);
  return next === '' ? [] : prose(next, columns);
}

const bullet = ({ columns }: Paper, text: string): string[] =>
  prose(text, columns - 4).map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`);

const factLines = ({ colors, columns }: Paper, facts: Fact[]): string[] =>
  facts.flatMap(([label, text]) => {
    const [first = '', ...rest] = labelLines(label, text, columns);
    return [colors.dim(first.slice(0, LABEL_COLUMNS)) + first.slice(LABEL_COLUMNS), ...rest];
  });

/** A label in its own column, and a text that hangs beside it. */
function labelLines(label: string, text: string, columns: number): string[] {
  const lines = prose(text, columns - LABEL_COLUMNS);
  const start = label.padEnd(LABEL_COLUMNS);
  return lines.map((line, index) => `${index === 0 ? start : ' '.repeat(LABEL_COLUMNS)}${line}`);
}

const prose = (text: string, columns: number): string[] =>
  wrap(plain(text, 2000), Math.max(20, Math.min(columns, PROSE_COLUMNS)));
