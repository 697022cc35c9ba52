import fc from 'fast-check';
import { mean, sampleVariance } from 'simple-statistics';
import { describe, expect, test } from 'vitest';
import { SCREEN_LEVEL } from '../../../src/stats/assumptions.js';
import { criticalDistances } from '../../../src/stats/critical-distance.js';
import { holm } from '../../../src/stats/holm.js';
import { moderatedVariance } from '../../../src/stats/moderated.js';
import { normalQuantile, normalUpperTail } from '../../../src/stats/normal.js';
import {
  expectedMde80,
  mde80ForPairs,
  mde80ForPrediction,
  minimumPairs,
  robustPairs,
} from '../../../src/stats/power.js';
import { seededRandom } from '../../../src/stats/random.js';
import { signedRankTest } from '../../../src/stats/signed-rank.js';
import { studentTest } from '../../../src/stats/student-test.js';
import { contaminated, laplace, type Noise, normal, sample } from '../../fixtures/noise.js';

const MARGIN = Math.log(1.02);
const ALPHA = 0.01;
const DEVIATION = 0.01;

describe('robustPairs', () => {
  const LEVEL = 0.2 / 62;

  test.each([1, 5, 62])(
    'flags a family of %d although one pair points far the other way',
    (size) => {
      const pairs = robustPairs(0.2, size);
      const all = Array.from({ length: pairs }, (_, index) => 1 + index / 100);
      expect(signedRankTest([...all.slice(1), -9], 0).greater).toBeLessThanOrEqual(0.2 / size);
      expect(signedRankTest([...all.slice(2), -9], 0).greater).toBeGreaterThan(0.2 / size);
      expect(pairs).toBeGreaterThan(minimumPairs(0.2, size));
    },
  );

  test('needs more than one pair that points the other way costs', () => {
    expect(robustPairs(LEVEL, 1)).toBe(robustPairs(0.2, 62));
  });

  test('flags although two pairs point far the other way, where that is asked for', () => {
    const pairs = robustPairs(0.05, 1, 2);
    const all = Array.from({ length: pairs }, (_, index) => 1 + index / 100);
    expect(signedRankTest([...all.slice(2), -9, -8], 0).greater).toBeLessThanOrEqual(0.05);
    expect(signedRankTest([...all.slice(3), -9, -8], 0).greater).toBeGreaterThan(0.05);
    expect(() => robustPairs(0.05, 1, 0)).toThrow('spoilt');
  });
});

