import {
  type Block,
  type Changes,
  type Command,
  type Fact,
  type Group,
  type Headline,
  type List,
  type Note,
  narrowed,
  type Row,
  type Table,
} from '../report/blocks.js';
import { verdictMarks } from '../report/words.js';
import { code, markdown } from '../text/escape.js';

/** Blocks as GitHub Flavored Markdown. All text is escaped here, and nowhere else. */

/** How much of the blocks is laid out, and how large. */
export interface MarkdownLayout {
  /** Level of the titles of blocks: 3 is `###`; bold text without one. */
  headings?: number;
  /** Columns of a table of metrics, its first not counted; the least important are left out. */
  columns: number;
  /** Rows of a group that are not folded away. */
  openRows: number;
  /** Rows of a group at all; the others are a number. */
  rows: number;
  /** Items of a list, and differences. */
  items: number;
}

/** @returns Markdown, without a line break at its end */
export const layOut = (blocks: readonly Block[], layout: MarkdownLayout): string =>
  join(blocks.map((block) => blockText(block, layout)));

function blockText(block: Block, layout: MarkdownLayout): string {
  switch (block.kind) {
    case 'headline':
      return headlineText(block, '', '##');
    case 'prose':
      return markdown(block.text, MAX_PROSE);
    case 'list':
      return listBlock(block, layout);
    case 'facts':
      return join([title(block.title, layout), factList(block.facts)]);
    case 'table':
      return tableBlock(block, layout);
    case 'changes':
      return changesBlock(block, layout);
    case 'command':
      return commandBlock(block);
    case 'folded':
      return details(block.title, layOut(block.blocks, layout));
  }
}

const MAX_PROSE = 2000;
const MAX_HEADLINE = 600;
const MAX_ITEM = 1000;

/** @param at what is said behind the verdict, such as the commit */
export const headlineText = (
  { verdict, policy, text }: Headline,
  at: string,
  heading: string,
): string =>
  join([
    `${heading} ${verdictMarks[verdict]} syscall-gate: ${verdict}${at}${policy}`,
    `**${markdown(text, MAX_HEADLINE)}**`,
  ]);

const title = (text: string, { headings }: MarkdownLayout): string => {
  if (text === '') return '';
  const escaped = markdown(text);
  return headings === undefined ? `**${escaped}**` : `${'#'.repeat(headings)} ${escaped}`;
};

function listBlock({ title: text, items }: List, layout: MarkdownLayout): string {
  const shown = items.slice(0, layout.items).map((item) => markdown(item, MAX_ITEM));
  const left = items.length - shown.length;
  return join([title(text, layout), bullets(left > 0 ? [...shown, `… and ${left} more`] : shown)]);
}

export const factList = (all: readonly Fact[]): string =>
  bullets(all.map(([label, text]) => `**${markdown(label)}**: ${markdown(text, MAX_ITEM)}`));

export const bullets = (items: readonly string[]): string =>
  items.map((item) => `- ${item}`).join('\n');

/** Metrics one group after the other, each with its title; another table has one group without one. */
function tableBlock(table: Table, layout: MarkdownLayout): string {
  const fitting =
    table.names === 'metrics' && table.title === '' ? narrowed(table, layout.columns) : table;
  return join([
    title(table.title, layout),
    ...fitting.groups.map((group) => groupBlock(fitting, group, layout)),
    ...table.says.map((sentence) => markdown(sentence, MAX_PROSE)),
  ]);
}

/** What a cause above explains is its evidence, and folded away where anything is. */
function groupBlock(table: Table, group: Group, layout: MarkdownLayout): string {
  const rows = group.rows.slice(0, layout.rows);
  const left = group.rows.length - rows.length;
  const open = group.explained && layout.openRows < Infinity ? 0 : layout.openRows;
  const [shown, folded] = [rows.slice(0, open), rows.slice(open)];
  const more = left > 0 ? `… and ${left} more.` : '';
  const summary = `${markdown(group.title)}: ${folded.length}${shown.length > 0 ? ' more' : ''}`;
  return join([
    shown.length + group.notes.length > 0 || more !== '' ? title(group.title, layout) : '',
    rowsTable(table, shown),
    noteList(group.notes),
    details(summary, rowsTable(table, folded)),
    more,
  ]);
}

function rowsTable({ names, head, columns }: Table, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  return figures(
    [head, ...columns.map((column) => column.head)],
    rows.map(({ name, informs, cells }) => [
      names === 'metrics' ? `${code(name)}${informs ? '\\*' : ''}` : markdown(name),
      ...cells,
    ]),
  );
}

/** A table whose first column is words and whose others are figures, never broken at their blanks. */
export const figures = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  markdownTable(
    head,
    head.map((_, index) => (index === 0 ? ':--' : '--:')),
    rows.map(([name = '', ...cells]) => [
      name,
      ...cells.map((cell) => cell.replaceAll(' ', '\u00a0')),
    ]),
  );

const noteList = (notes: readonly Note[]): string =>
  bullets(
    notes.map(({ text, ids }) => `${ids.map((id) => code(id)).join(', ')}: ${markdown(text, 600)}`),
  );

function changesBlock({ title: text, changes }: Changes, { items }: MarkdownLayout): string {
  const rows = changes
    .slice(0, items)
    .map(({ name, baseline, candidate }) => [markdown(name), code(baseline), code(candidate)]);
  const left = changes.length - rows.length;
  if (left > 0) rows.push([`… and ${left} more`, '', '']);
  return markdownTable([lowerFirst(text), 'baseline', 'candidate'], [':--', ':--', ':--'], rows);
}

const lowerFirst = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;

const commandBlock = ({ text, command }: Command): string =>
  join([markdown(text), `\`\`\`sh\n${command}\n\`\`\``]);

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

const markdownTable = (
  heads: readonly string[],
  rules: readonly string[],
  rows: readonly (readonly string[])[],
): string => [heads, rules, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
