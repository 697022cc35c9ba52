import { isMeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { type Block, facts, list, prose } from './blocks.js';
import { causeBlocks } from './causes.js';
import { certificateTable } from './certificate.js';
import { configurationText } from './configuration.js';
import { crossingBlocks } from './crossing-blocks.js';
import { diagnosisText } from './diagnosis.js';
import { differenceBlocks } from './differences.js';
import { environmentFacts, legend, placeFacts, sideFacts } from './facts.js';
import { foundBlocks, restBlocks } from './finding-blocks.js';
import { machineTables } from './machines.js';
import { nextStepText } from './next-step.js';
import { reproduction, settlingCommand } from './reproduce.js';
import { tailsBlocks } from './tails.js';
import { policyText } from './verdict-words.js';

/**
 * The parts of a report in reading order, for every layout. A new part takes a file and a line here.
 * The compiler then points to every layout that must place it.
 */
const PARTS = {
  headline: (report) => [
    {
      ...{ kind: 'headline', verdict: report.verdict, policy: policyText(report) },
      text: report.headline,
    },
  ],
  sides: (report) => facts('', sideFacts(report)),
  cause: (report) => [
    ...(report.diagnosis === null ? [] : prose(diagnosisText(report.diagnosis, report))),
    ...causeBlocks(report),
  ],
  found: foundBlocks,
  machines: machineTables,
  differences: (report) => [...differenceBlocks(report), ...prose(configurationText(report))],
  caveats: (report) =>
    list('Caveats', report.caveats).map((caveats) => ({ ...caveats, caution: true as const })),
  next: (report) => [...prose(nextStepText(report)), ...settlingCommand(report)],
  rest: restBlocks,
  trust: (report) => [
    ...(report.findings.some(isMeasuredReport) || report.certificate.resolution !== null
      ? [certificateTable(report.certificate)]
      : []),
    ...facts('', legend(report)),
  ],
  crossing: ({ crossing }) => (crossing === null ? [] : crossingBlocks(crossing)),
  tails: ({ tails }) => (tails === null ? [] : tailsBlocks(tails)),
  place: (report) => facts('', placeFacts(report)),
  environment: (report) => facts('', environmentFacts(report)),
  reproduce: (report) => [reproduction(report)],
} satisfies Record<string, (report: Report) => Block[]>;

export type PartName = keyof typeof PARTS;

export interface Part {
  name: PartName;
  blocks: Block[];
}

/** The parts of the report that have any content. */
export const partsOf = (report: Report): Part[] =>
  Object.entries<(report: Report) => Block[]>(PARTS)
    .map(([name, make]) => ({ name: name as PartName, blocks: make(report) }))
    .filter(({ blocks }) => blocks.length > 0);
