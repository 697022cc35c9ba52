import { describe, expect, test } from 'vitest';
import { medianVariance } from '../../../src/stats/median-variance.js';
import { moderatedVariance } from '../../../src/stats/moderated.js';
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

test('medianVariance names what is out of its range', () => {
  expect(() => medianVariance(0)).toThrow('n must be a whole number above 0');
});
