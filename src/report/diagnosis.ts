import { formatNsDifference, formatShare } from '../units.js';
import type { Quantity } from '../verdict/diagnosis.js';
import type { DiagnosisReport, Report } from './report.js';
import { fieldName } from './words.js';

const each: Record<Quantity, string> = {
  entries: 'kernel entry',
  switches: 'context switch',
  tcpKilobytes: 'kilobyte over TCP',
  kilobytes: 'kilobyte moved',
};

/**
 * Subject fields that can carry a cause, the likeliest first: filters and mitigations run at every
 * entry, the scheduler at every switch, buffers and segments are made of bytes. Of a group only the
 * first that differs is named; behind it stand what could carry any cause.
 */
const carriers: Record<Quantity, readonly (readonly RegExp[])[]> = {
  entries: [[/^seccompMode$/, /^seccompFilters$/], [/^vulnerabilities\./], [/^securityModules$/]],
  switches: [[/^scheduler$/], [/^cgroupDepth$/], [/^preemption$/], [/^vulnerabilities\./]],
  tcpKilobytes: [[/^loopbackMtu$/], [/^tcpBuffers$/]],
  kilobytes: [],
};
const anyCarriers: readonly (readonly RegExp[])[] = [
  [/^kernelCommandLine$/],
  [/^kernelRelease$/, /^kernelVersion$/, /^kernelConfigHash$/],
  [/^container$/],
];

/** A mitigation may differ in many files for one cause. */
const MOST_CARRIERS = 3;

type Difference = Report['differences'][number];

/** Those of the differences that could carry a cause, the likeliest first. */
export function carriersOf(
  quantities: readonly Quantity[],
  differences: readonly Difference[],
): Difference[] {
  const groups = [...quantities.flatMap((quantity) => carriers[quantity]), ...anyCarriers];
  const found = groups.flatMap((group) => {
    const own = group.map((pattern) => differences.filter(({ field }) => pattern.test(field)));
    return own.find((some) => some.length > 0) ?? [];
  });
  return [...new Set(found)].slice(0, MOST_CARRIERS);
}

/** `+26 ns for every kernel entry` */
export const causeText = ({ terms }: DiagnosisReport): string =>
  terms
    .map(({ quantity, ns }) => `${formatNsDifference(ns)} for every ${each[quantity]}`)
    .join(' and ');

/** `+55.2 ns for every kernel entry explains 93 % of it` */
export function explanationText(diagnosis: DiagnosisReport): string {
  const { terms, share, explained, called } = diagnosis;
  const verb = terms.length > 1 ? 'explain' : 'explains';
  const what = explained.length === called ? 'it' : `the change of ${explained.length} of them`;
  return `${causeText(diagnosis)} ${verb} ${formatShare(share)} of ${what}`;
}

/** The finding in full: how surely, and what differs between the sides that could carry it. */
export function diagnosisText(diagnosis: DiagnosisReport): string {
  const sure = diagnosis.terms
    .map(({ low, high }) => `${formatNsDifference(low)} to ${formatNsDifference(high)}`)
    .join('; ');
  const { explained, called } = diagnosis;
  const of = explained.length === called ? `all ${called}` : `${explained.length} of ${called}`;
  const those = diagnosis.carriers.map(
    ({ field, baseline, candidate }) => `${fieldName(field)} (${baseline} → ${candidate})`,
  );
  const carried =
    those.length === 0
      ? 'Nothing that is known of the sides differs in what could carry it.'
      : `What differs between the sides and could carry it: ${those.join(', ')}.`;
  return `One cause for ${of} metrics: ${causeText(diagnosis)} (95 % interval ${sure}). ${carried}`;
}
