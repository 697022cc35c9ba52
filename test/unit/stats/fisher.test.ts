import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fisherTest } from '../../../src/stats/fisher.js';
import { tarone } from '../../../src/stats/tarone.js';

const table = (first: number, firstSize: number, second: number, secondSize: number) => ({
  ...{ first, firstSize, second, secondSize },
});

describe('fisherTest', () => {
  // From exact fractions: sum(comb(n, k) * comb(m, a + b - k) for k from a on) / comb(n + m, a + b).
  test.each([
    [4, 40, 0, 40, 0.057783988163735, 0.057783988163735],
    [12, 58, 1, 58, 0.0009973705394783756, 5.7348806020006605e-5],
    [3, 4, 1, 4, 0.24285714285714285, 0.014285714285714285],
    [9, 10, 30, 40, 0.28881731967349944, 0.06188942564432131],
    [0, 5, 0, 7, 1, 1],
    [5, 5, 7, 7, 1, 1],
  ])('of %i in %i against %i in %i', (a, n, b, m, greater, smallestP) => {
    const found = fisherTest(table(a, n, b, m));
    expect(found.greater / greater).toBeCloseTo(1, 10);
    expect(found.smallestP / smallestP).toBeCloseTo(1, 10);
  });

  test('leaves to both samples together what there is', () => {
    const size = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(size, size, fc.nat(), fc.nat(), (n, m, a, b) => {
        const [first, second] = [a % (n + 1), b % (m + 1)];
        const forth = fisherTest(table(first, n, second, m)).greater;
        const back = fisherTest(table(second, m, first, n)).greater;
        expect(forth + back).toBeGreaterThanOrEqual(1 - 1e-9);
        expect(fisherTest(table(first, n, second, m)).smallestP).toBeLessThanOrEqual(forth + 1e-12);
      }),
    );
  });

  test('names counts that are none', () => {
    expect(() => fisherTest(table(5, 4, 0, 4))).toThrow('5 of 4');
    expect(() => fisherTest(table(0.5, 4, 0, 4))).toThrow('whole numbers');
    expect(() => fisherTest(table(-1, 4, 0, 4))).toThrow('first must not be negative');
  });
});

describe('tarone', () => {
  const hopeless = Array.from({ length: 50 }, () => ({ p: 1, smallestP: 0.5 }));

  test('takes no share of the level for tests that cannot reject', () => {
    const clear = { p: 0.008, smallestP: 0.008 };
    expect(tarone([clear, ...hopeless], 0.01)).toEqual([true, ...hopeless.map(() => false)]);
  });

  test('is Bonferroni where all could', () => {
    const tests = [0.003, 0.006, 0.02].map((p) => ({ p, smallestP: 1e-6 }));
    expect(tarone(tests, 0.01)).toEqual([true, false, false]);
  });

  test('has nothing to say of none', () => {
    expect(tarone([], 0.01)).toEqual([]);
    expect(() => tarone([{ p: 2, smallestP: 0 }], 0.01)).toThrow('p[0]');
  });
});
