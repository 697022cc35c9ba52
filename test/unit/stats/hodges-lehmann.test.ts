import { describe, expect, test } from 'vitest';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.js';
import { reference } from './reference.js';

interface Expected {
  differences: number[];
  confidence: number;
  estimate: number;
  low: number;
  high: number;
}

describe('hodgesLehmann', () => {
  test.each(reference<Expected>('hodges-lehmann'))(
    'agrees with wilcox.test of R for $differences.length differences at $confidence',
    ({ differences, confidence, estimate, low, high }) => {
      const result = hodgesLehmann(differences, confidence);
      expect(Math.abs(result.estimate - estimate)).toBeLessThan(1e-14);
      expect(Math.abs(result.low - low)).toBeLessThan(1e-12);
      expect(Math.abs(result.high - high)).toBeLessThan(1e-12);
    },
  );

  test('is unbounded when 2^-n is above the level, and bounded from there on', () => {
    expect(hodgesLehmann([1, 2, 3, 4], 0.9)).toEqual({
      estimate: 2.5,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
      confidence: 0.9,
    });
    expect(hodgesLehmann([1, 2, 3, 4, 5], 0.9)).toMatchObject({ estimate: 3, low: 1, high: 5 });
  });

  test('takes the tightest interval that still covers when the level is met exactly', () => {
    // P(T <= 0) = 1/32 is the level itself: the end may move on to the smallest Walsh average.
    expect(hodgesLehmann([1, 2, 3, 4, 5], 1 - 1 / 16)).toMatchObject({ low: 1, high: 5 });
    expect(hodgesLehmann([1, 2, 3, 4], 1 - 1 / 16).low).toBe(Number.NEGATIVE_INFINITY);
  });

  test('names what is out of its range', () => {
    expect(() => hodgesLehmann([], 0.9)).toThrow('differences must not be empty');
    expect(() => hodgesLehmann([1, Number.NEGATIVE_INFINITY], 0.9)).toThrow('differences[1]');
    expect(() => hodgesLehmann([1], 1)).toThrow('confidence must lie between 0 and 1');
  });
});
