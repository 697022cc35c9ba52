import { isMeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { isRed } from '../record/verdict.js';
import type { Block, Headline } from '../report/blocks.js';
import { falseAlarmText, replicatesText } from '../report/design-words.js';
import { restTitle } from '../report/finding-blocks.js';
import { type Part, type PartName, partsOf } from '../report/parts.js';
import { isClear } from '../report/verdict-words.js';
import { code, markdown } from '../text/escape.js';
import {
  details,
  firstThatFits,
  headlineText,
  join,
  layOut,
  type MarkdownLayout,
} from './markdown.js';
import { arrange, type Placement } from './placement.js';

interface CommentOptions {
  /** The measured commit: the comment may be older than the pull request's newest commit. */
  commit?: string;
  runUrl?: string;
  /** Whether the comment that this one replaces left a regression open. */
  wasRegressed?: boolean;
}

/** GitHub's limit for a comment (65,536), less what GitHub and the hidden lines above may add. */
const MAX_BYTES = 65_000;
const SHORT_COMMIT = 7;

const METHOD = 'How this was measured';

/** Where each part of a report goes. The title of the rest depends on the report. */
const PLACES: Record<PartName, Placement> = {
  headline: 'open',
  cause: 'open',
  found: 'open',
  machines: 'open',
  differences: 'open',
  caveats: 'open',
  next: 'open',
  rest: { folded: 'rest' },
  sides: { folded: METHOD },
  trust: { folded: METHOD },
  place: { folded: METHOD },
  reproduce: { folded: 'How to reproduce it' },
  crossing: 'left out',
  tails: 'left out',
  environment: 'left out',
};

/** How much of a report a comment shows. */
interface Detail extends MarkdownLayout {
  /** Parts that are left out. */
  without: readonly PartName[];
}

const LAYOUT = { columns: 5, openRows: 10, rows: Infinity, items: 20 };

const DETAILED: readonly PartName[] = ['trust', 'place', 'sides', 'reproduce', 'machines'];

/** From the most detail to the least. Losses and caveats go last, and never without a word. */
const DETAILS: readonly Detail[] = [
  { ...LAYOUT, without: [] },
  { ...LAYOUT, rows: 60, items: 10, without: ['rest'] },
  { ...LAYOUT, rows: 0, items: 10, without: ['rest', ...DETAILED] },
  { ...LAYOUT, rows: 0, items: 3, without: ['rest', ...DETAILED, 'cause', 'differences'] },
  {
    ...LAYOUT,
    ...{ rows: 0, items: 0 },
    without: ['rest', ...DETAILED, 'cause', 'differences', 'found', 'caveats'],
  },
];

const SHORTENED = 'The rest did not fit here: see the job summary.';

/**
 * The sticky comment on a pull request, always within GitHub's limit. It shows what was found and what
 * could explain it. Everything else is folded away.
 */
export function renderComment(report: Report, options: CommentOptions): string {
  const parts = partsOf(report);
  return firstThatFits(
    DETAILS.map((detail) => () => draft(report, parts, options, detail)),
    MAX_BYTES,
  );
}

function draft(
  report: Report,
  parts: readonly Part[],
  options: CommentOptions,
  detail: Detail,
): string {
  const shown = parts.filter(({ name }) => !detail.without.includes(name));
  const left = parts.filter(({ name }) => detail.without.includes(name));
  const rest = left.length === 0 ? '' : `${restTitle(report)}. ${SHORTENED}`;
  const blocks = arrange(shown, PLACES).map(({ folded, blocks: own }) => {
    const text = join(own.map((block) => blockText(block, options, report, detail)));
    return folded === undefined
      ? text
      : details(folded === 'rest' ? restTitle(report) : folded, text);
  });
  return `${join([...blocks, rest, reportFooter(report, options)])}\n`;
}

const blockText = (
  block: Block,
  options: CommentOptions,
  report: Report,
  detail: Detail,
): string => (block.kind === 'headline' ? head(block, options, report) : layOut([block], detail));

const head = (block: Headline, options: CommentOptions, report: Report): string =>
  join([
    headlineText(block, atCommit(options), '###'),
    options.wasRegressed ? clearedText(report) : '',
  ]);

/** The comment for a commit that could not be measured: why, in one sentence. */
export function renderNotMeasured(reason: string, options: CommentOptions): string {
  const blocks = [
    `### ⚫ syscall-gate: not measured${atCommit(options)}`,
    `The newest commit could not be measured: ${markdown(reason, 1000)}`,
    options.wasRegressed ? `${EARLIER} nothing is known about it at this commit.` : '',
    footer([runLink(options.runUrl)]),
  ];
  return `${join(blocks)}\n`;
}

const atCommit = ({ commit }: CommentOptions): string =>
  commit === undefined ? '' : ` at ${code(commit.slice(0, SHORT_COMMIT))}`;

const EARLIER = 'An earlier version of this comment reported a regression or a lost operation:';

/** The comment stays when a regression is gone, so it must say that. */
function clearedText(report: Report): string {
  if (isRed(report)) return '';
  if (isClear(report)) return `${EARLIER} it is gone.`;
  return report.verdict === 'no-baseline' || report.verdict === 'incomparable'
    ? `${EARLIER} this run neither confirms it nor shows that it is gone.`
    : `${EARLIER} this run does not confirm it.`;
}

const reportFooter = (report: Report, { runUrl }: CommentOptions): string =>
  footer([
    report.design,
    ...(report.findings.some(isMeasuredReport) ? timedFooter(report) : []),
    runLink(runUrl),
    `syscall-gate ${markdown(report.tool, 40)}`,
  ]);

/** Counts have no false-alarm rate, so this is only for times. */
const timedFooter = (report: Report): string[] => [
  report.design === 'self' ? '' : falseAlarmText(report),
  replicatesText(report),
];

function footer(parts: string[]): string {
  const said = parts.filter((part) => part !== '');
  return said.length === 0 ? '' : `<sub>${said.join(' · ')}</sub>`;
}

function runLink(runUrl: string | undefined): string {
  if (runUrl === undefined || !/^https?:\/\//.test(runUrl) || !URL.canParse(runUrl)) return '';
  return `[workflow run](<${new URL(runUrl).href}>)`;
}
