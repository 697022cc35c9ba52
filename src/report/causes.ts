import { type InstructionsReport, isInstructionsReport } from '../record/finding.js';
import { type CauseReport, type CountedReport, MAX_CAUSES, type Report } from '../record/report.js';
import { countOf, figure, formatInstructionsDifference, formatShare } from '../text/units.js';
import { isOneSided } from '../trace/difference.js';
import type { Cause, ChangedFunction } from '../verdict/causes.js';
import { type List, list } from './blocks.js';

type FunctionReport = CauseReport['functions'][number];

/** What changed by function, as plain data. */
export const causeReports = (causes: readonly Cause[]): CauseReport[] =>
  causes.slice(0, MAX_CAUSES).map(({ functions, metrics, share }) => ({
    functions: functions.map(functionReport),
    metrics,
    share: Math.min(1, figure(share)),
  }));

const functionReport = (changed: ChangedFunction): FunctionReport => ({
  ...{ caller: changed.caller ?? null, name: changed.name, module: changed.module ?? null },
  ...{ change: changed.change, below: changed.below },
  ...{ from: figure(changed.from), to: figure(changed.to) },
  step: changed.step === undefined ? null : figure(changed.step),
});

const TITLE = 'What changed, by function';

/** More are in the report's JSON. */
const MAX_LISTED = 10;
const MIN_LISTED = 0.005;
const MAX_FUNCTIONS = 4;
const MAX_IDS = 4;

/** What changed, where, and by how much: one sentence for each cause, the largest share first. */
export const causeBlocks = ({ counted, findings }: Pick<Report, 'counted' | 'findings'>): List[] =>
  counted === null
    ? []
    : list(TITLE, causeTexts(counted, tracedOf(findings.filter(isInstructionsReport))));

/** How many metrics were traced on both sides. */
export const tracedOf = (findings: readonly InstructionsReport[]): number =>
  findings.filter(({ calls }) => calls !== null).length;

function causeTexts({ causes }: CountedReport, traced: number): string[] {
  const listed = causes.slice(0, MAX_LISTED).filter(({ share }) => share >= MIN_LISTED);
  const left = causes.slice(listed.length);
  return [
    ...listed.map((cause) => causeText(cause, traced)),
    ...(left.length === 0 ? [] : [leftText(left)]),
  ];
}

/** `In all 34 metrics: +4 entry_SYSCALL_64, +4 syscall_return_via_sysret (98 % of the change).` */
function causeText({ functions, metrics, share }: CauseReport, traced: number): string {
  const shown = functions.slice(0, MAX_FUNCTIONS).map(functionText);
  const left = functions.length - shown.length;
  const more = left > 0 ? [`and ${countOf(left, 'other function')}`] : [];
  const of = share < ALL_OF_IT ? ` (${formatShare(share)} of the change)` : '';
  return `${whereText(metrics, traced)}: ${[...shown, ...more].join(', ')}${of}.`;
}

function whereText(ids: readonly string[], traced: number): string {
  if (ids.length <= MAX_IDS) return ids.join(', ');
  if (ids.length === traced) return `In all ${traced} metrics`;
  const [first, second] = ids;
  return `In ${ids.length} of ${traced} metrics (${first}, ${second}, …)`;
}

function leftText(causes: readonly CauseReport[]): string {
  const functions = causes.reduce((sum, cause) => sum + cause.functions.length, 0);
  const share = causes.reduce((sum, cause) => sum + cause.share, 0);
  const others = countOf(functions, 'more function');
  const part = share < MIN_LISTED ? 'almost none' : formatShare(share);
  return `… and ${others} with ${part} of the change: see the report's JSON.`;
}

/** `+21 security_file_permission → bpf_lsm_file_permission (new)` */
const functionText = (changed: FunctionReport): string =>
  `${sizeText(changed)} ${nameText(changed)}`;

function nameText({ caller, name, module, change, below }: FunctionReport): string {
  const oneSided = isOneSided(change);
  const from = oneSided && caller !== null ? `${caller} → ` : '';
  const where = module === null ? '' : ` [${module}]`;
  const others = below === 0 ? '' : `, with ${countOf(below, 'function')} that it calls`;
  const state = oneSided ? ` (${change}${others})` : '';
  return `${from}${name}${where}${state}`;
}

function sizeText({ from, to, step }: FunctionReport): string {
  const [smallest, largest] = [from, to].map(formatInstructionsDifference);
  if (smallest === largest) return `${largest}`;
  return step === null ? `${smallest} to ${largest}` : `${smallest} per call (up to ${largest})`;
}

/** A cause of less than a tenth of the change is not in the headline. */
const MIN_IN_HEADLINE = 0.1;
const ALL_OF_IT = 0.995;
const MAX_NAMED = 2;

/**
 * The main cause, as a clause for the headline: `all of the change is +4 in entry_SYSCALL_64 and +4 in
 * syscall_return_via_sysret`. Empty if there is no cause large enough.
 */
export function mainCauseText({ causes }: CountedReport, traced: number): string {
  const [main] = causes;
  if (main === undefined || main.share < MIN_IN_HEADLINE) return '';
  const [first] = main.metrics;
  const some = main.metrics.length === 1 ? `${first}` : countOf(main.metrics.length, 'metric');
  const where = main.metrics.length === traced ? '' : ` in ${some}`;
  const share =
    main.share < ALL_OF_IT ? `${formatShare(main.share)} of the change` : 'all of the change';
  return `${share} is ${changedText(main)}${where}`;
}

/** `+4 in entry_SYSCALL_64 and +4 in syscall_return_via_sysret` */
export function changedText({ functions }: CauseReport): string {
  const named = functions
    .slice(0, MAX_NAMED)
    .map((changed) => `${sizeText(changed)} in ${nameText({ ...changed, below: 0 })}`);
  const left = functions.length - named.length;
  return joined(left > 0 ? [...named, countOf(left, 'other function')] : named);
}

const joined = (parts: readonly string[]): string =>
  [parts.slice(0, -1).join(', '), parts.at(-1) ?? ''].filter((part) => part !== '').join(' and ');
