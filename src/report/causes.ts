import { type CauseReport, type CountedReport, MOST_CAUSES } from '../record/report.js';
import { countOf, figure, formatInstructionsDifference, formatShare } from '../text/units.js';
import { isOneSided } from '../trace/difference.js';
import type { Cause, ChangedFunction } from '../verdict/causes.js';

type FunctionReport = CauseReport['functions'][number];

/** What changed by function, as plain data. */
export const causeReports = (causes: readonly Cause[]): CauseReport[] =>
  causes.slice(0, MOST_CAUSES).map(({ functions, metrics, share }) => ({
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

export const CAUSES_TITLE = 'What changed, by function';

/** More are in the report's JSON. */
const MOST_TOLD = 10;
const LEAST_LISTED = 0.005;
const MOST_FUNCTIONS = 4;
const MOST_IDS = 4;

/** What grew, where, and by how much: one sentence for each cause, the causes of the most first. */
export function causeTexts({ causes, metrics }: CountedReport): string[] {
  const traced = metrics.filter(({ calls }) => calls !== null).length;
  const told = causes.slice(0, MOST_TOLD).filter(({ share }) => share >= LEAST_LISTED);
  const left = causes.slice(told.length);
  return [
    ...told.map((cause) => causeText(cause, traced)),
    ...(left.length === 0 ? [] : [leftText(left)]),
  ];
}

/** `In all 34 metrics: +4 entry_SYSCALL_64, +4 syscall_return_via_sysret (98 % of what changed).` */
function causeText({ functions, metrics, share }: CauseReport, traced: number): string {
  const shown = functions.slice(0, MOST_FUNCTIONS).map(functionText);
  const left = functions.length - shown.length;
  const more = left > 0 ? [`and ${countOf(left, 'other function')}`] : [];
  const of = share < ALL_OF_IT ? ` (${formatShare(share)} of what changed)` : '';
  return `${whereText(metrics, traced)}: ${[...shown, ...more].join(', ')}${of}.`;
}

function whereText(ids: readonly string[], traced: number): string {
  if (ids.length <= MOST_IDS) return ids.join(', ');
  if (ids.length === traced) return `In all ${traced} metrics`;
  const [first, second] = ids;
  return `In ${ids.length} of ${traced} metrics (${first}, ${second}, …)`;
}

function leftText(causes: readonly CauseReport[]): string {
  const functions = causes.reduce((sum, cause) => sum + cause.functions.length, 0);
  const share = causes.reduce((sum, cause) => sum + cause.share, 0);
  const many = countOf(functions, 'more function');
  const part = share < LEAST_LISTED ? 'next to nothing' : formatShare(share);
  return `… and ${many}, ${part} of what changed: in the report's JSON.`;
}

/** `+21 security_file_permission → bpf_lsm_file_permission (new)` */
const functionText = (changed: FunctionReport): string =>
  `${sizeText(changed)} ${nameText(changed)}`;

function nameText({ caller, name, module, change, below }: FunctionReport): string {
  const oneSided = isOneSided(change);
  const from = oneSided && caller !== null ? `${caller} → ` : '';
  const where = module === null ? '' : ` [${module}]`;
  const others = below === 0 ? '' : ` with ${countOf(below, 'function')} below`;
  const state = oneSided ? ` (${change}${others})` : '';
  return `${from}${name}${where}${state}`;
}

function sizeText({ from, to, step }: FunctionReport): string {
  const [least, most] = [from, to].map(formatInstructionsDifference);
  if (least === most) return `${most}`;
  return step === null ? `${least} to ${most}` : `${least} a time (up to ${most})`;
}

/** What is less than a tenth of it is no headline. */
const LEAST_TOLD = 0.1;
const ALL_OF_IT = 0.995;
const MOST_NAMED = 2;

/**
 * What changed the most, as a clause for the headline: `all of it is +4 in entry_SYSCALL_64 and +4 in
 * syscall_return_via_sysret`. Empty where everything has a cause of its own.
 */
export function mainCauseText({ causes, metrics }: CountedReport): string {
  const [main] = causes;
  if (main === undefined || main.share < LEAST_TOLD) return '';
  const traced = metrics.filter(({ calls }) => calls !== null).length;
  const named = main.functions
    .slice(0, MOST_NAMED)
    .map((changed) => `${sizeText(changed)} in ${nameText({ ...changed, below: 0 })}`);
  const left = main.functions.length - named.length;
  const all = left > 0 ? [...named, countOf(left, 'other function')] : named;
  const [first] = main.metrics;
  const some = main.metrics.length === 1 ? `${first}` : countOf(main.metrics.length, 'metric');
  const where = main.metrics.length === traced ? '' : ` in ${some}`;
  const share =
    main.share < ALL_OF_IT ? `${formatShare(main.share)} of all that changed` : 'all of it';
  return `${share} is ${joined(all)}${where}`;
}

const joined = (parts: readonly string[]): string =>
  [parts.slice(0, -1).join(', '), parts.at(-1) ?? ''].filter((part) => part !== '').join(' and ');
