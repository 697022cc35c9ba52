import { requireAllFinite, requirePositive } from './arguments.js';

/** One observation: y against one value of each predictor. */
export interface Point {
  x: readonly number[];
  y: number;
  /** Above 0: how much an error of y counts. */
  weight: number;
}

/** A determinant below this share of its terms counts as 0: the points lie on one ray. */
const SINGULAR = 1e-9;

/**
 * The fit y ≈ Σ c·x through the origin with the smallest sum of weighted absolute errors. Unlike
 * least squares, it hardly moves even if half of the points are far off.
 *
 * The answer is exact and found by trying: an optimal fit passes through as many points as there
 * are predictors (P. Bloomfield and W. L. Steiger, "Least Absolute Deviations", 1983, section 1.3).
 * With two predictors, the maximum here, that takes n²/2 fits of n errors each.
 *
 * @param points each with the same one or two predictors
 * @returns the coefficients; undefined when the points do not determine them
 * @throws RangeError when a number is not finite, a weight not positive, or there are more predictors
 */
export function fitLeastAbsolute(points: readonly Point[]): number[] | undefined {
  const predictors = points[0]?.x.length ?? 1;
  if (predictors < 1 || predictors > 2) throw new RangeError('x must hold one or two predictors');
  for (const { x, y, weight } of points) {
    requireAllFinite('x', [...x, y]);
    requirePositive('weight', weight);
  }
  const candidates = predictors === 1 ? points.map(throughOne) : throughPairs(points);
  let best: { fit: number[]; error: number } | undefined;
  for (const fit of candidates) {
    if (fit === undefined) continue;
    const error = absoluteError(points, fit, best?.error);
    if (best === undefined || error < best.error) best = { fit, error };
  }
  return best?.fit;
}

/**
 * Σ weight · |y − Σ c·x|
 *
 * @param limit the sum stops once it reaches this; the result is then at least the limit
 */
export function absoluteError(
  points: readonly Point[],
  fit: readonly number[],
  limit = Number.POSITIVE_INFINITY,
): number {
  let error = 0;
  for (const { x, y, weight } of points) {
    error += weight * Math.abs(y - predicted(x, fit));
    if (error >= limit) break;
  }
  return error;
}

/** Σ c·x. A plain loop, because one fit calls it a hundred thousand times. */
export function predicted(x: readonly number[], fit: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] ?? 0) * (fit[i] ?? 0);
  return sum;
}

const throughOne = ({ x: [x = 0], y }: Point): number[] | undefined =>
  x === 0 ? undefined : [y / x];

function* throughPairs(points: readonly Point[]): Generator<number[] | undefined> {
  for (const [i, p] of points.entries()) {
    for (const q of points.slice(i + 1)) yield throughTwo(p, q);
  }
}

/** Cramer's rule. */
function throughTwo(p: Point, q: Point): number[] | undefined {
  const [a = 0, b = 0] = p.x;
  const [c = 0, d = 0] = q.x;
  const determinant = a * d - b * c;
  if (Math.abs(determinant) <= SINGULAR * (Math.abs(a * d) + Math.abs(b * c))) return undefined;
  return [(p.y * d - b * q.y) / determinant, (a * q.y - p.y * c) / determinant];
}
