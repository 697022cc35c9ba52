import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { benjaminiHochberg } from '../../../src/stats/benjamini-hochberg.js';
import { holm } from '../../../src/stats/holm.js';
import { reference, worst } from './reference.js';

const absolute = (got: number, expected: number): number => Math.abs(got - expected);

describe.each(reference<{ p: number[]; holm: number[]; bh: number[] }>('adjust'))(
  'p.adjust of R over $p.length p-values',
  (expected) => {
    test('is equalled by holm', () => {
      expect(worst(holm(expected.p), expected.holm, absolute)).toBeLessThan(1e-15);
    });
    test('is equalled by benjaminiHochberg', () => {
      expect(worst(benjaminiHochberg(expected.p), expected.bh, absolute)).toBeLessThan(1e-15);
    });
  },
);

describe.each([
  ['holm', holm],
  ['benjaminiHochberg', benjaminiHochberg],
])('%s', (_name, adjust) => {
  const family = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

  test('never makes a p-value smaller, nor larger than 1', () => {
    fc.assert(
      fc.property(family, (p) => {
        for (const [index, adjusted] of adjust(p).entries()) {
          expect(adjusted).toBeGreaterThanOrEqual((p[index] ?? 0) * (1 - 1e-15));
          expect(adjusted).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('keeps the order of the p-values', () => {
    fc.assert(
      fc.property(family, (p) => {
        const adjusted = adjust(p);
        const order = [...p.keys()].sort((i, j) => (p[i] ?? 0) - (p[j] ?? 0));
        const sorted = order.map((index) => adjusted[index] ?? Number.NaN);
        expect(sorted).toEqual([...sorted].sort((x, y) => x - y));
      }),
    );
  });

  test('says nothing of an empty family and refuses what is no probability', () => {
    expect(adjust([])).toEqual([]);
    expect(() => adjust([0.1, 1.1])).toThrow('pValues[1] must be a probability');
    expect(() => adjust([Number.NaN])).toThrow(RangeError);
  });
});
