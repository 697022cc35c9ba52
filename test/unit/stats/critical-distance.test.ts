import { describe, expect, test } from 'vitest';
import { criticalDistances } from '../../../src/stats/critical-distance.js';
import { normalQuantile } from '../../../src/stats/normal.js';

const STAGE = { pairs: 8, level: 0.05 };

test('come to an end for differences that agree but for rounding', () => {
  // Neighbouring doubles around each of many sizes: there is nothing between them to try.
  for (const size of [1e-3, 0.0199, 0.4, 7]) {
    const next = size * (1 + Number.EPSILON);
    const distances = criticalDistances([0, 0, 0, size, size, next, next], STAGE);
    expect(distances.every(Number.isFinite)).toBe(true);
  }
});

test('do not depend on the order of the differences', () => {
  const differences = [0.3, -0.1, 0.25, 0.7, -0.4, 0.05, 0.6, 0.11];
  expect(criticalDistances(differences.toReversed(), STAGE)).toEqual(
    criticalDistances(differences, STAGE),
  );
});

/** All means of two, or of one with itself, ascending. */
const walsh = (values: readonly number[]): number[] =>
  values.flatMap((x, i) => values.slice(i).map((y) => (x + y) / 2)).sort((a, b) => a - b);

const median = (sorted: readonly number[]): number =>
  ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;

/** All ways to draw so many times from some values, with replacement. */
const draws = (values: readonly number[], count: number): number[][] =>
  count === 0
    ? [[]]
    : draws(values, count - 1).flatMap((one) => values.map((value) => [...one, value]));

/** Every set of signs of the ranks 1 … n: the sum of the positive ones. */
const rankSums = (n: number): number[] =>
  Array.from({ length: 2 ** n }, (_, signs) =>
    Array.from({ length: n }, (__, bit) => ((signs >> bit) & 1) * (bit + 1)).reduce(
      (sum, rank) => sum + rank,
    ),
  );

/** How many of the smallest Walsh averages the test at that level gives away. */
function orderOf(n: number, level: number): number {
  const sums = rankSums(n);
  const largest = (n * (n + 1)) / 2;
  const tail = (t: number): number => sums.filter((sum) => sum >= t).length / sums.length;
  let order = 0;
  while (tail(largest - order) <= level) order++;
  return order;
}

/** The distances of all resamples there are, ascending. */
function everyDistance(differences: readonly number[], pairs: number, level: number): number[] {
  const centre = median(walsh(differences));
  const spread = Math.sqrt(differences.length / (differences.length - 1));
  const residuals = differences.map((one) => (one - centre) * spread);
  const signed = residuals.flatMap((residual) => [residual, -residual]);
  const order = orderOf(pairs, level);
  return draws(signed, pairs)
    .map((resample) => -(walsh(resample)[order - 1] ?? Number.NaN))
    .sort((a, b) => a - b);
}

describe('are a sample of what all resamples give', () => {
  // Lopsided, so that the random signs matter.
  const differences = [0, 2, 9];
  // 3.25 is the median of their Walsh averages.
  const range = 2 * (9 - 3.25) * Math.sqrt(3 / 2);

  test.each([
    // The smallest Walsh average; the second smallest; and the third.
    [5, 0.05, 1],
    [5, 0.0625, 2],
    [6, 0.05, 3],
  ])('%i pairs at a level of %d', (pairs, level, order) => {
    expect(orderOf(pairs, level)).toBe(order);
    const all = everyDistance(differences, pairs, level);
    const found = [...criticalDistances(differences, { pairs, level })];
    const share = (values: readonly number[], limit: number): number =>
      values.filter((value) => value <= limit).length / values.length;
    // 300 draws stay this close at every limit nineteen times in twenty (Kolmogorov): 1.36 / √300.
    for (const limit of new Set(all)) {
      expect(share(found, limit + 1e-9)).toBeGreaterThan(share(all, limit - range / 1000) - 0.0785);
      expect(share(found, limit - range / 1000)).toBeLessThan(share(all, limit + 1e-9) + 0.0785);
    }
  });

  test('to a thousandth of the range', () => {
    const possible = [...new Set(everyDistance(differences, 5, 0.05))];
    for (const distance of criticalDistances(differences, { pairs: 5, level: 0.05 })) {
      const error = Math.min(...possible.map((one) => Math.abs(one - distance)));
      expect(error).toBeLessThanOrEqual(range / 1000);
    }
  });
});

test('for many pairs are those of the normal approximation', () => {
  // The signed-rank test of N normal differences has the power of a z test of 3N/π. So the distance that
  // a share P of the tests needs is σ √(π/3N) (z(level) + z(P)).
  const differences = Array.from({ length: 200 }, (_, i) => normalQuantile((i + 0.5) / 200));
  for (const pairs of [60, 100, 250, 1000]) {
    const distances = criticalDistances(differences, { pairs, level: 0.05 });
    const unit = Math.sqrt(Math.PI / 3 / pairs);
    for (const share of [0.2, 0.5, 0.8]) {
      const needed = (distances[share * 300 - 1] ?? Number.NaN) / unit;
      // Three standard errors of a quantile of 300.
      expect(Math.abs(needed - normalQuantile(0.95) - normalQuantile(share))).toBeLessThan(0.25);
    }
  }
});
