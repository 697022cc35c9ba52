import { describe, expect, test } from 'vitest';
import { segmentStarts, steadyDeviations } from '../../../src/stats/change-points.js';
import { fitLevels, learnLevels, residualScale } from '../../../src/stats/levels.js';
import { solve } from '../../../src/stats/linear.js';
import { seededRandom } from '../../../src/stats/random.js';
import { digamma, learnVariancePrior, trigamma } from '../../../src/stats/variance-prior.js';
import { normal as normalNoise } from '../../fixtures/noise.js';

const normals = (seed: number) => normalNoise(seededRandom(seed));

describe('the polygamma functions', () => {
  // Abramowitz and Stegun 6.3.2 to 6.3.4 and 6.4.2 to 6.4.4.
  test.each([
    [digamma(1), -0.5772156649015329],
    [digamma(0.5), -1.9635100260214235],
    [digamma(10), 2.251752589066721],
    [trigamma(1), Math.PI ** 2 / 6],
    [trigamma(0.5), Math.PI ** 2 / 2],
    [trigamma(2), Math.PI ** 2 / 6 - 1],
  ])('have their known values', (value, known) => {
    expect(value).toBeCloseTo(known, 9);
  });
});

test('linear equations are solved, also where the first pivot is 0', () => {
  const solution = solve(
    [
      [0, 2, 1],
      [1, 1, 0],
      [3, 0, -1],
    ],
    [7, 3, 0],
  );
  [1, 2, 3].forEach((value, index) => {
    expect(solution[index]).toBeCloseTo(value, 12);
  });
});

describe('a prior learnt from many variances', () => {
  const normal = normals(5);
  /** Estimates on some degrees of freedom, of true variances that all are one, or that differ. */
  const estimates = (
    count: number,
    degreesOfFreedom: number,
    trueVariance: (n: number) => number,
  ) =>
    Array.from({ length: count }, (_, index) => {
      const squares = Array.from({ length: degreesOfFreedom }, () => normal() ** 2);
      const sum = squares.reduce((total, one) => total + one, 0);
      return { variance: (trueVariance(index) * sum) / degreesOfFreedom, degreesOfFreedom };
    });

  test('is firm where the true variances are one and the same', () => {
    const prior = learnVariancePrior(estimates(400, 9, () => 4));
    expect(prior?.standardDeviation).toBeCloseTo(2, 1);
    expect(prior?.degreesOfFreedom).toBeGreaterThan(50);
  });

  test('is loose where they differ, and finds the spread that they were drawn with', () => {
    // ν₀ s₀²/σ² has a χ² distribution with six degrees of freedom, s₀ = 1.
    const drawn = () => 6 / Array.from({ length: 6 }, () => normal() ** 2).reduce((a, b) => a + b);
    const prior = learnVariancePrior(estimates(1000, 9, drawn));
    expect(prior?.standardDeviation).toBeCloseTo(1, 1);
    expect(prior?.degreesOfFreedom).toBeGreaterThan(4);
    expect(prior?.degreesOfFreedom).toBeLessThan(9);
  });

  test('is none of two', () => {
    expect(learnVariancePrior(estimates(2, 9, () => 1))).toBeUndefined();
    expect(learnVariancePrior([{ variance: 0, degreesOfFreedom: 3 }])).toBeUndefined();
  });
});

