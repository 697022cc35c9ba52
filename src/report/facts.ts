import { NOT_COUNTED } from '../record/facts.js';
import { isMeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { countOf } from '../text/units.js';
import type { Fact } from './blocks.js';
import { coverageText, designText, machinesText, marginText } from './design-words.js';
import { fieldName } from './field-words.js';
import {
  kernelText,
  type MachineAndKernel,
  machineText,
  mitigationsText,
} from './machine-words.js';
import { machineList } from './machines.js';
import { noiseOf } from './noise.js';
import { countsText, countVerdicts } from './verdict-words.js';

/** What was measured, against what, and how. */
export function sideFacts(report: Report): Fact[] {
  const { baseline, candidate } = report;
  const sides: Fact[] = [
    ['candidate', `${candidate.spec}, ${candidateText(report)}${factsText(candidate)}`],
    ['baseline', `${baseline.spec}, ${baselineText(report)}${factsText(baseline)}`],
    ...storedFact(report),
    ...(baseline.choice === undefined ? [] : [['chosen', baseline.choice] as const]),
    ['design', designText(report)],
    ...notCounted(report),
  ];
  if (report.design === 'self') return sides;
  return [...sides, ['gated', gatedText(report)]];
}

/** What became of the stored runs. Counts need no quiet core, so it says nothing of counts alone. */
const storedFact = ({ baseline: { census }, findings }: Report): Fact[] =>
  census === undefined || (findings.length > 0 && !findings.some(isMeasuredReport))
    ? []
    : [['stored', censusText(census)]];

/** `15 found, 12 of this machine, 11 with enough quiet launches` */
const censusText = ({ found, comparable, used }: NonNullable<Report['baseline']['census']>) =>
  `${countOf(found, 'run')} found, ${comparable} of a machine like this, ${used} with enough launches on a quiet core`;

/** Why instructions are no evidence although they might be; of the baseline only if it alone lacks them. */
function notCounted({ baseline, candidate }: Report): Fact[] {
  const [before, after] = [baseline.facts[NOT_COUNTED], candidate.facts[NOT_COUNTED]];
  if (after !== undefined) return [[NOT_COUNTED, `instructions, ${after}`]];
  return before === undefined ? [] : [[NOT_COUNTED, `instructions of the baseline, ${before}`]];
}

/**
 * Separately for times and instructions: a metric may be unchanged in one and regressed in the
 * other.
 */
function gatedText({ findings }: Report): string {
  const gated = findings.filter(({ gate }) => gate);
  const timed = countsText(countVerdicts(gated.filter(isMeasuredReport)));
  const counted = countsText(countVerdicts(gated.filter((one) => !isMeasuredReport(one))));
  if (timed === '' || counted === '') return timed || counted || 'none';
  return `by time ${timed}; by instructions ${counted}`;
}

/** What a target's own tools report: `; engine podman 4.3.1, runtime runc 1.1.5`. */
function factsText({ facts }: Report['candidate'] | Report['baseline']): string {
  const texts = Object.entries(facts)
    .filter(([name]) => name !== NOT_COUNTED)
    .map(([name, text]) => `${name} ${text}`);
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
  return runs.length === 1 ? `run ${last}` : `${runs.length} runs, the newest ${last}`;
}

/** The machine or machines that the figures come from. */
export const placeFacts = (report: Report): Fact[] =>
  report.machines.length === 0
    ? machineFacts(report)
    : [...machineList(report), ...machineFacts(report).filter(([label]) => label !== 'machine')];

export const machineFacts = (where: MachineAndKernel): Fact[] => [
  ['machine', machineText(where)],
  ['kernel', kernelText(where)],
  ['mitigations', mitigationsText(where)],
];

/** What the column heads of the tables mean. */
export function legend(report: Report): Fact[] {
  const { floor, mde80 } = noiseOf(report.findings.filter(isMeasuredReport));
  const facts: (Fact | undefined)[] = [
    floor && ['noise', 'how much launches of the same side differed in this run; should be near 0'],
    floor && [
      'alarms',
      'tests that found more than the margin between identical sides; should be 0',
    ],
    mde80 && ['detects', 'smallest change that this run would have noticed four times in five'],
    coverageText(report) === '' ? undefined : ['interval', intervalText(report)],
    report.findings.every(({ gate }) => gate)
      ? undefined
      : ['*', 'for information only: never fails the gate'],
  ];
  return facts.filter((fact) => fact !== undefined);
}

const intervalText = (report: Report): string =>
  `contains the true change in ${coverageText(report)} of cases; ` +
  `a change smaller than the margin (${marginText(report)}) is not flagged`;

/** Everything that is known about the machine and the kernel. */
export function environmentFacts({ platform, subject }: MachineAndKernel): Fact[] {
  const { vulnerabilities, ...rest } = subject;
  const states = Object.entries(vulnerabilities).slice(0, MAX_STATES);
  return [
    ...Object.entries(platform).map(([field, value]) => [fieldName(field), `${value}`] as const),
    ...Object.entries(rest).map(([field, value]) => [fieldName(field), `${value}`] as const),
    ...states.map(([name, state]) => [fieldName(`vulnerabilities.${name}`), state] as const),
  ];
}

/** The kernel reports about twenty. A record may hold any number. */
const MAX_STATES = 100;
