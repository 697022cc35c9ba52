import { describe, expect, test } from 'vitest';
import { signedRankTest, tieFreeTail } from '../../../src/stats/signed-rank.js';
import { reference, relativeError } from './reference.js';

describe('the null distribution', () => {
  test.each(reference<{ n: number; t: number[]; p: number[] }>('signed-rank-tail'))(
    'of $n differences equals psignrank of R',
    ({ n, t, p }) => {
      const tail = tieFreeTail(n);
      for (const [index, place] of t.entries()) {
        expect(relativeError(tail(place), p[index] ?? Number.NaN)).toBeLessThan(1e-12);
      }
    },
  );

  test('has 2^-n as its smallest p-value up to the exact limit', () => {
    for (const n of [1, 5, 12, 50]) expect(tieFreeTail(n)((n * (n + 1)) / 2)).toBe(2 ** -n);
  });
});

interface Expected {
  differences: number[];
  shift: number;
  greater: number;
  less: number;
}

describe('signedRankTest', () => {
  test.each(reference<Expected>('signed-rank-test'))(
    'agrees with wilcox.test of R for $differences.length differences about $shift',
    ({ differences, shift, greater, less }) => {
      const result = signedRankTest(differences, shift);
      expect(result.n).toBe(differences.length);
      expect(Math.abs(result.greater - greater)).toBeLessThan(1e-12);
      expect(Math.abs(result.less - less)).toBeLessThan(1e-12);
    },
  );

  test('says p = 1 in both directions when every difference equals the shift', () => {
    for (const n of [1, 12, 80]) {
      const result = signedRankTest(new Array<number>(n).fill(0), 0);
      expect(result).toEqual({ greater: 1, less: 1, n });
    }
  });

  test('says p = 1 when there is no difference', () => {
    expect(signedRankTest([], 0)).toEqual({ greater: 1, less: 1, n: 0 });
  });

  test("does not fall as the shift rises past a difference, where Wilcoxon's zeros do", () => {
    // Dropping the zero and averaging ranks gives 0.625 at 24 and 0.5625 at 24.5.
    const differences = [3, 24, 26, 38];
    expect(signedRankTest(differences, 23.5).greater).toBe(7 / 16);
    expect(signedRankTest(differences, 24).greater).toBe(9 / 16);
    expect(signedRankTest(differences, 24.5).greater).toBe(9 / 16);
  });

  test('keeps its level when ties and zeros abound', () => {
    // Every sign pattern of 1, 1, 2, 2, 0, 0 is equally likely about 0.
    const levels = [1 / 64, 1 / 16, 0.1, 0.2, 0.5];
    const pValues = Array.from({ length: 16 }, (_, signs) => {
      const signed = [1, 1, 2, 2].map((size, bit) => (signs & (1 << bit) ? size : -size));
      return signedRankTest([...signed, 0, 0], 0).greater;
    });
    for (const level of levels) {
      expect(pValues.filter((p) => p <= level).length / 16).toBeLessThanOrEqual(level);
    }
  });

  test('rejects what is not finite, by name', () => {
    expect(() => signedRankTest([1, Number.NaN], 0)).toThrow(RangeError);
    expect(() => signedRankTest([1, Number.NaN], 0)).toThrow('differences[1] must be finite');
    expect(() => signedRankTest([1], Number.POSITIVE_INFINITY)).toThrow('shift must be finite');
  });
});
