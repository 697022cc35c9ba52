import type { FindingReport, InstructionsReport } from '../record/finding.js';

/** Candidate over baseline, of what could be compared. */
export function ratioOf(finding: FindingReport): number | null {
  return finding.measure === 'instructions' ? countRatio(finding) : (finding.change?.ratio ?? null);
}

/** @returns null where one side was not counted, or the baseline counted nothing */
export const countRatio = ({ baseline, candidate }: InstructionsReport): number | null =>
  baseline.status === 'ok' && candidate.status === 'ok' && baseline.count > 0
    ? candidate.count / baseline.count
    : null;

/** How far a metric moved, whichever way, on the scale on which ×2 and ÷2 are equal. */
export function changeSize(finding: FindingReport): number {
  const ratio = ratioOf(finding);
  return ratio === null || ratio <= 0 ? 0 : Math.abs(Math.log(ratio));
}

/** Gated metrics before those that only inform, then the largest change first. */
export const byWeight = (a: FindingReport, b: FindingReport): number =>
  Number(b.gate) - Number(a.gate) || changeSize(b) - changeSize(a);

/** Whether a count differs by more than boots of one side do. */
export const differs = ({ difference, resolution }: InstructionsReport): boolean =>
  difference !== null && resolution !== null && Math.abs(difference) > resolution;
