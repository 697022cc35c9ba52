import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mde80ForPrediction } from '../../../src/stats/power.js';
import { seededRandom } from '../../../src/stats/random.js';
import { type MachineEstimate, testOverMachines } from '../../../src/stats/random-effects.js';
import { studentQuantile } from '../../../src/stats/student.js';
import { normal } from '../../fixtures/noise.js';

const PRIOR = { standardDeviation: 0.005, degreesOfFreedom: 5 };
const MARGIN = 0.02;

const at = (estimate: number, standardError = 0.001): MachineEstimate => ({
  estimate,
  standardError,
});
const overMachines = (machines: MachineEstimate[], confidence = 0.95, margin = MARGIN) =>
  testOverMachines(machines, { margin, prior: PRIOR }, confidence);

describe('testOverMachines', () => {
  test('is the mean of machines that are equally sure', () => {
    expect(overMachines([at(0.01), at(0.04), at(0.04)]).estimate).toBeCloseTo(0.03, 15);
  });

  test('trusts a machine the less the noisier it is, but never one alone', () => {
    const { estimate } = overMachines([at(0, 0), at(0.1, 0.05), at(0.002, 0)]);
    expect(estimate).toBeGreaterThan(0.001);
    expect(estimate).toBeLessThan(0.002);
  });

  test('answers from the prior for one machine', () => {
    const one = overMachines([at(0.05, 0.002)]);
    expect(one.standardError).toBeCloseTo(Math.hypot(0.005, 0.002), 15);
    expect(one.degreesOfFreedom).toBe(5);
  });

  test("is moderated as Smyth's variance is: the prior's scale of 1 counts for 5 machines", () => {
    // Equal errors make q the sample variance over the prior's, here 2 · 0.01² / (0.005² + 0.001²).
    const two = overMachines([at(0.02), at(0.04)]);
    const variance = 0.005 ** 2 + 0.001 ** 2;
    const scale = (5 + (2 * 0.01 ** 2) / variance) / 6;
    expect(two.standardError).toBeCloseTo(Math.sqrt((scale * variance) / 2), 12);
    expect(two.degreesOfFreedom).toBe(6);
  });

  test('is never surer than the noise inside the machines', () => {
    const error = 0.05;
    const machines = Array.from({ length: 40 }, () => at(0, error));
    expect(overMachines(machines).standardError).toBeCloseTo(error / Math.sqrt(40), 12);
  });

  test('is wide when one of three machines says something else, and narrow when they agree', () => {
    expect(overMachines([at(0.2), at(0), at(0)]).slower).toBeGreaterThan(0.1);
    expect(overMachines([at(0.2), at(0.2), at(0.2)]).slower).toBeLessThan(1e-6);
  });

  test('names what is out of its range', () => {
    expect(() => overMachines([])).toThrow('estimates must not be empty');
    expect(() => overMachines([at(Number.NaN)])).toThrow('estimates[0] must be finite');
    expect(() => overMachines([at(0, -1)])).toThrow('standardError must not be negative');
    expect(() => overMachines([at(0)], 1)).toThrow('confidence');
  });
});

describe('testOverMachines, for any machines', () => {
  const machine = fc.record({
    estimate: fc.double({ min: -1, max: 1, noNaN: true }),
    standardError: fc.double({ min: 0, max: 0.2, noNaN: true }),
  });
  const machines = fc.array(machine, { minLength: 1, maxLength: 9 });
  /** The accuracy of studentCdf, with room. */
  const close = (x: number, y: number): boolean => Math.abs(x - y) < 1e-7;

  test('puts the estimate inside the interval and among the machines', () => {
    fc.assert(
      fc.property(machines, (all) => {
        const { estimate, low, high } = overMachines(all);
        const estimates = all.map((one) => one.estimate);
        expect(low < estimate && estimate < high).toBe(true);
        expect(estimate).toBeGreaterThanOrEqual(Math.min(...estimates) - 1e-12);
        expect(estimate).toBeLessThanOrEqual(Math.max(...estimates) + 1e-12);
      }),
    );
  });

  test('does not depend on their order, and is mirrored when the sides change places', () => {
    fc.assert(
      fc.property(machines, (all) => {
        const forth = overMachines(all);
        const mirrored = all.map(({ estimate, ...rest }) => ({ ...rest, estimate: -estimate }));
        const back = overMachines(mirrored.toReversed());
        expect(close(forth.estimate, -back.estimate)).toBe(true);
        expect(close(forth.slower, back.faster)).toBe(true);
        expect(close(forth.low, -back.high)).toBe(true);
      }),
    );
  });

  test('agrees with its interval: the lower end is above the margin when slower is significant', () => {
    fc.assert(
      fc.property(machines, (all) => {
        const { low, slower, standardError } = overMachines(all, 0.9);
        if (Math.abs(low - MARGIN) < 1e-6 * standardError) return;
        expect(slower < 0.05).toBe(low > MARGIN);
      }),
    );
  });
});

/** Machines whose effects deviate by τ and whose own noise is s, around a true shift. */
function simulated(random: () => number, count: number, tau: number, error: number) {
  return Array.from({ length: count }, () => at(tau * random() + error * random(), error));
}

const REPETITIONS = 3000;

describe('by simulation', () => {
  const random = normal(seededRandom(3));
  const cases = [1, 2, 3, 5, 8].flatMap((count) =>
    [0, 0.0025, 0.005].flatMap((tau) => [0.001, 0.006].map((error) => ({ count, tau, error }))),
  );

  test.each(cases)('the level holds: $count machines, τ $tau, error $error', (given) => {
    let alarms = 0;
    for (let i = 0; i < REPETITIONS; i++) {
      const machines = simulated(random, given.count, given.tau, given.error);
      if (overMachines(machines, 0.95, 0).slower <= 0.05) alarms++;
    }
    // Three standard errors of the share above the nominal level.
    expect(alarms / REPETITIONS).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / REPETITIONS));
  });

  test.each(cases)(
    'MDE80 is what is seen, within 25 %: $count machines, τ $tau, error $error',
    ({ count, tau, error }) => {
      const judging = { margin: 0, alpha: 0.01, familySize: 20 };
      const printed: number[] = [];
      const needed: number[] = [];
      for (let i = 0; i < REPETITIONS; i++) {
        const result = overMachines(simulated(random, count, tau, error), 0.95, 0);
        printed.push(mde80ForPrediction({ ...result, ...judging }));
        // The shift moves the estimate and nothing else: from here on it would have been flagged.
        const critical = studentQuantile(1 - 0.01 / 20, result.degreesOfFreedom);
        needed.push(critical * result.standardError - result.estimate);
      }
      const quantile = (values: number[], p: number): number =>
        values.toSorted((a, b) => a - b)[Math.floor(p * values.length)] ?? Number.NaN;
      const ratio = quantile(printed, 0.5) / quantile(needed, 0.8);
      expect(ratio).toBeGreaterThan(0.8);
      expect(ratio).toBeLessThan(1.25);
    },
  );

  test('few machines that differ twice as much as the prior says raise the level, but not without bound', () => {
    let alarms = 0;
    for (let i = 0; i < REPETITIONS; i++) {
      if (overMachines(simulated(random, 2, 0.01, 0.001), 0.95, 0).slower <= 0.05) alarms++;
    }
    expect(alarms / REPETITIONS).toBeGreaterThan(0.08);
    expect(alarms / REPETITIONS).toBeLessThan(0.17);
  });
});
