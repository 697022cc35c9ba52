import { noiseOf } from './noise.js';
import type { Report } from './report.js';
import {
  countsText,
  coverageText,
  designText,
  kernelText,
  machineText,
  marginText,
  mitigationsText,
  type Surroundings,
} from './words.js';

/** A label and what it stands for, in plain text that its rendering has to escape. */
export type Fact = readonly [label: string, text: string];

/** What was measured, against what, and how. */
export function sideFacts(report: Report): Fact[] {
  const { baseline, candidate } = report;
  const sides: Fact[] = [
    ['candidate', `${candidate.spec}, run ${candidate.run}`],
    ['baseline', `${baseline.spec}, ${baselineText(report)}`],
    ['design', designText(report)],
  ];
  if (report.design === 'self') return sides;
  return [...sides, ['gated', countsText(report.counts) || 'none']];
}

function baselineText({ design, baseline: { runs } }: Report): string {
  const last = runs.at(-1);
  if (last === undefined) return design === 'self' ? 'nothing stored yet' : 'no comparable run';
  return runs.length === 1 ? `run ${last}` : `${runs.length} runs, the last ${last}`;
}

export const machineFacts = (where: Surroundings): Fact[] => [
  ['machine', machineText(where)],
  ['kernel', kernelText(where)],
  ['mitigations', mitigationsText(where)],
];

/** What the heads of the tables mean. */
export function legend(report: Report): Fact[] {
  const { floor, mde80 } = noiseOf(report.metrics);
  const facts: (Fact | undefined)[] = [
    floor && ['floor', 'difference between identical sides of this run'],
    floor && ['rejected', 'tests of identical sides at the margin; an honest machine has none'],
    mde80 && ['MDE80', 'smallest change this run would have caught four times in five'],
    coverageText(report) === '' ? undefined : ['interval', intervalText(report)],
    report.metrics.every(({ gate }) => gate) ? undefined : ['*', 'informs, does not gate'],
  ];
  return facts.filter((fact) => fact !== undefined);
}

const intervalText = (report: Report): string =>
  `covers the true change with ${coverageText(report)}; ` +
  `a change of less than the margin, ${marginText(report)}, alarms nobody`;
