import type { DiagnosisReport } from '../record/report.js';
import { formatNsDifference, formatShare } from '../text/units.js';
import { costText } from '../verdict/diagnosis.js';
import { type Differing, settingsText, unreadCarriersOf } from './differences.js';
import { fieldName } from './field-words.js';

/** `+26 ns for every kernel entry` */
export const causeText = ({ terms }: DiagnosisReport): string =>
  terms.map(({ quantity, ns }) => costText(quantity, ns)).join(' and ');

/** `+55.2 ns for every kernel entry explains 93 % of it` */
export function explanationText(diagnosis: DiagnosisReport): string {
  const { terms, share, explained, called } = diagnosis;
  const verb = terms.length > 1 ? 'explain' : 'explains';
  const what = explained.length === called ? 'it' : `the change of ${explained.length} of them`;
  return `${causeText(diagnosis)} ${verb} ${formatShare(share)} of ${what}`;
}

/** What one side alone has no value of. */
export type Unread = Pick<Differing, 'unreadable' | 'unrecorded'>;

/** The diagnosis in full, with its intervals and the differences that could be its cause. */
export function diagnosisText(diagnosis: DiagnosisReport, unread: Unread): string {
  const sure = diagnosis.terms
    .map(({ low, high }) => `${formatNsDifference(low)} to ${formatNsDifference(high)}`)
    .join('; ');
  const { explained, called } = diagnosis;
  const of = explained.length === called ? `all ${called}` : `${explained.length} of ${called}`;
  const differences = diagnosis.carriers.map(
    ({ field, baseline, candidate }) => `${fieldName(field)} (${baseline} → ${candidate})`,
  );
  const causes =
    differences.length === 0
      ? noDifferenceText(diagnosis, unread)
      : `Differences between the sides that could cause it: ${differences.join(', ')}.`;
  return `One cause for ${of} metrics: ${causeText(diagnosis)} (95 % interval ${sure}). ${causes}`;
}

/** Says what could not be compared: a cause may hide there. */
function noDifferenceText(
  { terms }: DiagnosisReport,
  { unreadable, unrecorded = NONE }: Unread,
): string {
  const quantities = terms.map(({ quantity }) => quantity);
  const among = ({ baseline, candidate }: Unread['unreadable']): string[] =>
    unreadCarriersOf(quantities, [...baseline, ...candidate]);
  const [unread, missing] = [among(unreadable), among(unrecorded)];
  return [
    'No known difference between the sides could cause it.',
    ...(unread.length > 0 ? [`Possible causes could not be read: ${settingsText(unread)}.`] : []),
    ...(missing.length > 0 ? [`Possible causes were not recorded: ${settingsText(missing)}.`] : []),
  ].join(' ');
}

const NONE = { baseline: [], candidate: [] };
