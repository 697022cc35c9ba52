import type { MetricReport, Report } from '../record/report.js';
import type { Column } from '../report/cells.js';
import type { Fact } from '../report/fact.js';
import type { Grid } from '../report/grid.js';
import { machineGrid } from '../report/machines.js';
import { notes } from '../report/notes.js';
import type { Section } from '../report/sections.js';
import { fieldName, verdictMarks } from '../report/words.js';
import { code, markdown } from '../text/escape.js';

/** The building blocks of the comment and the summary: GitHub Flavored Markdown, escaped here. */

/** A metric a row; figures are right-aligned and never broken at their spaces. */
export function metricTable(metrics: readonly MetricReport[], columns: readonly Column[]): string {
  const filled = columns.filter(({ cell }) => metrics.some((metric) => cell(metric) !== ''));
  const rows = metrics.map((metric) => [
    metricName(metric),
    ...filled.map(({ cell }) => cell(metric).replaceAll(' ', '\u00a0')),
  ]);
  const rules = filled.map(({ align }) => (align === 'left' ? ':--' : '--:'));
  return table(['metric', ...filled.map(({ head }) => head)], [':--', ...rules], rows);
}

/** A table whose first column is words and whose others are figures; the cells are Markdown. */
export const figures = (head: string[], rows: string[][]): string =>
  table(
    head,
    head.map((_, index) => (index === 0 ? ':--' : '--:')),
    rows.map((cells) => cells.map((cell) => cell.replaceAll(' ', '\u00a0'))),
  );

/** A table without its title, and what it comes to. */
export const gridBlock = ({ head, rows, says }: Grid): string =>
  join([
    rows.length === 0 ? '' : figures(head, rows),
    ...says.map((sentence) => markdown(sentence)),
  ]);

/** What each machine says of the metrics that moved on one of them, in at most so many rows. */
export function machineTable(report: Report, most: number): string {
  const grid = machineGrid(report);
  if (grid === undefined || most === 0) return '';
  const { title, head, rows } = grid;
  const cells = rows.slice(0, most).map(([id = '', ...changes]) => [code(id), ...changes]);
  return join([`**${title}**`, figures(head, cells)]);
}

/** The column that says the verdict of each row, for tables that mix them. */
export const verdictColumn: Column = {
  head: 'verdict',
  align: 'left',
  cell: ({ verdict }) => `${verdictMarks[verdict]} ${verdict}`,
};

/** What differs between the sides, in at most so many rows, or nothing. */
export function differenceTable({ differences }: Report, most: number): string {
  if (differences.length === 0) return '';
  const rows = differences
    .slice(0, most)
    .map(({ field, baseline, candidate }) => [
      markdown(fieldName(field)),
      code(baseline),
      code(candidate),
    ]);
  const left = differences.length - rows.length;
  if (left > 0) rows.push([`… and ${left} more`, '', '']);
  const heads = ['differs between the sides', 'baseline', 'candidate'];
  return table(heads, [':--', ':--', ':--'], rows);
}

export const factList = (facts: readonly Fact[]): string =>
  list(facts.map(([label, text]) => `**${markdown(label)}**: ${markdown(text, 1000)}`));

/** Why the metrics of a section have no verdict or no number. */
export const noteList = (section: Section): string =>
  list(
    notes(section).map(
      ({ text, ids }) => `${ids.map((id) => code(id)).join(', ')}: ${markdown(text, 600)}`,
    ),
  );

export const list = (items: readonly string[]): string =>
  items.map((item) => `- ${item}`).join('\n');

/** @param content Markdown; nothing at all gives nothing */
export function details(summary: string, content: string): string {
  if (content === '') return '';
  return `<details>\n<summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** Blocks with an empty line between them; empty blocks vanish. */
export const join = (blocks: readonly string[]): string =>
  blocks.filter((block) => block !== '').join('\n\n');

/**
 * The first text that fits, so that detail goes before the limit cuts.
 *
 * @param drafts from the most to the least detailed; the last must always fit
 * @param limit in bytes of UTF-8, which are never fewer than characters
 */
export function firstThatFits(drafts: readonly (() => string)[], limit: number): string {
  let text = '';
  for (const draft of drafts) {
    text = draft();
    if (Buffer.byteLength(text) <= limit) return text;
  }
  return text;
}

/** A metric's id; a star marks one that informs and does not gate. */
const metricName = ({ id, gate }: MetricReport): string => `${code(id)}${gate ? '' : '\\*'}`;

const table = (heads: string[], rules: string[], rows: string[][]): string =>
  [heads, rules, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
