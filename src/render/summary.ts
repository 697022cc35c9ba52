import type { Report } from '../record/report.js';
import { type Part, type PartName, partsOf } from '../report/parts.js';
import { details, firstThatFits, join, layOut, type MarkdownLayout } from './markdown.js';
import { arrange, type Placement } from './placement.js';

/** GitHub drops a summary of more than 1 MiB entirely, and other steps of the job may write too. */
const MAX_BYTES = 900 * 1024;

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
  tails: { folded: 'Tails: single operations, not judged' },
  environment: { folded: 'Everything known about the machine and the kernel' },
  reproduce: { folded: 'How to reproduce it' },
};

const SHORTEST: readonly PartName[] = ['headline', 'found', 'caveats', 'next'];
const SHORTENED = '\nThe rest did not fit here: see report.json in the artifact of this run.\n';

const LAYOUT: MarkdownLayout = {
  ...{ headings: 3, columns: Infinity, openRows: Infinity, rows: Infinity, items: 100 },
};

/**
 * The whole report for the job summary: every metric, and everything known about the target and the
 * machine. Always within GitHub's limit: rows are dropped before sections.
 */
export function renderSummary(report: Report): string {
  const parts = partsOf(report);
  return firstThatFits(
    [
      () => draft(parts, LAYOUT),
      () => draft(parts, { ...LAYOUT, rows: 100, items: 50 }),
      () =>
        draft(
          parts.filter(({ name }) => name !== 'rest'),
          { ...LAYOUT, rows: 20, items: 20 },
        ),
      () =>
        draft(
          parts.filter(({ name }) => SHORTEST.includes(name)),
          { ...LAYOUT, rows: 0, items: 3 },
        ) + SHORTENED,
      () =>
        draft(
          parts.filter(({ name }) => name === 'headline'),
          { ...LAYOUT, rows: 0 },
        ) + SHORTENED,
    ],
    MAX_BYTES,
  );
}

function draft(parts: readonly Part[], layout: MarkdownLayout): string {
  const texts = arrange(parts, PLACES).map(({ folded, blocks }) => {
    const text = layOut(blocks, layout);
    return folded === undefined ? text : details(folded, text);
  });
  return `${join(texts)}\n`;
}
