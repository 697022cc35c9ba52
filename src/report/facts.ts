import { isMeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import type { Fact } from './blocks.js';
import { coverageText, designText, machinesText, marginText } from './design-words.js';
import { fieldName } from './field-words.js';
import { kernelText, machineText, mitigationsText, type MachineAndKernel } from './machine-words.js';
import { machineList } from './machines.js';
import { noiseOf } from './noise.js';
import { countsText, countVerdicts } from './verdict-words.js';

/** What was measured, against what, and how. */
export function sideFacts(report: Report): Fact[] {
  const { baseline, candidate } = report;
  const sides: Fact[] = [
    ['candidate', `${candidate.spec}, ${candidateText(report)}${factsText(candidate)}`],
    ['baseline', `${baseline.spec}, ${baselineText(report)}${factsText(baseline)}`],
    ['design', designText(report)],
  ];
  if (report.design === 'self') return sides;
  return [...sides, ['gated', gatedText(report)]];
}

/** By each measure that there is, since a metric may be unchanged in time and regressed in instructions. */
function gatedText({ findings }: Report): string {
  const gated = findings.filter(({ gate }) => gate);
  const timed = countsText(countVerdicts(gated.filter(isMeasuredReport)));
  const counted = countsText(countVerdicts(gated.filter((one) => !isMeasuredReport(one))));
  if (timed === '' || counted === '') return timed || counted || 'none';
  return `by time ${timed}; by instructions ${counted}`;
}

/** What a target's own tools say of it: `; engine podman 4.3.1, runtime runc 1.1.5`. */
function factsText({ facts }: Report['candidate'] | Report['baseline']): string {
  const texts = Object.entries(facts).map(([name, text]) => `${name} ${text}`);
  return texts.length === 0 ? '' : `; ${texts.join(', ')}`;
}

const candidateText = (report: Report): string =>
  report.design === 'shards' ? `a run on ${eachOf(report)}` : `run ${report.candidate.run}`;

const eachOf = (report: Report): string =>
  report.machines.length === 1 ? '1 machine' : `each of ${machinesText(report)}`;

function baselineText(report: Report): string {
  if (report.design === 'shards') return `a run on ${eachOf(report)}`;
  const {
    design,
    baseline: { runs },
  } = report;
  const last = runs.at(-1);
  if (last === undefined) return design === 'self' ? 'nothing stored yet' : 'no comparable run';
  return runs.length === 1 ? `run ${last}` : `${runs.length} runs, the last ${last}`;
}

/** Where a report's figures come from: one machine, or several. */
export const placeFacts = (report: Report): Fact[] =>
  report.machines.length === 0
    ? machineFacts(report)
    : [...machineList(report), ...machineFacts(report).filter(([label]) => label !== 'machine')];

export const machineFacts = (where: MachineAndKernel): Fact[] => [
  ['machine', machineText(where)],
  ['kernel', kernelText(where)],
  ['mitigations', mitigationsText(where)],
];

/** What the heads of the tables mean. */
export function legend(report: Report): Fact[] {
  const { floor, mde80 } = noiseOf(report.findings.filter(isMeasuredReport));
  const facts: (Fact | undefined)[] = [
    floor && ['floor', 'difference between identical sides of this run'],
    floor && ['rejected', 'tests of identical sides at the margin; an honest machine has none'],
    mde80 && ['MDE80', 'smallest change this run would have caught four times in five'],
    coverageText(report) === '' ? undefined : ['interval', intervalText(report)],
    report.findings.every(({ gate }) => gate) ? undefined : ['*', 'informs, does not gate'],
  ];
  return facts.filter((fact) => fact !== undefined);
}

const intervalText = (report: Report): string =>
  `covers the true change with ${coverageText(report)}; ` +
  `a change of less than the margin, ${marginText(report)}, is not flagged`;

/** Everything that is known of the machine and the kernel. */
export function environmentFacts({ platform, subject }: MachineAndKernel): Fact[] {
  const { vulnerabilities, ...rest } = subject;
  const states = Object.entries(vulnerabilities).slice(0, MAX_STATES);
  return [
    ...Object.entries(platform).map(([field, value]) => [fieldName(field), `${value}`] as const),
    ...Object.entries(rest).map(([field, value]) => [fieldName(field), `${value}`] as const),
    ...states.map(([name, state]) => [fieldName(`vulnerabilities.${name}`), state] as const),
  ];
}

/** The kernel has some twenty; a record may hold anything. */
const MAX_STATES = 100;
