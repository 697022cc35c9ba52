import { isMeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import type { Block, Headline } from '../report/blocks.js';
import { type Part, type PartName, partsOf } from '../report/parts.js';
import {
  countsText,
  countVerdicts,
  errorBudgetText,
  isClear,
  isRed,
  replicatesText,
} from '../report/words.js';
import { code, markdown } from '../text/escape.js';
import { countOf } from '../text/units.js';
import {
  details,
  firstThatFits,
  headlineText,
  join,
  layOut,
  type MarkdownLayout,
} from './markdown.js';
import { arrange, type Placement } from './placement.js';

export interface CommentOptions {
  /** The commit that was measured: a comment may be older than the pull request's last one. */
  commit?: string;
  runUrl?: string;
  /** Whether the comment that this one replaces left a regression open. */
  wasRegressed?: boolean;
}

/** What a comment may hold (65,536), less what GitHub and the hidden lines above may add. */
const MAX_BYTES = 65_000;
const SHORT_COMMIT = 7;

const METHOD = 'How this was measured';

/** Where each part of a report goes. What the rest is called depends on the report. */
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

/** How much of a report a comment tells. */
interface Detail extends MarkdownLayout {
  /** Parts that there is no room for. */
  without: readonly PartName[];
}

const LAYOUT = { columns: 5, openRows: 10, rows: Infinity, items: 20 };

const fromMostDetail: readonly Detail[] = [
  { ...LAYOUT, without: [] },
  { ...LAYOUT, rows: 60, items: 10, without: ['rest'] },
  {
    ...LAYOUT,
    rows: 0,
    items: 10,
    without: ['rest', 'trust', 'place', 'sides', 'reproduce', 'machines'],
  },
  {
    ...LAYOUT,
    rows: 0,
    items: 0,
    without: [
      'rest',
      'cause',
      'found',
      'machines',
      'differences',
      'caveats',
      'trust',
      'place',
      'sides',
      'reproduce',
    ],
  },
];

/**
 * The sticky comment on a pull request, always within GitHub's limit: what was found, what could
 * explain it, and folded away the rest.
 */
export function renderComment(report: Report, options: CommentOptions): string {
  const parts = partsOf(report);
  return firstThatFits(
    fromMostDetail.map((detail) => () => draft(report, parts, options, detail)),
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
  const rest = detail.without.includes('rest') ? `${restTitle(report)}.` : '';
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

/** What the comment becomes when a commit could not be measured: why, in one sentence. */
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

const EARLIER = 'An earlier version of this comment reported a regression:';

/** The comment stays when the regression is gone, so it has to say so. */
function clearedText(report: Report): string {
  if (isRed(report)) return '';
  if (isClear(report)) return `${EARLIER} it is gone.`;
  return report.verdict === 'no-baseline' || report.verdict === 'incomparable'
    ? `${EARLIER} this run neither confirms it nor shows that it is gone.`
    : `${EARLIER} this run does not confirm it.`;
}

/** What is not a finding, in numbers: `The other 16 metrics: 1 inconclusive, 15 unchanged`. */
function restTitle({ design, findings }: Report): string {
  const told = (finding: Report['findings'][number]): boolean =>
    design !== 'self' &&
    (finding.verdict === 'blocked' ||
      (finding.gate && (finding.verdict === 'regressed' || finding.verdict === 'improved')));
  const rest = findings.filter((finding) => !told(finding));
  const which = rest.length === findings.length ? 'All' : 'The other';
  const verdicts = design === 'self' ? '' : `: ${countsText(countVerdicts(rest))}`;
  return `${which} ${countOf(rest.length, 'metric')}${verdicts}`;
}

const reportFooter = (report: Report, { runUrl }: CommentOptions): string =>
  footer([
    report.design,
    ...(report.findings.some(isMeasuredReport) ? timedFooter(report) : []),
    runLink(runUrl),
    `syscall-gate ${markdown(report.tool, 40)}`,
  ]);

/** Of what is counted there is no error to budget for. */
const timedFooter = (report: Report): string[] => [
  report.design === 'self' ? '' : errorBudgetText(report),
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
