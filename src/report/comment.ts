import { countOf } from '../units.js';
import {
  added,
  baseline,
  candidate,
  change,
  cost,
  floor,
  floorInterval,
  interval,
  mde80,
} from './cells.js';
import { markdown, shellWord } from './escape.js';
import { legend, machineFacts, sideFacts } from './facts.js';
import {
  details,
  differenceTable,
  factList,
  firstThatFits,
  join,
  list,
  metricTable,
  noteList,
  verdictColumn,
} from './markdown.js';
import type { Report } from './report.js';
import { isFinding, type Section, sections } from './sections.js';
import {
  countsText,
  countVerdicts,
  errorBudgetText,
  nextStepText,
  policyText,
  replicatesText,
  verdictMarks,
} from './words.js';

export interface CommentOptions {
  /** The HTML comment, on a line of its own, by which later runs find this comment again. */
  marker: string;
  runUrl?: string;
}

/** What a comment may hold (65,536), less what GitHub may add. */
const MAX_BYTES = 65_000;
const MOST_FINDINGS = 60;
const MOST_DIFFERENCES = 20;
const MOST_CAVEATS = 10;

/** How much of a report a comment tells. */
interface Detail {
  findings: number;
  others: readonly Section['kind'][];
  context: boolean;
}

const undecided = ['inconclusive', 'incomparable'] as const;

const fromMostDetail: readonly Detail[] = [
  { findings: Infinity, others: [...undecided, 'family', 'absent'], context: true },
  { findings: Infinity, others: undecided, context: true },
  { findings: MOST_FINDINGS, others: [], context: true },
  { findings: 0, others: [], context: false },
];

/**
 * The sticky comment on a pull request, always within GitHub's limit: what regressed, what could
 * explain it, and folded away the rest.
 */
export const renderComment = (report: Report, options: CommentOptions): string =>
  firstThatFits(
    fromMostDetail.map((detail) => () => draft(report, options, detail)),
    MAX_BYTES,
  );

function draft(report: Report, { marker, runUrl }: CommentOptions, detail: Detail): string {
  const all = sections(report);
  const heading = `### ${verdictMarks[report.verdict]} syscall-gate: ${report.verdict}${policyText(report)}`;
  const blocks = [
    `${marker}\n${heading}`,
    `**${markdown(report.headline, 600)}**`,
    clearedText(report),
    ...all.filter(isFinding).map((section) => finding(section, detail.findings)),
    ...(detail.context ? context(report) : []),
    others(report, all, detail.others),
    ...(detail.context ? [methodDetails(report), reproduceDetails(report)] : []),
    footer(report, runUrl),
  ];
  return `${join(blocks)}\n`;
}

/** The comment stays when the regression is gone, so it has to say so. */
function clearedText({ verdict, counts }: Report): string {
  const earlier = 'If an earlier version of this comment reported a regression,';
  if (verdict === 'regressed') return '';
  if (verdict === 'no-baseline' || verdict === 'incomparable') {
    return `${earlier} this run neither confirms it nor shows that it is gone.`;
  }
  const undecidedCount = counts.inconclusive + counts.incomparable;
  return `${earlier} ${undecidedCount === 0 ? 'it is gone' : 'this run does not confirm it'}.`;
}

function finding(section: Section, most: number): string {
  if (most === 0) return '';
  const shown = { ...section, metrics: section.metrics.slice(0, most) };
  const left = section.metrics.length - shown.metrics.length;
  const columns = [baseline, candidate, added, change, interval];
  return join([
    section.kind === 'regressed' ? '' : `**${section.title}**`,
    section.kind === 'access' ? noteList(shown) : metricTable(shown.metrics, columns),
    left > 0 ? `… and ${countOf(left, 'more metric')}.` : '',
  ]);
}

function context(report: Report): string[] {
  const caveats = report.caveats.slice(0, MOST_CAVEATS).map((caveat) => markdown(caveat));
  const left = report.caveats.length - caveats.length;
  return [
    differenceTable(report, MOST_DIFFERENCES),
    caveats.length === 0 ? '' : `**Caveats**\n\n${list(caveats)}`,
    left > 0 ? `… and ${countOf(left, 'more caveat')}.` : '',
    markdown(nextStepText(report)),
  ];
}

/** What is not a finding, folded away; where there is no room for rows, in numbers. */
function others(report: Report, all: Section[], kinds: readonly Section['kind'][]): string {
  const rest = all.filter((section) => !isFinding(section));
  const metrics = rest.flatMap((section) => section.metrics);
  if (metrics.length === 0) return '';
  const which = metrics.length === report.metrics.length ? 'All' : 'The other';
  const verdicts = report.design === 'self' ? '' : `: ${countsText(countVerdicts(metrics))}`;
  const title = `${which} ${countOf(metrics.length, 'metric')}${verdicts}`;
  const shown = rest.filter(({ kind }) => kinds.includes(kind));
  if (shown.length === 0) return `${title}.`;
  const numbers = shown.filter(({ kind }) => kind !== 'absent');
  const columns =
    report.design === 'self'
      ? [cost, floor, floorInterval, mde80]
      : [verdictColumn, candidate, change, interval, mde80];
  const rows = numbers.flatMap((section) => section.metrics);
  const table = rows.length === 0 ? '' : metricTable(rows, columns);
  return details(title, join([table, ...shown.map(noteList)]));
}

const methodDetails = (report: Report): string =>
  details(
    'How this was measured',
    factList([...sideFacts(report), ...machineFacts(report), ...legend(report)]),
  );

function reproduceDetails(report: Report): string {
  const { baseline: before, candidate: after } = report;
  const stored = before.spec === 'artifact';
  const command = [
    'syscall-gate',
    '--baseline',
    stored ? 'directory:runs' : shellWord(before.spec),
    '--candidate',
    shellWord(after.spec),
  ].join(' ');
  const first =
    'On a machine of the same kind, with the run records that the workflow stored as artifacts unpacked into the folder `runs`:';
  return details(
    'How to reproduce it',
    join([stored ? first : '', `\`\`\`sh\n${command}\n\`\`\``]),
  );
}

function footer(report: Report, runUrl: string | undefined): string {
  const parts = [
    report.design,
    report.design === 'self' ? '' : errorBudgetText(report),
    replicatesText(report),
    runLink(runUrl),
    `syscall-gate ${markdown(report.tool, 40)}`,
  ];
  return `<sub>${parts.filter((part) => part !== '').join(' · ')}</sub>`;
}

function runLink(runUrl: string | undefined): string {
  if (runUrl === undefined || !/^https?:\/\//.test(runUrl) || !URL.canParse(runUrl)) return '';
  return `[workflow run](<${new URL(runUrl).href}>)`;
}
