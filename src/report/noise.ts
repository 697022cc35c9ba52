import { median } from 'simple-statistics';
import type { MeasuredReport } from '../record/finding.js';

/** A quantity over all metrics: its median, and the metric where it is worst. */
export interface Spread {
  median: number;
  worst: number;
  worstId: string;
}

/**
 * How noisy the run was: the differences between identical sides, as shares without their sign, and
 * the smallest detectable changes.
 *
 * @returns each undefined if no metric has the quantity
 */
export function noiseOf(metrics: readonly MeasuredReport[]): {
  floor: Spread | undefined;
  mde80: Spread | undefined;
} {
  return {
    floor: spreadOf(metrics, ({ floor }) => (floor === null ? null : Math.abs(floor.ratio - 1))),
    mde80: spreadOf(metrics, ({ mde80 }) => mde80),
  };
}

type Quantity<F> = (finding: F) => number | null;

/** The metric for which a quantity is largest, among those that have it. */
export function largestOf<F extends { id: string }>(metrics: readonly F[], quantity: Quantity<F>) {
  const values = metrics.flatMap((metric) => {
    const value = quantity(metric);
    return value === null ? [] : [{ id: metric.id, value }];
  });
  return values.toSorted((a, b) => b.value - a.value)[0];
}

/** @returns undefined if no metric has the quantity */
export function spreadOf<F extends { id: string }>(
  metrics: readonly F[],
  quantity: Quantity<F>,
): Spread | undefined {
  const worst = largestOf(metrics, quantity);
  if (worst === undefined) return undefined;
  const values = metrics.flatMap((metric) => quantity(metric) ?? []);
  return { median: median(values), worst: worst.value, worstId: worst.id };
}
