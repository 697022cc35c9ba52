import type { FindingReport, InstructionsReport } from '../record/finding.js';

/** Candidate over baseline; null if the sides could not be compared. */
export function ratioOf(finding: FindingReport): number | null {
  return finding.measure === 'instructions' ? countRatio(finding) : (finding.change?.ratio ?? null);
}

/** @returns null if one side was not counted or the baseline counted nothing */
export const countRatio = ({ baseline, candidate }: InstructionsReport): number | null =>
  baseline.status === 'ok' && candidate.status === 'ok' && baseline.count > 0
    ? candidate.count / baseline.count
    : null;

/** How far a metric moved in either direction, on the log scale: ×2 and ÷2 are equal. */
export function changeSize(finding: FindingReport): number {
  const ratio = ratioOf(finding);
  return ratio === null || ratio <= 0 ? 0 : Math.abs(Math.log(ratio));
}

/** Gated metrics first, and within that the largest change first. */
export const byWeight = (a: FindingReport, b: FindingReport): number =>
  Number(b.gate) - Number(a.gate) || changeSize(b) - changeSize(a);

/** Whether a count differs by more than boot-to-boot noise. */
export const differs = ({ difference, resolution }: InstructionsReport): boolean =>
  difference !== null && resolution !== null && Math.abs(difference) > resolution;
