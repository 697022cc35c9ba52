import { describe, expect, test } from 'vitest';
import { normalQuantile, normalUpperTail } from '../../../src/stats/normal.js';
import { studentCdf, studentQuantile } from '../../../src/stats/student.js';
import { reference, relativeError, worst } from './reference.js';

const absoluteError = (got: number, expected: number): number => Math.abs(got - expected);

interface StudentValues {
  degreesOfFreedom: number;
  t: number[];
  cdf: number[];
  p: number[];
  quantile: number[];
}

describe.each(reference<StudentValues>('student'))(
  "Student's t with $degreesOfFreedom degrees of freedom",
  ({ degreesOfFreedom, t, cdf, p, quantile }) => {
    const tails = t.map((place) => studentCdf(place, degreesOfFreedom));

    test('has the cdf of R to 1e-8', () => {
      expect(worst(tails, cdf, absoluteError)).toBeLessThan(1e-8);
    });

    test('has lower tails that are right in proportion, however thin', () => {
      const below = t.findIndex((place) => place >= 0);
      expect(worst(tails.slice(0, below), cdf.slice(0, below), relativeError)).toBeLessThan(3e-7);
    });

    test('has the quantiles of R to 1e-7', () => {
      const quantiles = p.map((level) => studentQuantile(level, degreesOfFreedom));
      expect(worst(quantiles, quantile, relativeError)).toBeLessThan(1e-7);
    });
  },
);

describe('the normal distribution', () => {
  const [values] = reference<{ z: number[]; upper: number[]; p: number[]; quantile: number[] }>(
    'normal',
  );
  const { z = [], upper = [], p = [], quantile = [] } = values ?? {};

  test('has the tails of R to 1e-9, also in proportion', () => {
    expect(worst(z.map(normalUpperTail), upper, relativeError)).toBeLessThan(1e-9);
  });

  test('has the quantiles of R to 1e-9', () => {
    expect(worst(p.map(normalQuantile), quantile, relativeError)).toBeLessThan(1e-9);
  });

  test('never says that a tail is 0', () => {
    expect(normalUpperTail(40)).toBe(Number.EPSILON / 2);
  });
});

test('arguments out of their range are named', () => {
  expect(() => studentCdf(Number.NaN, 5)).toThrow('t must be finite');
  expect(() => studentCdf(1, 0)).toThrow('degreesOfFreedom must be above 0');
  expect(() => studentQuantile(1, 5)).toThrow('p must lie between 0 and 1');
  expect(() => normalUpperTail(Number.POSITIVE_INFINITY)).toThrow('z must be finite');
  expect(() => normalQuantile(0)).toThrow('p must lie between 0 and 1');
});