describe('the segments of a series', () => {
  const normal = normals(11);
  const series = (...parts: readonly (readonly [count: number, level: number])[]): number[] =>
    parts.flatMap(([count, level]) => Array.from({ length: count }, () => level + 0.01 * normal()));

  test('are one where nothing changed', () => {
    for (let trial = 0; trial < 50; trial += 1) {
      expect(segmentStarts(series([20, 0]), 0.01, 0.03)).toEqual([0]);
    }
  });

  test('begin where the level changed, from the second run of a level on', () => {
    expect(segmentStarts(series([20, 0], [2, 0.15]), 0.01, 0.03)).toEqual([0, 20]);
    expect(segmentStarts(series([20, 0], [1, 0.15]), 0.01, 0.03)).toEqual([0]);
    expect(segmentStarts(series([20, 0], [8, -0.16], [4, 0.1]), 0.01, 0.03)).toEqual([0, 20, 28]);
  });

  test('are not told by less than the margin', () => {
    expect(segmentStarts(series([20, 0], [20, 0.04]), 0.001, 0.05)).toEqual([0]);
  });

  test('have a deviation that a change of the level hardly moves', () => {
    const [steady = 0, stepped = 0] = steadyDeviations([
      series([30, 0]),
      series([15, 0], [15, 0.5]),
    ]);
    expect(steady).toBeGreaterThan(0.006);
    expect(steady).toBeLessThan(0.015);
    expect(stepped / steady).toBeLessThan(1.6);
    expect(steadyDeviations([[Number.NaN, 1]])).toEqual([0.002]);
  });
});

describe('the levels of many metrics', () => {
  const METRICS = 40;
  const normal = normals(3);
  const priors = Array.from({ length: METRICS }, () => ({
    ...{ standardDeviation: 0.02, degreesOfFreedom: 5 },
  }));
  /** A run in a state of the machine, with something added to each metric. */
  const run = (state = 0, added: (metric: number) => number = () => 0): number[] =>
    priors.map((_, metric) => 4 + metric / 10 + state + 0.005 * normal() + added(metric));
  const rows = Array.from({ length: 12 }, () => run(0.01 * normal()));
  const model = learnLevels(rows, priors);

  test('have centres, and a spread that is learnt from the runs', () => {
    for (const [metric, centre] of model.centres.entries()) {
      expect(Math.abs(centre - 4 - metric / 10)).toBeLessThan(0.02);
    }
    const typical = Math.sqrt(model.variances[20] ?? 0);
    expect(typical).toBeGreaterThan(0.003);
    expect(typical).toBeLessThan(0.008);
    expect(Math.sqrt(model.stateVariance)).toBeLessThan(0.02);
  });

  test('tell what the machine does to all from what a cause does to some', () => {
    // The first ten metrics enter the kernel.
    const units = priors.map((_, metric) => (metric < 10 ? 1 : 0));
    const fit = fitLevels(
      model,
      run(0.03, (metric) => (metric < 10 ? Math.log(1.08) : 0)),
      units,
    );
    expect(fit.state).toBeCloseTo(0.03, 2);
    expect(fit.size).toBeCloseTo(0.08, 2);
    expect(residualScale(fit)).toBeLessThan(2);
    expect(fit.size / fit.standardError).toBeGreaterThan(10);
  });

  test('fit a large cause exactly, since it adds to the time and not to its logarithm', () => {
    const units = priors.map((_, metric) => (metric < 10 ? (metric + 1) / 5 : 0));
    const fit = fitLevels(
      model,
      run(0, (metric) => Math.log1p(2 * (units[metric] ?? 0))),
      units,
    );
    expect(fit.size).toBeCloseTo(2, 1);
  });

  test('leave a metric with a change of its own to its residual', () => {
    const { state, residuals } = fitLevels(
      model,
      run(0, (metric) => (metric === 7 ? 0.5 : 0)),
    );
    expect(Math.abs(state)).toBeLessThan(0.01);
    expect(residuals[7]).toBeCloseTo(0.5, 1);
  });

  test('have no state where the metrics are few: it could not be told from a change', () => {
    const few = learnLevels(
      rows.map((row) => row.slice(0, 3)),
      priors.slice(0, 3),
    );
    const fit = fitLevels(few, run(0.2).slice(0, 3));
    expect(Math.abs(fit.state)).toBeLessThan(1e-6);
    expect(fit.residuals[0]).toBeCloseTo(0.2, 1);
  });

  test('of no run are not known, and no error', () => {
    const none = learnLevels([], priors);
    expect(none.centres.every(Number.isNaN)).toBe(true);
    expect(fitLevels(none, run()).state).toBe(0);
  });
});
