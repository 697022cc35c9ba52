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
import { verdictMarks } from '../report/verdict-words.js';
import { code, markdown } from '../text/escape.js';

/** Blocks as GitHub Flavored Markdown. All text is escaped here and nowhere else. */

/** How much of the blocks is laid out. */
export interface MarkdownLayout {
  /** Heading level of block titles: 3 is `###`. Without it, titles are bold text. */
  headings?: number;
  /** Maximum number of columns after the first in a table of metrics; the least important go first. */
  columns: number;
  /** Rows of a group that are shown open; further rows are folded away. */
  openRows: number;
  /** Rows of a group in total; of further rows only the number is shown. */
  rows: number;
  /** Maximum number of items of a list, and of differences. */
  items: number;
}

/** @returns Markdown without a final line break */
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

/** @param at text after the verdict, such as the commit */
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

const factList = (all: readonly Fact[]): string =>
  bullets(all.map(([label, text]) => `**${markdown(label)}**: ${markdown(text, MAX_ITEM)}`));

const bullets = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

/** A table of metrics has several titled groups. Any other table has one group without a title. */
function tableBlock(table: Table, layout: MarkdownLayout): string {
  const fitting =
    table.names === 'metrics' && table.title === '' ? narrowed(table, layout.columns) : table;
  return join([
    title(table.title, layout),
    ...fitting.groups.map((group) => groupBlock(fitting, group, layout)),
    ...table.remarks.map((sentence) => markdown(sentence, MAX_PROSE)),
  ]);
}

/** Rows that a cause above explains are folded away, if the layout folds anything. */
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
    rows.map(({ name, ungated, cells }) => [
      names === 'metrics' ? `${code(name)}${ungated ? '\\*' : ''}` : markdown(name),
      ...cells,
    ]),
  );
}

/** A table with words in the first column and figures in the others, which never break at blanks. */
const figures = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
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

/** @param content Markdown; an empty text gives an empty result */
export function details(summary: string, content: string): string {
  if (content === '') return '';
  return `<details>\n<summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** Blocks with an empty line between them. Empty blocks are dropped. */
export const join = (blocks: readonly string[]): string =>
  blocks.filter((block) => block !== '').join('\n\n');

/**
 * The first draft that fits: detail is dropped, so that the limit never cuts a text off.
 *
 * @param drafts from the most to the least detailed; the last must always fit
 * @param limit in bytes of UTF-8; a text never has fewer bytes than characters
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
