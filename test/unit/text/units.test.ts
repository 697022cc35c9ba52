import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countOf,
  formatChange,
  formatEstimate,
  formatInterval,
  formatNs,
  formatNsDifference,
  formatRatio,
  formatShare,
} from '../../../src/text/units.js';

describe('formatNs', () => {
  it.each([
    [0.4123, '0.412 ns'],
    [81.27, '81.3 ns'],
    [107, '107 ns'],
    [999.4, '999 ns'],
    [999.6, '1.00 µs'],
    [1213, '1.21 µs'],
    [50_600, '50.6 µs'],
    [999_900, '1.00 ms'],
    [44_100_000, '44.1 ms'],
    [1.5e9, '1.50 s'],
    [1.2345e12, '1230 s'],
  ])('writes %d ns as %s', (ns, text) => expect(formatNs(ns)).toBe(text));

  it('keeps three significant digits of everything that a probe can measure', () => {
    const scale: Record<string, number> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 };
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e12, noNaN: true }), (ns) => {
        const [value = '', unit = ''] = formatNs(ns).split(' ');
        const back = Number(value) * (scale[unit] ?? Number.NaN);
        expect(Math.abs(back / ns - 1)).toBeLessThan(0.005_01);
      }),
    );
  });

  it('signs differences', () => {
    expect([25.4, -1210, 0].map(formatNsDifference)).toEqual(['+25.4 ns', '−1.21 µs', '0 ns']);
  });
});

describe('an estimate', () => {
  it.each([
    ['ns', 81.27, '81.3 ns'],
    ['per_second', 1824.8, '548 k/s'],
    ['per_second', 980, '1.02 M/s'],
    ['per_second', 2.6e6, '385 /s'],
    ['count', 5, '5'],
    ['count', 1.25, '1.25'],
  ] as const)('in %s of %d is %s', (unit, estimate, text) =>
    expect(formatEstimate(unit, estimate)).toBe(text),
  );
});

describe('a change', () => {
  it.each([
    [{ ratio: 1.312, low: 1.298, high: 1.33 }, '+31.2 % (29.8 to 33.0)'],
    [{ ratio: 0.9969, low: 0.992, high: 1.0012 }, '−0.31 % (−0.80 to +0.12)'],
    [{ ratio: 0.909, low: 0.898, high: 0.92 }, '−9.10 % (−10.2 to −8.00)'],
    [{ ratio: 1, low: 1, high: 1 }, '0.00 % (0.00 to 0.00)'],
    [{ ratio: 1.2, low: 1.2, high: 1.2, confidence: 1 }, '+20.0 % (exact)'],
    [{ ratio: 1.5, low: 0, high: null }, '+50.0 % (too few pairs)'],
    [{ ratio: 1.5, low: 1.2, high: null }, '+50.0 % (20.0 to ∞)'],
    [{ ratio: 612.4, low: 598, high: 631 }, '×612 (598 to 631)'],
    [{ ratio: 2.134, low: 1.99, high: null }, '×2.13 (1.99 to ∞)'],
    [{ ratio: 1 / 600, low: 1 / 640, high: 1 / 590 }, '÷600 (590 to 640)'],
    [{ ratio: 1 / 600, low: 0, high: 1 }, '÷600 (1.00 to ∞)'],
  ])('%o is %s', (change, text) => expect(formatChange(change)).toBe(text));

  it('is a percentage up to a factor of two', () => {
    expect([2, 2.01, 0.1, 0.09].map(formatRatio)).toEqual(['+100 %', '×2.01', '−90.0 %', '÷11.1']);
  });

  it('writes neither NaN nor an exponent for any finite ratio', () => {
    const ratio = fc.double({ min: 1e-5, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(ratio, ratio, fc.option(ratio), (middle, low, high) => {
        expect(
          `${formatRatio(middle)} ${formatInterval({ ratio: middle, low, high })}`,
        ).not.toMatch(/NaN|e[+-]|undefined/);
      }),
    );
  });
});

it('writes shares without needless zeros', () => {
  expect([0.02, 0.0062, 0.031, 0.1, 0.00026, 0, 5, 0.9967].map(formatShare)).toEqual([
    '2 %',
    '0.62 %',
    '3.1 %',
    '10 %',
    '0.026 %',
    '0 %',
    '500 %',
    '100 %',
  ]);
});

it('counts nouns', () => {
  expect([0, 1, 2].map((count) => countOf(count, 'metric'))).toEqual([
    '0 metrics',
    '1 metric',
    '2 metrics',
  ]);
});
