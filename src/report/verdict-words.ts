import type { Report } from '../record/report.js';
import { type GateVerdict, isRed, VERDICTS, type Verdict } from '../record/verdict.js';

/** Words and symbols for verdicts, the same in every layout. The text is not escaped here. */

/** One column wide in a terminal. The shape shows the meaning even without colour. */
export const verdictSymbols: Record<GateVerdict, string> = {
  blocked: '■',
  regressed: '▲',
  improved: '▼',
  unchanged: '=',
  inconclusive: '?',
  incomparable: '≠',
  'no-baseline': '○',
};

/** For Markdown. A word always stands beside the mark. */
export const verdictMarks: Record<GateVerdict, string> = {
  blocked: '⛔',
  regressed: '🔴',
  improved: '🟢',
  unchanged: '⚪',
  inconclusive: '🟡',
  incomparable: '🟣',
  'no-baseline': '🔵',
};

/** How many findings got each verdict. */
export function countVerdicts(findings: readonly { verdict: Verdict }[]): Record<Verdict, number> {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0]));
  for (const { verdict } of findings) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts as Record<Verdict, number>;
}

/** `2 regressed, 1 inconclusive, 18 unchanged`: worst first, without verdicts that do not occur. */
export const countsText = (counts: Record<Verdict, number>): string =>
  VERDICTS.filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdict}`)
    .join(', ');

/** `8 of 60 gated metrics`, `All 60 gated metrics`, `Both gated metrics`, `The only gated metric`. */
export function shareText(count: number, total: number): string {
  if (total === 1) return 'The only gated metric';
  if (count === 2 && total === 2) return 'Both gated metrics';
  return count === total ? `All ${total} gated metrics` : `${count} of ${total} gated metrics`;
}

/** `denied`, `no loopback`: a side's status as words. */
export const statusText = ({ status }: { status: string }): string => status.replaceAll('_', ' ');

/** Says whether the gate passes, if the verdict alone would suggest the opposite. */
export function policyText(report: Report): string {
  const { passed } = report;
  if (isRed(report)) return passed ? ' (passes: fail-on is never)' : '';
  return passed ? '' : ' (fails: fail-on is inconclusive)';
}

/** Whether the report shows that no gated metric got worse. Being undecided is not enough. */
export const isClear = ({ verdict, counts }: Report): boolean =>
  verdict === 'unchanged' ||
  (verdict === 'improved' && counts.inconclusive + counts.incomparable === 0);
