import { mean } from 'simple-statistics';
import { expect, test } from 'vitest';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.js';
import { mde80ForPairs } from '../../../src/stats/power.js';
import { seededRandom } from '../../../src/stats/random.js';
import { contaminated, laplace, type Noise, normal, sample } from '../../fixtures/noise.js';

const KINDS = { normal, laplace, contaminated };
const SIZES = [8, 12, 20, 40, 80];
const SAMPLES = 60;

/** The mean of something over many samples of each size. */
const over = (draw: Noise, size: number, of: (values: number[]) => number): number =>
  mean(Array.from({ length: SAMPLES }, () => of(sample(size, draw))));

const falls = (values: readonly number[]): void => {
  for (const [index, value] of values.slice(1).entries()) {
    expect(value).toBeLessThan(values[index] ?? 0);
  }
};

test.each(Object.entries(KINDS))(
  'more %s replicates: a narrower interval on average',
  (_, kind) => {
    const draw = kind(seededRandom(11));
    const width = (values: number[]): number => {
      const { low, high } = hodgesLehmann(values, 0.9);
      return high - low;
    };
    falls(SIZES.map((size) => over(draw, size, width)));
  },
);

test('more pairs: a smaller change that would be caught', () => {
  const draw = normal(seededRandom(12));
  const plan = { margin: 0.02, alpha: 0.01, familySize: 5 };
  const detectable = (values: number[]): number =>
    mde80ForPairs({ ...plan, differences: values.map((one) => one / 100), pairs: values.length });
  falls(
    [10, 20, 40].map((size) =>
      mean(Array.from({ length: 8 }, () => detectable(sample(size, draw)))),
    ),
  );
});
