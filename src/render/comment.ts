import type { Report } from '../record/report.js';
import { CAUSES_TITLE, causeTexts } from '../report/causes.js';
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
} from '../report/cells.js';
import { certificateGrid } from '../report/certificate.js';
import { configurationText } from '../report/configuration.js';
import { countedGrid } from '../report/counted.js';
import { diagnosisText } from '../report/diagnosis.js';
import { legend, placeFacts, sideFacts } from '../report/facts.js';
import { isFinding, type Section, sections } from '../report/sections.js';
import {
  countsText,
  countVerdicts,
  errorBudgetText,
  nextStepText,
  policyText,
  replicatesText,
  verdictMarks,
} from '../report/words.js';
import { DEFAULT_ALPHA, DUET_MARGIN, PREDICTION_MARGIN } from '../stats/assumptions.js';
import { code, markdown, shellWord } from '../text/escape.js';
import { countOf } from '../text/units.js';
import {
  details,
  differenceTable,
  factList,
  firstThatFits,
  gridBlock,
  join,
  list,
  machineTable,
  metricTable,
  noteList,
  verdictColumn,
} from './markdown.js';

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
const MOST_FINDINGS = 60;
const MOST_DIFFERENCES = 20;
const MOST_CAVEATS = 10;
/** Rows of counts that are not folded away. */
const MOST_COUNTS = 10;

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

/** Whether the report shows that no gated metric is slower, rather than failing to show one. */
export const isClear = ({ verdict, counts, counted }: Report): boolean =>
  verdict === 'unchanged' ||
  (verdict === 'improved' && openVerdicts(counts) + openVerdicts(counted?.counts) === 0);

const openVerdicts = (counts?: Report['counts']): number =>
  counts === undefined ? 0 : counts.inconclusive + counts.incomparable;

function draft(report: Report, options: CommentOptions, detail: Detail): string {
  const all = sections(report);
  const verdict = `${report.verdict}${atCommit(options)}${policyText(report)}`;
  const blocks = [
    `### ${verdictMarks[report.verdict]} syscall-gate: ${verdict}`,
    `**${markdown(report.headline, 600)}**`,
    options.wasRegressed ? clearedText(report) : '',
    diagnosisBlock(report),
    ...all.filter(isFinding).map((section) => findings(report, section, detail.findings)),
    countedBlock(report, detail.findings),
    machineTable(report, detail.findings),
    ...(detail.context ? context(report) : []),
    others(report, all, detail.others),
    ...(detail.context ? [methodDetails(report), reproduceDetails(report)] : []),
    reportFooter(report, options),
  ];
  return `${join(blocks)}\n`;
}

const atCommit = ({ commit }: CommentOptions): string =>
  commit === undefined ? '' : ` at ${code(commit.slice(0, SHORT_COMMIT))}`;

const EARLIER = 'An earlier version of this comment reported a regression:';

/** The comment stays when the regression is gone, so it has to say so. */
function clearedText(report: Report): string {
  if (report.verdict === 'regressed') return '';
  if (isClear(report)) return `${EARLIER} it is gone.`;
  return report.verdict === 'no-baseline' || report.verdict === 'incomparable'
    ? `${EARLIER} this run neither confirms it nor shows that it is gone.`
    : `${EARLIER} this run does not confirm it.`;
}

const diagnosisBlock = ({ diagnosis }: Report): string =>
  diagnosis === null ? '' : markdown(diagnosisText(diagnosis), 1500);

/** The metrics that one cause explains are evidence for it, and folded away. */
function findings(report: Report, section: Section, most: number): string {
  const explained = new Set(report.diagnosis?.explained);
  if (explained.size === 0 || most === 0) return finding(section, most);
  const inside = section.metrics.filter(({ id }) => explained.has(id));
  const outside = section.metrics.filter(({ id }) => !explained.has(id));
  const title = `${section.title}: ${countOf(inside.length, 'metric')} by that cause`;
  return join([
    outside.length === 0 ? '' : finding({ ...section, metrics: outside }, most),
    inside.length === 0 ? '' : details(title, finding({ ...section, metrics: inside }, most)),
  ]);
}

function finding(section: Section, most: number): string {
  if (most === 0) return '';
  const shown = { ...section, metrics: section.metrics.slice(0, most) };
  const left = section.metrics.length - shown.metrics.length;
  const columns = [baseline, candidate, added, change, interval];
  const more = left > 0 ? `… and ${countOf(left, 'more metric')}.` : '';
  if (section.kind === 'access') return join([`**${section.title}**`, noteList(shown), more]);
  const table = join([metricTable(shown.metrics, columns), more]);
  return join([section.kind === 'regressed' ? '' : `**${section.title}**`, table]);
}

