import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.js';
import { normalQuantile } from '../../../src/stats/normal.js';
import { seededRandom } from '../../../src/stats/random.js';
import {
  type FamilyJudging,
  machinesToSettle,
  pairsToSettle,
  runsToSettle,
} from '../../../src/stats/settle.js';
import { normal, sample } from '../../fixtures/noise.js';

const JUDGING: FamilyJudging = { margin: 0.02, alpha: 0.01, familySize: 26 };
const interval = (estimate: number, half: number) => ({
  estimate,
  low: estimate - half,
  high: estimate + half,
  confidence: 0.9,
});

describe('pairsToSettle', () => {
  test('asks for the pairs that shrink the interval into the margins', () => {
    // From a half-width of 0.03 to 0.01 takes nine times the pairs, and one more for the far margin.
    expect(pairsToSettle(interval(0.01, 0.03), 20, JUDGING)).toBe(181);
    expect(pairsToSettle(interval(-0.01, 0.03), 20, JUDGING)).toBe(181);
  });

  test('asks for twice as many where both margins bind', () => {
    // 2 * pnorm(0.02/se - qnorm(0.95)) - 1 = 0.5 at 0.02/se = 1.645 + 0.674, hence
    // 20 * (0.03/0.02 * (1.645 + 0.674)/1.645)^2, where 45 pairs would bring the interval to +-0.02.
    expect(pairsToSettle(interval(0, 0.03), 20, JUDGING)).toBe(90);
  });

  test.each([0, 0.005, 0.01])('settles about half of the metrics that change by %f', (change) => {
    const draw = normal(seededRandom(43));
    const noise = 0.05;
    // Its spread is known here, by the efficiency of the estimate: 3/pi for normal noise.
    const half = normalQuantile(0.95) * noise * Math.sqrt(Math.PI / 3 / 10);
    const pairs = pairsToSettle(interval(change, half), 10, JUDGING) ?? 0;
    const settled = sample(300, () => {
      const fresh = sample(pairs, () => change + noise * draw());
      const { low, high } = hodgesLehmann(fresh, 0.9);
      return low > -0.02 && high < 0.02 ? 1 : 0;
    });
    const share = settled.reduce((sum: number, one) => sum + one, 0) / 300;
    expect(share).toBeGreaterThan(0.38);
    expect(share).toBeLessThan(0.62);
  });

  test('asks for more when the estimate points at a change, which has the harder test', () => {
    const pairs = pairsToSettle(interval(0.03, 0.03), 20, JUDGING) ?? 0;
    // z(0.01) = 2.33 against the 1.64 of the interval: 180 * (2.33/1.64)^2.
    expect(pairs).toBe(361);
  });

  test('asks for more the more metrics were flagged, which share the level', () => {
    const pairs = (flagged: number) =>
      pairsToSettle(interval(0.03, 0.03), 20, { ...JUDGING, flagged }) ?? 0;
    expect(pairs(10)).toBeGreaterThan(pairs(1));
  });

  test('has no answer for an estimate on the margin, or too near to it', () => {
    expect(pairsToSettle(interval(0.02, 0.01), 20, JUDGING)).toBeUndefined();
    expect(pairsToSettle(interval(0.0201, 0.05), 20, JUDGING)).toBeUndefined();
  });

  test('asks first for a bounded interval', () => {
    const unbounded = hodgesLehmann([0.01, 0.02, 0.015], 0.9);
    expect(pairsToSettle(unbounded, 3, JUDGING)).toBe(5);
    expect(pairsToSettle(hodgesLehmann([0.1, 0.2, 0.15], 0.9), 3, JUDGING)).toBe(7);
  });

  test('is about right: most unchanged metrics are settled at twice the number', () => {
    const draw = normal(seededRandom(41));
    const settled = sample(60, () => {
      const first = hodgesLehmann(
        sample(12, () => 0.04 * draw()),
        0.9,
      );
      const pairs = pairsToSettle(first, 12, JUDGING);
      if (pairs === undefined || pairs > 300) return 1;
      const { low, high } = hodgesLehmann(
        sample(2 * pairs, () => 0.04 * draw()),
        0.9,
      );
      return low > -0.02 && high < 0.02 ? 1 : 0;
    });
    expect(settled.reduce((sum: number, one) => sum + one, 0)).toBeGreaterThan(35);
  });

  test('is above the pairs at hand, for any result', () => {
    const double = fc.double({ min: -0.2, max: 0.2, noNaN: true });
    fc.assert(
      fc.property(double, double, fc.integer({ min: 1, max: 500 }), (estimate, half, pairs) => {
        const needed = pairsToSettle(interval(estimate, Math.abs(half)), pairs, JUDGING);
        expect(needed ?? pairs + 1).toBeGreaterThan(pairs);
      }),
    );
  });

  test('names what is out of its range', () => {
    expect(() => pairsToSettle(interval(Number.NaN, 1), 20, JUDGING)).toThrow('estimate');
    expect(() => pairsToSettle(interval(0, 1), 0, JUDGING)).toThrow('pairs');
    expect(() => pairsToSettle(interval(0, 1), 20, { ...JUDGING, alpha: 2 })).toThrow('alpha');
  });
});

