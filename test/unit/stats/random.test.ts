import { describe, expect, test } from 'vitest';
import { randomFromState, seededRandom } from '../../../src/stats/random.js';

const take = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

describe('the generator', () => {
  test('gives the outputs of the authors’ xoshiro128** 1.1 for the state 1, 2, 3, 4', () => {
    expect(take(10, randomFromState([1, 2, 3, 4]).uint32)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  test('is seeded with the outputs of SplitMix64', () => {
    // 1234567 gives 6457827717110365317 and 3203168211198807973 in the authors' splitmix64.c.
    const seeded = take(8, seededRandom(1234567).uint32);
    const state = [0xfb08fc85, 0x599ed017, 0x58540fa5, 0x2c73f084] as const;
    expect(seeded).toEqual(take(8, randomFromState(state).uint32));
  });

  test('takes seeds beyond 32 bits as different ones', () => {
    expect(seededRandom(1).uint32()).not.toBe(seededRandom(1 + 2 ** 32).uint32());
  });

  test('spreads below() evenly', () => {
    const random = seededRandom(1);
    const counts = [0, 0, 0];
    for (const face of take(3000, () => random.below(3))) counts[face] = (counts[face] ?? 0) + 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(100);
  });

  test('keeps unit() in [0, 1)', () => {
    const draws = take(2000, seededRandom(2).unit);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
  });

  test('names a seed or bound that cannot be', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => seededRandom(seed)).toThrow('seed must be a whole number');
    }
    expect(() => seededRandom(1).below(0)).toThrow('bound must be a whole number above 0');
    expect(() => seededRandom(1).below(2 ** 32 + 1)).toThrow('bound must be at most 2^32');
  });
});