/** What the counts come to by function, then the largest changes by metric, and the others folded. */
function countedBlock({ counted }: Report, most: number): string {
  if (counted === null || most === 0) return '';
  const { title, says, ...grid } = countedGrid(counted);
  // Seven columns are too wide for a comment, and the last is the resolution.
  const [head = [], ...rows] = [grid.head, ...grid.rows].map((cells) => cells.slice(0, -1));
  const causes = list(causeTexts(counted).map((text) => markdown(text, 1000)));
  const folded = rows.slice(MOST_COUNTS, most);
  const left = rows.length - Math.min(rows.length, Math.max(most, MOST_COUNTS));
  const more = left > 0 ? `… and ${countOf(left, 'more metric')}.` : '';
  return join([
    ...(causes === '' ? [] : [`**${CAUSES_TITLE}**`, causes]),
    `**${title}**`,
    gridBlock({ title, head, rows: rows.slice(0, MOST_COUNTS), says: [] }),
    details(
      `${countOf(folded.length, 'other metric')} of which the count changed`,
      folded.length === 0 ? '' : join([gridBlock({ title, head, rows: folded, says: [] }), more]),
    ),
    gridBlock({ title, head, rows: [], says }),
  ]);
}

function context(report: Report): string[] {
  const caveats = report.caveats.slice(0, MOST_CAVEATS).map((caveat) => markdown(caveat));
  const left = report.caveats.length - caveats.length;
  return [
    differenceTable(report, MOST_DIFFERENCES),
    markdown(configurationText(report), 2000),
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
    join([
      factList([...sideFacts(report), ...placeFacts(report), ...legend(report)]),
      report.metrics.length === 0 ? '' : gridBlock(certificateGrid(report.certificate)),
    ]),
  );

function reproduceDetails(report: Report): string {
  const { baseline: before, candidate: after } = report;
  if (report.design === 'shards') return reproduceMerge(report);
  const stored = before.spec === 'artifact';
  const command = [
    'npm start --',
    `--baseline ${stored ? 'directory:runs' : shellWord(before.spec)}`,
    `--candidate ${shellWord(after.spec)}`,
    ...(report.counted !== null && report.metrics.length === 0 ? ['--evidence counted'] : []),
    ...judgingOptions(report),
  ].join(' ');
  const where = stored
    ? 'In a clone of syscall-gate on a machine of the same kind, with the run records that the workflow stored as artifacts unpacked into the folder `runs`:'
    : 'In a clone of syscall-gate on a machine of the same kind:';
  return details('How to reproduce it', join([where, `\`\`\`sh\n${command}\n\`\`\``]));
}

function reproduceMerge(report: Report): string {
  const command = ['npm start -- merge shards', ...judgingOptions(report)].join(' ');
  const where =
    'In a clone of syscall-gate, with the artifacts that the shards stored unpacked into folders of the folder `shards`:';
  return details('How to reproduce it', join([where, `\`\`\`sh\n${command}\n\`\`\``]));
}

/** What the comparison was judged by, where that is not what the command line does by itself. */
function judgingOptions(report: Report): string[] {
  const rules = marginRules(report);
  return [
    ...(rules.length === 0 ? [] : [`--margin ${shellWord(rules.join(','))}`]),
    ...(report.alpha === DEFAULT_ALPHA ? [] : [`--alpha ${report.alpha}`]),
  ];
}

/** The commonest margin for all metrics, then those that have another: the last rule wins. */
function marginRules({ design, metrics }: Report): string[] {
  const usual = design === 'prediction' ? PREDICTION_MARGIN : DUET_MARGIN;
  const timed = metrics.filter(({ margin }) => margin > 0);
  const margins = timed.map(({ margin }) => margin);
  const count = (ratio: number): number => margins.filter((margin) => margin === ratio).length;
  const [base = usual] = margins.toSorted((one, other) => count(other) - count(one));
  return [
    ...(base === usual ? [] : [percent(base)]),
    ...timed
      .filter(({ margin }) => margin !== base)
      .map(({ id, margin }) => `${id}=${percent(margin)}`),
  ];
}

/** As a person would write it: 0.07 × 100 is not 7 in binary. */
const percent = (ratio: number): string => `${Number((100 * ratio).toPrecision(6))}%`;

const reportFooter = (report: Report, { runUrl }: CommentOptions): string =>
  footer([
    report.design,
    ...(report.metrics.length === 0 ? [] : timedFooter(report)),
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
