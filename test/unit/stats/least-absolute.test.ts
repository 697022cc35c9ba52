import fc from 'fast-check';
import { expect, test } from 'vitest';
import { absoluteError, fitLeastAbsolute, type Point } from '../../../src/stats/least-absolute.js';
import { reference, worst } from './reference.js';

interface Reference {
  points: Point[];
  fit: number[];
  error: number;
}

const point = (x: number[], y: number, weight = 1): Point => ({ x, y, weight });

test('one predictor: the weighted median of the slopes', () => {
  const points = [point([1], 10), point([1], 11), point([1], 90), point([2], 22), point([4], 40)];
  expect(fitLeastAbsolute(points)).toEqual([10]);
  expect(fitLeastAbsolute([point([1], 3, 10), point([1], 9)])).toEqual([3]);
});

// scipy.optimize.linprog (HiGHS) on the same points gives these coefficients: the minimum of
// Σ w·(u + v) with y = X·c + u − v and u, v ≥ 0.
test('two predictors, against a linear program', () => {
  const points = [
    point([1, 0], 26.3, 0.0125),
    point([1, 0.001], 25.1, 0.0083),
    point([2, 4], 96.4, 0.0002),
    point([2, 64], 694.2, 0.000114),
    point([3, 64], 801, 0.000083),
    point([1, 0.14], 27.9, 0.003),
    point([2, 0], 51, 0.0016),
  ];
  const fit = fitLeastAbsolute(points);
  expect(fit?.[0]).toBeCloseTo(26.3, 6);
  expect(fit?.[1]).toBeCloseTo(10.025, 6);
});

test('one and two predictors, weights and outliers, against SciPy', () => {
  for (const { points, fit, error } of reference<Reference>('least-absolute')) {
    const own = fitLeastAbsolute(points) ?? [];
    expect(worst(own, fit, (a, b) => Math.abs(a - b))).toBeLessThan(1e-6);
    expect(Math.abs(absoluteError(points, own) - error)).toBeLessThan(1e-9);
  }
});

test('points on one ray determine nothing, nor do zeros', () => {
  expect(fitLeastAbsolute([point([1, 2], 3), point([2, 4], 6)])).toBeUndefined();
  expect(fitLeastAbsolute([point([0], 3)])).toBeUndefined();
  expect(fitLeastAbsolute([])).toBeUndefined();
});

test('what is no number, and weights that count nothing, are refused', () => {
  expect(() => fitLeastAbsolute([point([Number.NaN], 3)])).toThrow(RangeError);
  expect(() => fitLeastAbsolute([point([1], 3, 0)])).toThrow(RangeError);
  expect(() => fitLeastAbsolute([point([1, 2, 3], 3)])).toThrow(RangeError);
});

test('no other coefficients have a smaller error', () => {
  const value = fc.double({ min: -100, max: 100, noNaN: true });
  const points = fc.array(
    fc.record({
      x: fc.tuple(value, value).map((pair) => [...pair]),
      y: value,
      weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
    }),
    { minLength: 2, maxLength: 12 },
  );
  fc.assert(
    fc.property(points, value, value, (some, a, b) => {
      const fit = fitLeastAbsolute(some);
      fc.pre(fit !== undefined);
      const [c = 0, d = 0] = fit ?? [];
      const error = absoluteError(some, [c, d]);
      for (const other of [
        [a, b],
        [c + a / 1000, d],
        [c, d + b / 1000],
      ]) {
        expect(error).toBeLessThanOrEqual(absoluteError(some, other) * (1 + 1e-6) + 1e-9);
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});
