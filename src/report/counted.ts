import type { InstructionsReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { countOf, formatInstructions, formatInstructionsDifference } from '../text/units.js';
import { mainCauseText, tracedOf } from './causes.js';
import { byWeight, differs } from './size.js';
import { countVerdicts, shareText } from './verdict-words.js';

/**
 * A clause about the counts: `8 of 60 gated metrics take more instructions; 98 % of the change is
 * …`.
 */
export function countedText(
  findings: readonly InstructionsReport[],
  counted: Report['counted'],
): string {
  const all = findings.filter(({ gate }) => gate);
  const gated = all.filter(({ verdict }) => verdict !== 'blocked');
  const counts = countVerdicts(all);
  const changed = changedText(all, counts, counted);
  if (changed !== undefined) return changed;
  if (counts.unchanged === 0)
    return `None of ${countOf(gated.length, 'gated metric')} could be compared by its instructions`;
  const small = gated.filter((one) => one.verdict === 'unchanged' && differs(one)).length;
  const rest = small === 0 ? '' : `, ${small} of them except for a few instructions`;
  const lost = counts.incomparable === 0 ? '' : `; ${counts.incomparable} could not be compared`;
  return `${shareText(counts.unchanged, all.length)} ${takes(counts.unchanged)} as many instructions as before${rest}${lost}`;
}

/** The worst verdict, its main cause if there is one, and the largest change. */
function changedText(
  gated: readonly InstructionsReport[],
  counts: Report['counts'],
  counted: Report['counted'],
): string | undefined {
  const { regressed, improved } = counts;
  const verdict = regressed > 0 ? 'regressed' : 'improved';
  const count = counts[verdict];
  const [worst] = gated.filter((one) => one.verdict === verdict).toSorted(byWeight);
  if (worst === undefined) return undefined;
  const others = improved === 0 ? '' : `, ${improved} ${takes(improved)} fewer`;
  const what = regressed > 0 ? `more instructions${others}` : 'fewer instructions and none more';
  const cause = counted === null ? '' : mainCauseText(counted, tracedOf(gated));
  const by = cause === '' ? '' : `; ${cause}`;
  const share = `${shareText(count, gated.length)} ${takes(count)} ${what}`;
  return count === 1
    ? `${share}: ${sizeText(worst)}${by}`
    : `${share}${by}; the largest relative change is ${sizeText(worst)}${largestPart(worst)}`;
}

/** The function that is the most of it. */
function largestPart({ functions }: InstructionsReport): string {
  const [largest] = (functions ?? []).toSorted(
    (a, b) => Math.abs(b.difference) - Math.abs(a.difference),
  );
  if (largest === undefined) return '';
  return `, ${formatInstructionsDifference(largest.difference)} of it in ${largest.name}`;
}

const takes = (count: number): string => (count === 1 ? 'takes' : 'take');

function sizeText({ id, difference, baseline, candidate }: InstructionsReport): string {
  if (difference === null || baseline.status !== 'ok' || candidate.status !== 'ok') return id;
  return `${id}, ${formatInstructionsDifference(difference)} (${formatInstructions(baseline.count)} → ${formatInstructions(candidate.count)})`;
}

/** What functions do not explain: metrics without a trace, and the part that a trace does not show. */
export function traceNotes(changed: readonly InstructionsReport[]): string[] {
  const untraced = new Map<string, string[]>();
  for (const { id, untraced: why } of changed) {
    if (why !== null) untraced.set(why, [...(untraced.get(why) ?? []), id]);
  }
  const left = changed
    .filter((finding) => leftShare(finding) >= MIN_LEFT)
    .toSorted((a, b) => leftShare(b) - leftShare(a));
  return [
    ...[...untraced].map(([why, ids]) => `Not traced, because ${why}: ${someIds(ids)}.`),
    ...(left.length === 0
      ? []
      : [`Not explained by the trace: ${someIds(left.map(remainderText))}.`]),
    ...(tracedOf(changed) > 0
      ? ['Flame graphs of what changed are in the folder "flames" beside the report.']
      : []),
  ];
}

const remainderText = ({ id, remainder, difference }: InstructionsReport): string =>
  `${formatInstructionsDifference(remainder ?? 0)} of the ${formatInstructionsDifference(difference ?? 0)} of ${id}`;

/** As a share of the metric's change. A smaller remainder is in the report's JSON only. */
const MIN_LEFT = 0.05;

/** In instructions: the step of the clock. */
const MIN_REMAINDER = 0.1;

/**
 * The share of the change that the trace does not explain. Every trace leaves out the loop around the
 * operations and the noise between boots; that much does not count.
 */
function leftShare({ remainder, difference, resolution }: InstructionsReport): number {
  const left = Math.abs(remainder ?? 0);
  const counts = left >= MIN_REMAINDER && left > (resolution ?? 0);
  return counts ? left / Math.abs(difference ?? left) : 0;
}

const MAX_IDS = 4;

function someIds(ids: readonly string[]): string {
  const left = ids.length - MAX_IDS;
  return left > 1 ? `${ids.slice(0, MAX_IDS).join(', ')} and ${left} others` : ids.join(', ');
}
