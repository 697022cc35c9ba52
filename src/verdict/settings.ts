import picomatch from 'picomatch';
import type { MetricRecord } from '../record/run.js';

/** A margin for the metrics that a glob matches; the last rule that matches wins. */
export interface MarginRule {
  glob: string;
  /** 0.02 is two percent. */
  ratio: number;
}

export type FailOn = 'regression' | 'inconclusive' | 'never';

/** The settings that a comparison is judged by. Everything else comes from the records. */
export interface JudgingSettings {
  alpha: number;
  margins: readonly MarginRule[];
}

/** The same, plus what makes the gate fail. */
export interface Policy extends JudgingSettings {
  failOn: FailOn;
}

/**
 * The margin of a metric as a ratio: from the last rule that matches it. Without one, the larger of
 * the design's default and the metric's own minimum.
 */
export function marginOf(
  { id, leastMargin = 0 }: Pick<MetricRecord, 'id' | 'leastMargin'>,
  rules: readonly MarginRule[],
  fallback: number,
): number {
  const rule = rules.findLast(({ glob }) => picomatch.isMatch(id, glob));
  return rule?.ratio ?? Math.max(fallback, leastMargin);
}