describe('runsToSettle', () => {
  const judging = { ...JUDGING, margin: 0.03 };
  /** One run against one stored run, of a platform whose runs differ by 1 %. */
  const against = (estimate: number) => ({
    ...{ estimate, standardError: 0.01 * Math.SQRT2, degreesOfFreedom: 5 },
  });

  test('counts the stored runs that bring the estimate within reach', () => {
    const needed = runsToSettle(against(0.1), { candidate: 1, baseline: 1 }, judging) ?? 0;
    expect(needed).toBeGreaterThan(1);
    expect(needed).toBeLessThan(10);
  });

  test('has no answer when the candidate’s own run is too loud for any number of them', () => {
    expect(runsToSettle(against(0.04), { candidate: 1, baseline: 1 }, judging)).toBeUndefined();
  });
});

describe('where both margins bind', () => {
  const even = { estimate: 0, standardError: 0.012, degreesOfFreedom: 1000 };

  test('runs and machines are counted for an even chance too', () => {
    // As for pairs: the standard error has to come down to 0.02 / (1.645 + 0.674) = 0.0086.
    expect(machinesToSettle(even, 10, JUDGING, 1e-9)).toBe(20);
    // 0.012 / sqrt(2) * sqrt(1 + v(n)) is 0.0086 at v(n) = 0.03; v(n) is about 1.57/n.
    const runs = runsToSettle(even, { candidate: 1, baseline: 1 }, JUDGING) ?? 0;
    expect(runs).toBeGreaterThan(40);
    expect(runs).toBeLessThan(70);
  });
});

describe('machinesToSettle', () => {
  const result = { estimate: 0.01, standardError: 0.008, degreesOfFreedom: 7 };

  test('asks for the machines that shrink the interval into the margins', () => {
    // 0.008 * sqrt(3/6) * t(0.95, 10) = 0.01025 and 0.008 * sqrt(3/7) * t(0.95, 11) = 0.00941.
    expect(machinesToSettle(result, 3, JUDGING, 1e-9)).toBe(7);
    expect(machinesToSettle({ ...result, estimate: -0.01 }, 3, JUDGING, 1e-9)).toBe(7);
  });

  test('asks for more when the estimate points at a change, and has no answer on the margin', () => {
    expect(machinesToSettle({ ...result, estimate: 0.03 }, 3, JUDGING, 1e-9)).toBeGreaterThan(7);
    expect(machinesToSettle({ ...result, estimate: 0.02 }, 3, JUDGING, 1e-9)).toBeUndefined();
  });

  test('asks for the machines whose pairs can show a change at all', () => {
    const clear = { estimate: 0.3, standardError: 0.001, degreesOfFreedom: 7 };
    expect(machinesToSettle(clear, 2, JUDGING, 1e-9)).toBe(3);
    // 2^-5 on one machine is 1.86 deviations off, and 0.01 / 26 is 3.36: (3.36/1.86)^2 machines.
    expect(machinesToSettle(clear, 1, JUDGING, 2 ** -5)).toBe(4);
  });
});
