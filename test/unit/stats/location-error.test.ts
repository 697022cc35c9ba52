import { expect, test } from 'vitest';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.js';
import { locationStandardError } from '../../../src/stats/location-error.js';
import { seededRandom } from '../../../src/stats/random.js';
import { contaminated, laplace, normal, sample } from '../../fixtures/noise.js';

const REPETITIONS = 1500;

test.each([
  ['normal', normal, 8, 1.2],
  ['normal', normal, 30, 1.12],
  ['Laplace', laplace, 30, 1.12],
  ['contaminated', contaminated, 30, 1.15],
] as const)('agrees with the deviation of the estimate: %s noise', (_, noise, pairs, maxRatio) => {
  const draw = noise(seededRandom(11));
  let squaredErrors = 0;
  let squaredEstimates = 0;
  for (let i = 0; i < REPETITIONS; i++) {
    const differences = sample(pairs, draw);
    squaredErrors += (locationStandardError(differences) ?? Number.NaN) ** 2;
    squaredEstimates += hodgesLehmann(differences, 0.5).estimate ** 2;
  }
  const ratio = Math.sqrt(squaredErrors / squaredEstimates);
  expect(ratio).toBeGreaterThan(0.93);
  expect(ratio).toBeLessThan(maxRatio);
});

test('is none for fewer pairs than tell of a spread, and 0 for pairs that all agree', () => {
  expect(locationStandardError([1, 2, 3, 4])).toBeUndefined();
  expect(locationStandardError([3, 3, 3, 3, 3, 3])).toBe(0);
});

test('scales with the differences and does not depend on where they lie', () => {
  const differences = [0.3, -0.2, 0.7, 0.1, 0.4, -0.6, 0.2];
  const error = locationStandardError(differences) ?? Number.NaN;
  expect(locationStandardError(differences.map((d) => 3 * d + 5))).toBeCloseTo(3 * error, 12);
});

test('names what is no number', () => {
  expect(() => locationStandardError([Number.NaN])).toThrow('differences[0] must be finite');
});

test('is known from five differences on', () => {
  expect(locationStandardError([1, 2, 3, 4])).toBeUndefined();
  expect(locationStandardError([1, 2, 3, 4, 5])).toBeGreaterThan(0);
});
