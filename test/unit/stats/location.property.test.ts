import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.js';
import { signedRankTest } from '../../../src/stats/signed-rank.js';

/**
 * Whole numbers, so that shifting and doubling them is exact and equality means equality. The
 * narrow range makes ties, and shifts that meet a Walsh average, common.
 */
const whole = fc.oneof(
  fc.integer({ min: -12, max: 12 }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }),
);
const differences = fc.oneof(
  fc.array(whole, { minLength: 1, maxLength: 20 }),
  fc.array(whole, { minLength: 45, maxLength: 70 }),
);
const confidence = fc.constantFrom(0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999);
const anyFinite = fc.double({ noNaN: true, noDefaultInfinity: true });

/** Halves, since Walsh averages of whole numbers are whole or half. */
const shift = fc.integer({ min: -30, max: 30 }).map((halves) => halves / 2);

describe('signedRankTest and hodgesLehmann', () => {
  test('agree: the interval holds exactly the shifts that neither test rejects', () => {
    fc.assert(
      fc.property(differences, confidence, shift, (d, coverage, near) => {
        const { estimate, low, high } = hodgesLehmann(d, coverage);
        const level = (1 - coverage) / 2;
        for (const at of [near, Math.round(estimate) + near, low, high].filter(Number.isFinite)) {
          const { greater, less } = signedRankTest(d, at);
          expect(greater > level).toBe(at >= low);
          expect(less > level).toBe(at <= high);
        }
      }),
    );
  });

  test('reject just outside a bounded interval', () => {
    fc.assert(
      fc.property(differences, confidence, (d, coverage) => {
        const { low, high } = hodgesLehmann(d, coverage);
        const level = (1 - coverage) / 2;
        if (low === Number.NEGATIVE_INFINITY) return;
        expect(signedRankTest(d, low - 0.25).greater).toBeLessThanOrEqual(level);
        expect(signedRankTest(d, high + 0.25).less).toBeLessThanOrEqual(level);
      }),
    );
  });

  test('put the estimate inside the interval, and wider intervals around narrower ones', () => {
    fc.assert(
      fc.property(differences, (d) => {
        const narrow = hodgesLehmann(d, 0.8);
        const wide = hodgesLehmann(d, 0.95);
        const ends = [wide.low, narrow.low, narrow.estimate, narrow.high, wide.high];
        expect(ends).toEqual([...ends].sort((x, y) => x - y));
      }),
    );
  });

  test('follow a shift, a change of scale and a swap of sides', () => {
    fc.assert(
      fc.property(differences, confidence, whole, (d, coverage, by) => {
        const { estimate, low, high } = hodgesLehmann(d, coverage);
        const moved = d.map((x) => x + by);
        expect(hodgesLehmann(moved, coverage)).toMatchObject({
          estimate: estimate + by,
          low: low + by,
          high: high + by,
        });
        expect(signedRankTest(moved, by)).toEqual(signedRankTest(d, 0));
        expect(
          hodgesLehmann(
            d.map((x) => 4 * x),
            coverage,
          ),
        ).toMatchObject({
          estimate: 4 * estimate,
          low: 4 * low,
          high: 4 * high,
        });
        const swapped = d.map((x) => -x);
        const mirror = hodgesLehmann(swapped, coverage);
        expect(mirror.estimate + estimate).toBe(0);
        expect([-mirror.high, -mirror.low].map((x) => x + 0)).toEqual(
          [low, high].map((x) => x + 0),
        );
        const test = signedRankTest(d, 0.5);
        expect(signedRankTest(swapped, -0.5)).toMatchObject({
          greater: test.less,
          less: test.greater,
        });
      }),
    );
  });

  test('have p-values that never fall (greater) or rise (less) as the shift rises', () => {
    fc.assert(
      fc.property(differences, fc.tuple(shift, shift), (d, shifts) => {
        const [lower, upper] = shifts.sort((x, y) => x - y);
        const before = signedRankTest(d, lower);
        const after = signedRankTest(d, upper);
        expect(after.greater).toBeGreaterThanOrEqual(before.greater);
        expect(after.less).toBeLessThanOrEqual(before.less);
      }),
    );
  });

  test('answer any finite input with numbers', () => {
    fc.assert(
      fc.property(fc.array(anyFinite, { minLength: 1, maxLength: 60 }), anyFinite, (d, at) => {
        const { greater, less } = signedRankTest(d, at);
        for (const p of [greater, less]) {
          expect(p).toBeGreaterThan(0);
          expect(p).toBeLessThanOrEqual(1);
        }
        const { estimate, low, high } = hodgesLehmann(d, 0.9);
        expect(Number.isFinite(estimate)).toBe(true);
        expect(low <= estimate && estimate <= high).toBe(true);
      }),
    );
  });
});
