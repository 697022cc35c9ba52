import { describe, expect, test } from 'vitest';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.js';
import { locationStandardError } from '../../../src/stats/location-error.js';
import { seededRandom } from '../../../src/stats/random.js';
import { testOverMachines } from '../../../src/stats/random-effects.js';
import { signedRankTest } from '../../../src/stats/signed-rank.js';
import {
  smallestStratifiedP,
  stratifiedSignedRankTest,
} from '../../../src/stats/stratified-signed-rank.js';
import { normal, sample } from '../../fixtures/noise.js';

const SHIFT = 0.02;

describe('stratifiedSignedRankTest', () => {
  test('is the test of the sample where there is one', () => {
    const differences = [0.031, 0.012, 0.024, 0.05, 0.019, 0.027, 0.033];
    const one = stratifiedSignedRankTest([differences], SHIFT);
    expect(one.greater).toBeCloseTo(signedRankTest(differences, SHIFT).greater, 9);
    expect(one.less).toBeCloseTo(signedRankTest(differences, SHIFT).less, 9);
  });

  test('is surer of what several samples agree on, and of nothing that they contradict', () => {
    const slower = [0.021, 0.022, 0.023, 0.024, 0.025, 0.026];
    const faster = slower.map((one) => 2 * SHIFT - one);
    // Python: n = statistics.NormalDist(); n.cdf(-2 * n.inv_cdf(1 - 2**-6) / 2**0.5), and n.cdf(0).
    expect(stratifiedSignedRankTest([slower, slower], SHIFT).greater).toBeCloseTo(0.0011593895, 9);
    expect(stratifiedSignedRankTest([slower, faster], SHIFT).greater).toBeCloseTo(0.5, 9);
  });

  test('lets a sample count by the root of its size', () => {
    const few = sample(5, () => 1);
    const many = sample(20, () => -1);
    expect(stratifiedSignedRankTest([few, many], 0).greater).toBeGreaterThan(0.99);
    expect(stratifiedSignedRankTest([few, many], 0).less).toBeLessThan(0.01);
  });

  test('gives the smallest p where all differences lie on one side', () => {
    const all = [sample(5, (): number => 1), sample(60, (): number => 2)];
    const tiesApart = all.map((one) => one.map((value, index) => value + index / 1000));
    expect(stratifiedSignedRankTest(tiesApart, 0).greater).toBe(smallestStratifiedP([5, 60]));
    expect(smallestStratifiedP([5])).toBeCloseTo(2 ** -5, 9);
  });

  test('holds the far level where pairs come in two modes, which the estimates alone do not', () => {
    const random = seededRandom(3);
    const draw = normal(random);
    const level = 0.01 / 60;
    const prior = { standardDeviation: 0.005, degreesOfFreedom: 5 };
    const mode = (): number => (random.unit() < 0.5 ? 0.05 : -0.05);
    let [byEstimates, byBoth] = [0, 0];
    for (let gate = 0; gate < 2000; gate++) {
      const machines = sample2d(5, 10, () => SHIFT + mode() + 0.002 * draw());
      const estimates = machines.map((differences) => ({
        estimate: hodgesLehmann(differences, 0.5).estimate,
        standardError: locationStandardError(differences) ?? 0,
      }));
      if (testOverMachines(estimates, { margin: SHIFT, prior }, 0.95).slower > level) continue;
      byEstimates++;
      if (stratifiedSignedRankTest(machines, SHIFT).greater <= level) byBoth++;
    }
    // 2000 gates at the level are a third of one.
    expect(byEstimates).toBeGreaterThan(10);
    expect(byBoth).toBeLessThanOrEqual(2);
  });

  test('names a number that is not finite', () => {
    expect(() => stratifiedSignedRankTest([[1, Number.NaN]], 0)).toThrow('differences[1]');
    expect(() => stratifiedSignedRankTest([[1]], Number.NaN)).toThrow('shift');
  });
});

const sample2d = (rows: number, columns: number, draw: () => number): number[][] =>
  Array.from({ length: rows }, () => sample(columns, draw));