describe('expectedMde80', () => {
  const plan = { deviation: 0.01, pairs: 20, margin: 0.02, alpha: 0.01 };

  test('is what a paired comparison of normal noise prints, within a tenth of what is beyond the margin', () => {
    const draw = normal(seededRandom(5));
    const printed = Array.from({ length: 15 }, () =>
      mde80ForPairs({ ...plan, differences: Array.from({ length: 20 }, () => 0.01 * draw()) }),
    ).sort((a, b) => a - b)[7];
    expect(expectedMde80(plan) - 0.02).toBeGreaterThan(0.85 * ((printed ?? 0) - 0.02));
    expect(expectedMde80(plan) - 0.02).toBeLessThan(1.15 * ((printed ?? 0) - 0.02));
  });

  test('falls with pairs, and is out of reach with too few', () => {
    expect(expectedMde80({ ...plan, pairs: 80 })).toBeLessThan(expectedMde80(plan));
    expect(expectedMde80({ ...plan, pairs: 6 })).toBe(Number.POSITIVE_INFINITY);
    expect(expectedMde80({ ...plan, pairs: 7 })).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test('takes the harder of the two levels, and √0.8 for each of the two tests', () => {
    // Of the standard normal distribution, the quantiles at √0.8, 0.95 and 0.99.
    const [z894, z95, z99] = [1.2506, 1.6449, 2.3263];
    const beyond = (alpha: number): number =>
      (expectedMde80({ ...plan, alpha }) - 0.02) / (0.01 * Math.sqrt(Math.PI / 60));
    expect(beyond(0.01)).toBeCloseTo(z99 + z894, 3);
    expect(beyond(0.2)).toBeCloseTo(z95 + z894, 3);
  });
});

describe('minimumPairs', () => {
  test('is the first K with 2^-K under the first Holm divisor', () => {
    expect(minimumPairs(0.01, 1)).toBe(7);
    expect(minimumPairs(0.01, 26)).toBe(12);
    expect(minimumPairs(0.2, 26)).toBe(8);
    expect(minimumPairs(0.25, 1)).toBe(2);
  });

  test('is where signedRankTest and holm together begin to flag', () => {
    const adjusted = (pairs: number): number => {
      const p = signedRankTest(
        sample(pairs, () => 1),
        0,
      ).greater;
      return holm([p, ...sample(25, () => 1)])[0] ?? 1;
    };
    expect(adjusted(12)).toBeLessThanOrEqual(0.01);
    expect(adjusted(11)).toBeGreaterThan(0.01);
  });
});

/** Screens and confirms a family of which only the first metric moved; says which were confirmed. */
function confirmed(family: readonly Noise[], pairs: number, shift: number): boolean[] {
  const slower = (draw: Noise, metric: number): number => {
    const by = metric === 0 ? shift : 0;
    return signedRankTest(
      sample(pairs, () => DEVIATION * draw() + by),
      MARGIN,
    ).greater;
  };
  const screened = family.map((draw, metric) => slower(draw, metric) <= SCREEN_LEVEL);
  const flagged = [...family.entries()].filter(([metric]) => screened[metric]);
  const second = holm(flagged.map(([metric, draw]) => slower(draw, metric)));
  const found = flagged.filter((_, index) => (second[index] ?? 1) <= ALPHA);
  return family.map((_, metric) => found.some(([index]) => index === metric));
}

describe('mde80ForPairs', () => {
  const typical = (draw: Noise, pairs: number): number => {
    const values = sample(41, () =>
      mde80ForPairs({
        differences: sample(pairs, () => DEVIATION * draw()),
        margin: MARGIN,
        alpha: ALPHA,
        pairs,
      }),
    );
    return values.sort((x, y) => x - y)[20] ?? Number.NaN;
  };

  test.each([
    ['normal', normal, 12, 1],
    ['normal', normal, 12, 26],
    ['normal', normal, 48, 26],
    ['Laplace', laplace, 12, 26],
    ['Laplace', laplace, 48, 1],
    ['contaminated', contaminated, 24, 26],
    ['contaminated', contaminated, 100, 1],
  ])('is caught about four times in five under %s noise, %i pairs', (_, noise, pairs, size) => {
    const draw = noise(seededRandom(11));
    const shift = typical(draw, pairs);
    const family = sample(size, () => 0).map(() => draw);
    const caught = (by: number): number =>
      sample(200, () => (confirmed(family, pairs, by)[0] ? 1 : 0)).reduce((x, y) => x + y) / 200;
    // 25 % either side of the printed shift must straddle a power of 0.8.
    expect(caught(shift * 1.25)).toBeGreaterThan(0.8);
    expect(caught(shift / 1.25)).toBeLessThan(0.8);
  });

  test('is the smallest shift that both tests catch in four of five pairs of resamples', () => {
    const differences = sample(30, laplace(seededRandom(4)));
    const run = { differences, margin: MARGIN, alpha: ALPHA, pairs: 9, confirmPairs: 16 };
    const screen = [...criticalDistances(differences, { pairs: 9, level: SCREEN_LEVEL })];
    const confirm = [...criticalDistances(differences, { pairs: 16, level: ALPHA })];
    const caught = (distance: number): number => {
      const both = screen.flatMap((one) => confirm.map((other) => Math.max(one, other)));
      return both.filter((needed) => needed <= distance).length / both.length;
    };
    const found = mde80ForPairs(run) - MARGIN;
    const next = [...screen, ...confirm].filter((distance) => distance < found - 1e-9);
    expect(caught(found + 1e-9)).toBeGreaterThanOrEqual(0.8);
    expect(caught(Math.max(...next))).toBeLessThan(0.8);
  });

  test('takes the pairs of the screen and of the confirmation each for its own', () => {
    const differences = sample(30, normal(seededRandom(4)));
    const run = { differences, margin: MARGIN, alpha: ALPHA, pairs: 20, confirmPairs: 40 };
    const swapped = { ...run, pairs: 40, confirmPairs: 20 };
    // The confirmation's level is the harder one, so pairs are worth more there.
    expect(mde80ForPairs(run)).toBeLessThan(mde80ForPairs(swapped));
    expect(mde80ForPairs({ ...run, confirmPairs: 20 })).toBeGreaterThan(mde80ForPairs(run));
    expect(mde80ForPairs({ ...run, confirmPairs: 20 })).toBeGreaterThan(mde80ForPairs(swapped));
  });

  test('is the normal approximation for many pairs', () => {
    const differences = Array.from({ length: 200 }, (_, i) => normalQuantile((i + 0.5) / 200));
    for (const pairs of [120, 480]) {
      const found = mde80ForPairs({ differences, margin: MARGIN, alpha: ALPHA, pairs }) - MARGIN;
      // Φ(d/s − z(screen)) · Φ(d/s − z(alpha)) = 0.8, solved by bisection.
      let [low, high] = [0, 9];
      for (let step = 0; step < 60; step++) {
        const middle = (low + high) / 2;
        const power = [SCREEN_LEVEL, ALPHA]
          .map((level) => normalUpperTail(normalQuantile(1 - level) - middle))
          .reduce((x, y) => x * y);
        if (power < 0.8) low = middle;
        else high = middle;
      }
      const expected = low * Math.sqrt(Math.PI / 3 / pairs);
      expect(found / expected).toBeGreaterThan(0.95);
      expect(found / expected).toBeLessThan(1.05);
    }
  });

  test('is infinite when the pairs cannot reach the level of the screen or confirmation', () => {
    const differences = sample(20, normal(seededRandom(1)));
    const run = { differences, margin: MARGIN, alpha: ALPHA, pairs: 5, confirmPairs: 7 };
    expect(mde80ForPairs(run)).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(mde80ForPairs({ ...run, pairs: 4 })).toBe(Number.POSITIVE_INFINITY);
    expect(mde80ForPairs({ ...run, confirmPairs: 6 })).toBe(Number.POSITIVE_INFINITY);
    expect(mde80ForPairs({ ...run, differences: [0, 1, 2, 3] })).toBe(Number.POSITIVE_INFINITY);
    expect(mde80ForPairs({ ...run, differences: [0, 1, 2, 3, 4] })).toBeLessThan(9);
  });

  test('falls to the margin as the noise vanishes and shrinks as 1/√pairs', () => {
    const differences = sample(40, normal(seededRandom(2)));
    const run = { differences, margin: MARGIN, alpha: ALPHA, pairs: 40 };
    expect(mde80ForPairs({ ...run, differences: differences.map(() => 0.01) })).toBe(MARGIN);
    const beyond = (pairs: number): number => mde80ForPairs({ ...run, pairs }) - MARGIN;
    expect(beyond(400) / beyond(100)).toBeCloseTo(0.5, 10);
    expect(beyond(100) / beyond(50)).toBeGreaterThan(0.62);
    expect(beyond(100) / beyond(50)).toBeLessThan(0.78);
  });

  test('is a number of the scale of the differences, whatever their centre or sign', () => {
    const differences = fc.array(fc.integer({ min: -1000, max: 1000 }), {
      minLength: 5,
      maxLength: 20,
    });
    fc.assert(
      fc.property(differences, fc.integer({ min: -1000, max: 1000 }), (d, by) => {
        const of = (values: number[]): number =>
          mde80ForPairs({ differences: values, margin: 0, alpha: ALPHA, pairs: 12 });
        const mde = of(d);
        expect(mde).toBeGreaterThanOrEqual(0);
        expect(of(d.map((x) => x + by))).toBeCloseTo(mde, 6);
        expect(of(d.map((x) => 8 * x))).toBeCloseTo(8 * mde, 6);
      }),
      { numRuns: 20 },
    );
  });

  test('names what is out of its range', () => {
    const run = { differences: [0], margin: 0, alpha: ALPHA, pairs: 12 };
    expect(() => mde80ForPairs({ ...run, differences: [Number.NaN] })).toThrow('differences[0]');
    expect(() => mde80ForPairs({ ...run, margin: -1 })).toThrow('margin');
    expect(() => mde80ForPairs({ ...run, alpha: 0 })).toThrow('alpha');
    expect(() => mde80ForPairs({ ...run, pairs: 1.5 })).toThrow('pairs');
  });
});

describe('mde80ForPrediction', () => {
  const PRIOR = { standardDeviation: 0.01, degreesOfFreedom: 5 };

  /** A platform's deviation under the prior: ν₀ s₀² / χ² with ν₀ degrees of freedom. */
  const platformDeviation = (draw: Noise): number => {
    const squares = sample(PRIOR.degreesOfFreedom, draw).reduce((sum, z) => sum + z * z, 0);
    return PRIOR.standardDeviation * Math.sqrt(PRIOR.degreesOfFreedom / squares);
  };

  test.each([1, 4, 20])('is caught four times in five with %i stored runs', (stored) => {
    const draw = normal(seededRandom(5));
    const judging = { margin: Math.log(1.03), alpha: ALPHA, familySize: 26 };
    const caught = sample(3000, () => {
      const deviation = platformDeviation(draw);
      const baseline = sample(stored, () => deviation * draw());
      const observed = {
        variance: stored > 1 ? sampleVariance(baseline) : 0,
        degreesOfFreedom: stored - 1,
      };
      const { variance, degreesOfFreedom } = moderatedVariance(observed, PRIOR);
      const error = { standardError: Math.sqrt(variance * (1 + 1 / stored)), degreesOfFreedom };
      const shift = mde80ForPrediction({ ...error, ...judging });
      const estimate = shift + deviation * draw() - mean(baseline);
      const { slower } = studentTest({ estimate, ...error }, judging.margin, 0.9);
      return slower <= ALPHA / 26 ? 1 : 0;
    });
    const share = caught.reduce((sum: number, one) => sum + one, 0) / caught.length;
    expect(share).toBeGreaterThan(0.77);
    expect(share).toBeLessThan(0.83);
  });

  test('names what is out of its range', () => {
    const run = { standardError: 0, degreesOfFreedom: 5, margin: 0, alpha: 0.01, familySize: 1 };
    expect(() => mde80ForPrediction(run)).toThrow('standardError must be above 0');
  });
});
