import picocolors from 'picocolors';
import type { CrossingRun, Report } from '../record/report.js';
import type { Selftest } from '../record/selftest.js';
import type { Block, Changes, Fact, Headline, List } from '../report/blocks.js';
import { facts } from '../report/blocks.js';
import { crossingBlocks } from '../report/crossing-blocks.js';
import { machineFacts } from '../report/facts.js';
import { type PartName, partsOf } from '../report/parts.js';
import { selftestBlocks } from '../report/selftest-blocks.js';
import { verdictSymbols } from '../report/verdict-words.js';
import { plain, wrap } from '../text/escape.js';
import { arrange, type Placement } from './placement.js';
import { type Paper, PROSE_COLUMNS, paintOf, tableLines } from './terminal-table.js';

interface TerminalOptions {
  color: boolean;
  /** Width to fit. A table drops columns, the least important first, until it fits. */
  columns: number;
}

const LABEL_COLUMNS = 13;

const PLACES: Record<PartName, Placement> = {
  headline: 'open',
  sides: 'open',
  cause: 'open',
  found: 'open',
  machines: 'open',
  differences: 'open',
  caveats: 'open',
  next: 'open',
  rest: 'open',
  trust: 'open',
  crossing: 'open',
  place: 'open',
  tails: 'left out',
  environment: 'left out',
  reproduce: 'left out',
};

/**
 * The report for a person at a terminal, ending in a line break. The caller decides width and colour:
 * this code looks at neither the environment nor a stream.
 */
export const renderTerminal = (report: Report, options: TerminalOptions): string =>
  laidOut(
    arrange(partsOf(report), PLACES).flatMap(({ blocks }) => blocks),
    options,
  );

/** Only the cost of entering the kernel, for the command that measures nothing else. */
export const renderCrossing = (
  { crossing, ...where }: CrossingRun,
  options: TerminalOptions,
): string => laidOut([...crossingBlocks(crossing), ...facts('', machineFacts(where))], options);

/** A self-test, ending in its answer. */
export function renderSelftest(selftest: Selftest, options: TerminalOptions): string {
  const { green, red, bold } = picocolors.createColors(options.color);
  const answer = prose(selftest.answer, options.columns)
    .map(selftest.trusted ? green : red)
    .map(bold);
  return `${laidOut(selftestBlocks(selftest), options)}\n${answer.join('\n')}\n`;
}

/** Blocks with an empty line between them, ending in a line break. */
function laidOut(blocks: readonly Block[], { color, columns }: TerminalOptions): string {
  const paper = { colors: picocolors.createColors(color), columns };
  const texts = blocks
    .map((block) => blockLines(block, paper))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'));
  return `${texts.join('\n\n')}\n`;
}

function blockLines(block: Block, paper: Paper): string[] {
  switch (block.kind) {
    case 'headline':
      return headlineLines(block, paper);
    case 'prose':
      return prose(block.text, paper.columns);
    case 'list':
      return listLines(block, paper);
    case 'facts':
      return [...title(block.title, paper), ...factLines(paper, block.facts)];
    case 'table':
      return [
        ...title(block.title, paper),
        ...tableLines(block, paper),
        ...block.remarks.flatMap((sentence) => prose(sentence, paper.columns)),
      ];
    case 'changes':
      return changeLines(block, paper);
    case 'command':
      return [...prose(block.text, paper.columns), `  ${plain(block.command, 5000)}`];
    case 'folded':
      return [
        ...title(block.title, paper),
        ...block.blocks.flatMap((inner) => blockLines(inner, paper)),
      ];
  }
}

const title = (text: string, { colors, columns }: Paper): string[] =>
  text === '' ? [] : prose(text, columns).map(colors.bold);

function headlineLines({ verdict, policy, text }: Headline, { colors, columns }: Paper): string[] {
  const banner = colors.bold(paintOf(colors, verdict)(`${verdictSymbols[verdict]} ${verdict}`));
  return [`${banner}${policy}`, ...prose(text, columns)];
}

function listLines({ title: text, items, caution }: List, paper: Paper): string[] {
  const { bold, yellow } = paper.colors;
  const head = prose(text, paper.columns).map((line) => bold(caution ? yellow(line) : line));
  return [...head, ...items.flatMap((item) => bullet(paper, item))];
}

const changeLines = ({ title: text, changes }: Changes, paper: Paper): string[] => [
  ...title(text, paper),
  ...changes.flatMap(({ name, baseline, candidate }) =>
    bullet(paper, `${name}: ${plain(baseline)} → ${plain(candidate)}`),
  ),
];

const bullet = ({ columns }: Paper, text: string): string[] =>
  prose(text, columns - 4).map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`);

const factLines = ({ colors, columns }: Paper, all: readonly Fact[]): string[] =>
  all.flatMap(([label, text]) => {
    const [first = '', ...rest] = labelLines(label, text, columns);
    return [colors.dim(first.slice(0, LABEL_COLUMNS)) + first.slice(LABEL_COLUMNS), ...rest];
  });

/** A label in its own column, and a text beside it with a hanging indent. */
function labelLines(label: string, text: string, columns: number): string[] {
  const lines = prose(text, columns - LABEL_COLUMNS);
  const start = label.padEnd(LABEL_COLUMNS);
  return lines.map((line, index) => `${index === 0 ? start : ' '.repeat(LABEL_COLUMNS)}${line}`);
}

const prose = (text: string, columns: number): string[] =>
  wrap(plain(text, 2000), Math.max(20, Math.min(columns, PROSE_COLUMNS)));
