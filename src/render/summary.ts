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
import { crossingFacts, crossingGrids } from '../report/crossing-text.js';
import { diagnosisText } from '../report/diagnosis.js';
import type { Fact } from '../report/fact.js';
import { legend, placeFacts, sideFacts } from '../report/facts.js';
import { type Section, sections } from '../report/sections.js';
import { fieldName, nextStepText, policyText, verdictMarks } from '../report/words.js';
import { code, markdown } from '../text/escape.js';
import { countOf, formatNs } from '../text/units.js';
import {
  details,
  differenceTable,
  factList,
  figures,
  firstThatFits,
  gridBlock,
  join,
  list,
  machineTable,
  metricTable,
  noteList,
} from './markdown.js';

/** GitHub drops a summary of more than 1 MiB whole; other steps of the job may write theirs too. */
const MAX_BYTES = 900 * 1024;
const MOST_DIFFERENCES = 100;
const MOST_CAVEATS = 100;
const MOST_MACHINE_ROWS = 100;

/**
 * The whole report for the job summary: every metric, and everything known about what was measured
 * and where. Always within GitHub's limit: first the reasons go, then the rows.
 */
export function renderSummary(report: Report): string {
  const all = sections(report);
  const rows = (section: Section) => [`### ${titleOf(report, section)}`, rowsOf(report, section)];
  const rowsAndNotes = (section: Section) => [...rows(section), noteList(section)];
  return firstThatFits(
    [
      () => draft(report, all.flatMap(rowsAndNotes)),
      () => draft(report, all.flatMap(rows)),
      () => draft(report, all.map(inNumbers)),
    ],
    MAX_BYTES,
  );
}

function draft(report: Report, metrics: string[]): string {
  const blocks = [
    `## ${verdictMarks[report.verdict]} syscall-gate: ${report.verdict}${policyText(report)}`,
    `**${markdown(report.headline, 600)}**`,
    report.diagnosis === null ? '' : markdown(diagnosisText(report.diagnosis), 1500),
    factList(sideFacts(report)),
    ...metrics,
    countedBlock(report),
    machineTable(report, MOST_MACHINE_ROWS),
    ...crossingBlocks(report),
    tailsDetails(report),
    ...(report.metrics.length === 0 ? [] : certificateBlocks(report)),
    factList(legend(report)),
    differenceTable(report, MOST_DIFFERENCES),
    markdown(configurationText(report), 2000),
    caveats(report),
    factList(placeFacts(report)),
    details('Everything known about the machine and the kernel', factList(environment(report))),
    markdown(nextStepText(report)),
  ];
  return `${join(blocks)}\n`;
}

function countedBlock({ counted }: Report): string {
  if (counted === null) return '';
  const grid = countedGrid(counted);
  const causes = list(causeTexts(counted).map((text) => markdown(text, 1000)));
  return join([
    ...(causes === '' ? [] : [`### ${CAUSES_TITLE}`, causes]),
    ...[`### ${grid.title}`, gridBlock(grid)],
  ]);
}

function crossingBlocks({ crossing }: Report): string[] {
  if (crossing === null) return [];
  const grids = crossingGrids(crossing).map((grid) =>
    join([`#### ${grid.title}`, gridBlock(grid)]),
  );
  return ['### The crossing', factList(crossingFacts(crossing)), ...grids];
}

function certificateBlocks({ certificate }: Report): string[] {
  const grid = certificateGrid(certificate);
  return [`### ${grid.title}`, gridBlock(grid)];
}

/** Quantiles of single operations: folded away, since no verdict rests on them. */
function tailsDetails({ tails }: Report): string {
  if (tails === null) return '';
  const time = (ns: number | undefined): string => (ns === undefined ? '' : formatNs(ns));
  const rows = tails.metrics.map(({ id, p50Ns, p99Ns, p999Ns, maxNs, samples }) => [
    code(id),
    ...[p50Ns, p99Ns, p999Ns, maxNs].map(time),
    `${samples}`,
  ]);
  const head = ['metric', 'p50', 'p99', 'p99.9', 'worst', 'samples'];
  return details(
    'Tails: single operations, off the gate',
    join([
      factList([
        ['timer', tails.timer],
        ['hardware counters', tails.counters],
      ]),
      rows.length === 0 ? '' : figures(head, rows),
    ]),
  );
}

const inNumbers = ({ title, metrics }: Section): string =>
  `### ${title}\n\n${countOf(metrics.length, 'metric')}.`;

/** Under a family's name stands what did not change, unless nothing was compared. */
const titleOf = ({ design }: Report, { kind, title }: Section): string =>
  kind === 'family' && design !== 'self' ? `${title}: unchanged` : title;

function rowsOf({ design }: Report, { kind, metrics }: Section): string {
  if (kind === 'absent' || kind === 'access') return '';
  return metricTable(
    metrics,
    design === 'self'
      ? [cost, floor, floorInterval, mde80]
      : [baseline, candidate, added, change, interval, floor, mde80],
  );
}

function caveats({ caveats: sentences }: Report): string {
  if (sentences.length === 0) return '';
  const shown = sentences.slice(0, MOST_CAVEATS).map((sentence) => markdown(sentence, 600));
  const left = sentences.length - shown.length;
  return `### Caveats\n\n${list(left > 0 ? [...shown, `… and ${left} more`] : shown)}`;
}

function environment({ platform, subject }: Report): Fact[] {
  const { vulnerabilities, ...rest } = subject;
  const states = Object.entries(vulnerabilities).slice(0, MOST_DIFFERENCES);
  return [
    ...Object.entries(platform).map(([field, value]) => [fieldName(field), `${value}`] as const),
    ...Object.entries(rest).map(([field, value]) => [fieldName(field), `${value}`] as const),
    ...states.map(([name, state]) => [fieldName(`vulnerabilities.${name}`), state] as const),
  ];
}
