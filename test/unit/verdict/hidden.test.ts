import { expect, test } from 'vitest';
import { hiddenBy } from '../../../src/verdict/decision.js';

const floor = (ratio: number, low: number, high: number) => ({
  ...{ ratio, low, high, confidence: 0.95, pairs: 10, rejections: 0 },
});

test('identical sides that clearly differ hide changes up to the far end of their interval', () => {
  expect(hiddenBy(floor(1.1, 1.04, 1.16), 0.02)).toBeCloseTo(Math.log(1.16));
  expect(hiddenBy(floor(0.9, 0.8, 0.96), 0.02)).toBeCloseTo(-Math.log(0.8));
});

test('they hide nothing where their difference is small or may be chance', () => {
  expect(hiddenBy(floor(1.01, 1.005, 1.015), 0.02)).toBe(0);
  expect(hiddenBy(floor(1.1, 0.98, 1.2), 0.02)).toBe(0);
  expect(hiddenBy(undefined, 0.02)).toBe(0);
});
