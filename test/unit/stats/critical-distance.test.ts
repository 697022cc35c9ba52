import { expect, test } from 'vitest';
import { criticalDistances } from '../../../src/stats/critical-distance.js';

const STAGE = { pairs: 8, level: 0.05 };

test('come to an end for differences that agree but for rounding', () => {
  // Neighbouring doubles around each of many sizes: there is nothing between them to try.
  for (const size of [1e-3, 0.0199, 0.4, 7]) {
    const next = size * (1 + Number.EPSILON);
    const distances = criticalDistances([0, 0, 0, size, size, next, next], STAGE);
    expect(distances.every(Number.isFinite)).toBe(true);
  }
});

test('do not depend on the order of the differences', () => {
  const differences = [0.3, -0.1, 0.25, 0.7, -0.4, 0.05, 0.6, 0.11];
  expect(criticalDistances(differences.toReversed(), STAGE)).toEqual(
    criticalDistances(differences, STAGE),
  );
});
