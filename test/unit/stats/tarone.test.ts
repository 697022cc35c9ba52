import { expect, test } from 'vitest';
import { tarone } from '../../../src/stats/tarone.js';

const CAN_REJECT = 0.001;
const NEVER_REJECTS = 0.5;

test('a test that cannot reach the level takes no share of it', () => {
  const tests = [
    { p: 0.03, smallestP: 0.03 },
    { p: 1, smallestP: NEVER_REJECTS },
  ];
  expect(tarone(tests, 0.05)).toEqual([true, false]);
});

test('tests that can reach the level share it', () => {
  const tests = [
    { p: 0.03, smallestP: CAN_REJECT },
    { p: 0.02, smallestP: CAN_REJECT },
  ];
  expect(tarone(tests, 0.05)).toEqual([false, true]);
});

test('a p that equals its share of the level rejects', () => {
  expect(tarone([{ p: 0.05, smallestP: CAN_REJECT }], 0.05)).toEqual([true]);
});
