import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holm } from '../../../src/stats/holm.js';
import { reference, worst } from './reference.js';

const absolute = (got: number, expected: number): number => Math.abs(got - expected);

test.each(reference<{ p: number[]; holm: number[] }>('adjust'))(
  'holm equals p.adjust of R over $p.length p-values',
  (expected) => {
    expect(worst(holm(expected.p), expected.holm, absolute)).toBeLessThan(1e-15);
  },
);

describe('holm', () => {
  const family = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

  test('never makes a p-value smaller, nor larger than 1', () => {
    fc.assert(
      fc.property(family, (p) => {
        for (const [index, adjusted] of holm(p).entries()) {
          expect(adjusted).toBeGreaterThanOrEqual((p[index] ?? 0) * (1 - 1e-15));
          expect(adjusted).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('keeps the order of the p-values', () => {
    fc.assert(
      fc.property(family, (p) => {
        const adjusted = holm(p);
        const order = [...p.keys()].sort((i, j) => (p[i] ?? 0) - (p[j] ?? 0));
        const sorted = order.map((index) => adjusted[index] ?? Number.NaN);
        expect(sorted).toEqual([...sorted].sort((x, y) => x - y));
      }),
    );
  });

  test('never lowers an adjusted p-value when a p-value rises or a hypothesis joins', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(p, { minLength: 1, maxLength: 20 }), p, fc.nat(), (all, other, at) => {
        const before = holm(all);
        const index = at % all.length;
        const raised = all.with(index, Math.max(all[index] ?? 0, other));
        for (const after of [holm(raised), holm([...all, other])]) {
          for (const [i, adjusted] of before.entries()) {
            expect(after[i]).toBeGreaterThanOrEqual(adjusted);
          }
        }
      }),
    );
  });

  test('says nothing of an empty family and refuses what is no probability', () => {
    expect(holm([])).toEqual([]);
    expect(() => holm([0.1, 1.1])).toThrow('pValues[1] must be a probability');
    expect(() => holm([Number.NaN])).toThrow(RangeError);
  });
});
