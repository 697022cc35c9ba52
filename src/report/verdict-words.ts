import type { Report } from '../record/report.js';
import { type GateVerdict, VERDICTS, type Verdict } from '../record/verdict.js';

/** Words and symbols for verdicts, the same in every layout. Nothing here escapes its text. */

/** One column wide in a terminal; the shape carries the meaning without its colour. */
export const verdictSymbols: Record<GateVerdict, string> = {
  blocked: '■',
  regressed: '▲',
  improved: '▼',
  unchanged: '=',
  inconclusive: '?',
  incomparable: '≠',
  'no-baseline': '○',
};

/** For Markdown, where a word always stands beside the mark. */
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

/** `2 regressed, 1 inconclusive, 18 unchanged`, worst first; verdicts nobody got are left out. */
export const countsText = (counts: Record<Verdict, number>): string =>
  VERDICTS.filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdict}`)
    .join(', ');

/** `8 of 60 gated metrics`, `All 60 gated metrics`, `The only gated metric`. */
export function shareText(count: number, total: number): string {
  if (total === 1) return 'The only gated metric';
  return count === total ? `All ${total} gated metrics` : `${count} of ${total} gated metrics`;
}

/** `denied`, `no loopback`: a side's status as words. */
export const statusText = ({ status }: { status: string }): string => status.replaceAll('_', ' ');

/** Said only where the verdict alone would let a reader guess the exit code wrongly. */
export function policyText({ verdict, passed }: Report): string {
  if (verdict === 'blocked' || verdict === 'regressed')
    return passed ? ' (passes: fail-on is never)' : '';
  return passed ? '' : ' (fails: fail-on is inconclusive)';
}

/** Whether the report shows that no gated metric is worse, rather than failing to show one. */
export const isClear = ({ verdict, counts }: Report): boolean =>
  verdict === 'unchanged' ||
  (verdict === 'improved' && counts.inconclusive + counts.incomparable === 0);

/** Whether a gated metric was shown to be worse, whatever the policy says to that. */
export const isRed = ({ verdict }: Report): boolean =>
  verdict === 'blocked' || verdict === 'regressed';
