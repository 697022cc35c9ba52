import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { moderatedVariance } from '../../../src/stats/moderated.js';
import { medianVariance, predict } from '../../../src/stats/prediction.js';
import { reference, relativeError } from './reference.js';

describe('moderatedVariance', () => {
  test('weighs prior and data by their degrees of freedom', () => {
    const prior = { standardDeviation: 2, degreesOfFreedom: 5 };
    const moderated = moderatedVariance({ variance: 1, degreesOfFreedom: 10 }, prior);
    expect(moderated).toEqual({ variance: (5 * 4 + 10 * 1) / 15, degreesOfFreedom: 15 });
  });

  test('is the prior alone while nothing was observed', () => {
    const prior = { standardDeviation: 0.5, degreesOfFreedom: 5 };
    const moderated = moderatedVariance({ variance: 0, degreesOfFreedom: 0 }, prior);
    expect(moderated).toEqual({ variance: 0.25, degreesOfFreedom: 5 });
  });

  test('names what is out of its range', () => {
    const prior = { standardDeviation: 0, degreesOfFreedom: 5 };
    expect(() => moderatedVariance({ variance: 1, degreesOfFreedom: 1 }, prior)).toThrow(
      'prior.standardDeviation must be above 0',
    );
    expect(() =>
      moderatedVariance({ variance: -1, degreesOfFreedom: 1 }, { ...prior, standardDeviation: 1 }),
    ).toThrow('observed.variance must not be negative');
  });
});

test.each(reference<{ n: number; variance: number }>('median-variance'))(
  'medianVariance($n) is within 2.5 % of the integral over the order statistics',
  ({ n, variance }) => {
    expect(relativeError(medianVariance(n), variance)).toBeLessThan(n < 3 ? 1e-7 : 0.025);
  },
);

interface Expected {
  candidate: number[];
  baseline: number[];
  margin: number;
  standardDeviation: number;
  priorDegreesOfFreedom: number;
  confidence: number;
  estimate: number;
  standardError: number;
  degreesOfFreedom: number;
  low: number;
  high: number;
  slower: number;
  faster: number;
}

const RESULTS = [
  'estimate',
  'standardError',
  'degreesOfFreedom',
  'low',
  'high',
  'slower',
  'faster',
] as const;

const PRIOR = { standardDeviation: 0.01, degreesOfFreedom: 5 };

describe('predict', () => {
  test.each(reference<Expected>('prediction'))(
    'agrees with R for $candidate.length new and $baseline.length stored runs',
    (expected) => {
      const prior = {
        standardDeviation: expected.standardDeviation,
        degreesOfFreedom: expected.priorDegreesOfFreedom,
      };
      const prediction = predict({ ...expected, prior }, expected.confidence);
      for (const field of RESULTS) {
        expect(relativeError(prediction[field], expected[field])).toBeLessThan(3e-7);
      }
    },
  );

  test('answers from the prior when one run is stored', () => {
    const prediction = predict(
      { candidate: [0.05], baseline: [0], margin: 0.03, prior: PRIOR },
      0.95,
    );
    expect(prediction.standardError).toBeCloseTo(0.01 * Math.SQRT2, 15);
    expect(prediction.degreesOfFreedom).toBe(5);
  });

  test('sharpens as runs are stored', () => {
    const width = (stored: number): number => {
      const baseline = Array.from({ length: stored }, (_, i) => (i % 2 ? 0.01 : -0.01));
      const { low, high } = predict({ candidate: [0], baseline, margin: 0, prior: PRIOR }, 0.95);
      return high - low;
    };
    expect(width(4)).toBeLessThan(width(1));
    expect(width(20)).toBeLessThan(width(4));
  });

  test('is not moved by one odd stored run', () => {
    const baseline = [0, 0.001, -0.001, 0.002, 0.5];
    const input = { candidate: [0.001], baseline, margin: 0.03, prior: PRIOR };
    expect(predict(input, 0.95).estimate).toBe(0);
  });

  test('names what is out of its range', () => {
    const input = { candidate: [0], baseline: [0], margin: 0, prior: PRIOR };
    expect(() => predict({ ...input, baseline: [] }, 0.9)).toThrow('baseline must not be empty');
    expect(() => predict({ ...input, candidate: [Number.NaN] }, 0.9)).toThrow('candidate[0]');
    expect(() => predict({ ...input, margin: -1 }, 0.9)).toThrow('margin must not be negative');
    expect(() => predict(input, 0)).toThrow('confidence');
    expect(() => medianVariance(0)).toThrow('n must be a whole number above 0');
  });
});

describe('predict, for any runs', () => {
  const run = fc.double({ min: -1, max: 1, noNaN: true });
  const runs = fc.array(run, { minLength: 1, maxLength: 12 });
  const margin = fc.double({ min: 0, max: 0.2, noNaN: true });
  /** The accuracy of studentCdf, with room. */
  const close = (x: number, y: number): boolean => Math.abs(x - y) < 1e-7;

  test('puts the estimate inside the interval and the p-values into [0, 1]', () => {
    fc.assert(
      fc.property(runs, runs, margin, (candidate, baseline, delta) => {
        const input = { candidate, baseline, margin: delta, prior: PRIOR };
        const { estimate, low, high, slower, faster } = predict(input, 0.9);
        expect(low < estimate && estimate < high).toBe(true);
        for (const p of [slower, faster]) expect(p >= 0 && p <= 1).toBe(true);
      }),
    );
  });

  test('is mirrored when the sides change places', () => {
    fc.assert(
      fc.property(runs, runs, margin, (candidate, baseline, delta) => {
        const input = { candidate, baseline, margin: delta, prior: PRIOR };
        const forth = predict(input, 0.9);
        const back = predict({ ...input, candidate: baseline, baseline: candidate }, 0.9);
        expect(close(forth.estimate, -back.estimate)).toBe(true);
        expect(close(forth.slower, back.faster)).toBe(true);
        expect(close(forth.low, -back.high)).toBe(true);
      }),
    );
  });

  test('agrees with its interval: the lower end is above the margin when slower is significant', () => {
    fc.assert(
      fc.property(runs, runs, margin, (candidate, baseline, delta) => {
        const { low, slower, standardError } = predict(
          { candidate, baseline, margin: delta, prior: PRIOR },
          0.9,
        );
        if (Math.abs(low - delta) < 1e-6 * standardError) return;
        expect(slower < 0.05).toBe(low > delta);
      }),
    );
  });

  test('has a p-value that rises with the margin', () => {
    fc.assert(
      fc.property(runs, runs, margin, margin, (candidate, baseline, one, other) => {
        const at = (delta: number): number =>
          predict({ candidate, baseline, margin: delta, prior: PRIOR }, 0.9).slower;
        expect(at(Math.max(one, other))).toBeGreaterThanOrEqual(at(Math.min(one, other)) - 1e-7);
      }),
    );
  });
});
