import { describe, expect, test } from 'vitest';
import { criticalDistances } from '../../../src/stats/critical-distance.js';
import { fisherTest } from '../../../src/stats/fisher.js';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.js';
import { holm } from '../../../src/stats/holm.js';
import { fitLeastAbsolute } from '../../../src/stats/least-absolute.js';
import { locationStandardError } from '../../../src/stats/location-error.js';
import { medianVariance } from '../../../src/stats/median-variance.js';
import { moderatedVariance } from '../../../src/stats/moderated.js';
import { normalQuantile, normalUpperTail } from '../../../src/stats/normal.js';
import {
  expectedMde80,
  mde80ForPairs,
  mde80ForPrediction,
  minimumPairs,
  robustPairs,
} from '../../../src/stats/power.js';
import { seededRandom } from '../../../src/stats/random.js';
import { testOverMachines } from '../../../src/stats/random-effects.js';
import { machinesToSettle, pairsToSettle, runsToSettle } from '../../../src/stats/settle.js';
import { signedRankTest } from '../../../src/stats/signed-rank.js';
import { stratifiedSignedRankTest } from '../../../src/stats/stratified-signed-rank.js';
import { studentCdf, studentQuantile } from '../../../src/stats/student.js';

/** Arguments of a function as plain data, so that each number in them can be replaced. */
type Plain = number | readonly Plain[] | { readonly [name: string]: Plain };

interface Door {
  name: string;
  /** A call that is answered. */
  good: readonly Plain[];
  call: (...given: never[]) => unknown;
  /** Numbers that may be negative, by their place: `0.2` is the second argument's third entry. */
  signed: RegExp;
}

const NEVER = /^$/;
const ALONE = { margin: 0.02, alpha: 0.01 };
const JUDGING = { ...ALONE, familySize: 26 };
const PRIOR = { standardDeviation: 0.01, degreesOfFreedom: 5 };
const D = [0.01, 0.02, 0.03, -0.01, 0.05, 0.04, 0.02];
const CONFIDENT = { estimate: 0.01, low: -0.01, high: 0.03, confidence: 0.9 };
const TESTED = { estimate: 0.01, standardError: 0.01, degreesOfFreedom: 5 };

const DOORS: readonly Door[] = [
  { name: 'signedRankTest', good: [D, 0.01], call: signedRankTest, signed: /./ },
  { name: 'hodgesLehmann', good: [D, 0.9], call: hodgesLehmann, signed: /^0/ },
  { name: 'locationStandardError', good: [D], call: locationStandardError, signed: /./ },
  {
    ...{ name: 'criticalDistances', good: [D, { pairs: 12, level: 0.01 }] },
    ...{ call: criticalDistances, signed: /^0/ },
  },
  {
    ...{ name: 'fisherTest', good: [{ first: 4, firstSize: 40, second: 0, secondSize: 40 }] },
    ...{ call: fisherTest, signed: NEVER },
  },
  { name: 'holm', good: [[0.1, 0.02]], call: holm, signed: NEVER },
  {
    ...{ name: 'fitLeastAbsolute', good: [[{ x: [1, 2], y: 3, weight: 1 }]] },
    ...{ call: fitLeastAbsolute, signed: /\.(x\.\d|y)$/ },
  },
  {
    ...{ name: 'moderatedVariance', good: [{ variance: 1, degreesOfFreedom: 3 }, PRIOR] },
    ...{ call: moderatedVariance, signed: NEVER },
  },
  { name: 'normalUpperTail', good: [1], call: normalUpperTail, signed: /./ },
  { name: 'normalQuantile', good: [0.9], call: normalQuantile, signed: NEVER },
  { name: 'studentCdf', good: [1, 5], call: studentCdf, signed: /^0/ },
  { name: 'studentQuantile', good: [0.9, 5], call: studentQuantile, signed: NEVER },
  { name: 'medianVariance', good: [4], call: medianVariance, signed: NEVER },
  {
    name: 'testOverMachines',
    good: [[{ estimate: 0.1, standardError: 0.01 }], { margin: 0.02, prior: PRIOR }, 0.9],
    ...{ call: testOverMachines, signed: /\.estimate$/ },
  },
  {
    name: 'mde80ForPairs',
    good: [{ ...ALONE, differences: D, pairs: 12, confirmPairs: 12 }],
    ...{ call: mde80ForPairs, signed: /\.differences/ },
  },
  {
    ...{ name: 'expectedMde80', good: [{ ...ALONE, deviation: 0.01, pairs: 12 }] },
    ...{ call: expectedMde80, signed: NEVER },
  },
  {
    ...{
      name: 'mde80ForPrediction',
      good: [{ ...JUDGING, standardError: 0.01, degreesOfFreedom: 5 }],
    },
    ...{ call: mde80ForPrediction, signed: NEVER },
  },
  { name: 'minimumPairs', good: [0.01, 26], call: minimumPairs, signed: NEVER },
  { name: 'robustPairs', good: [0.01, 26, 2], call: robustPairs, signed: NEVER },
  {
    ...{ name: 'pairsToSettle', good: [CONFIDENT, 12, { ...ALONE, flagged: 2 }] },
    ...{ call: pairsToSettle, signed: /^0\.(estimate|low|high)/ },
  },
  {
    ...{ name: 'runsToSettle', good: [TESTED, { candidate: 1, baseline: 4 }, JUDGING] },
    ...{ call: runsToSettle, signed: /^0\.estimate/ },
  },
  {
    ...{ name: 'machinesToSettle', good: [TESTED, 3, JUDGING, 0.001] },
    ...{ call: machinesToSettle, signed: /^0\.estimate/ },
  },
  {
    ...{ name: 'stratifiedSignedRankTest', good: [[[0.1, 0.2], [0.3]], 0.05] },
    ...{ call: stratifiedSignedRankTest, signed: /./ },
  },
  { name: 'seededRandom', good: [7], call: seededRandom, signed: NEVER },
];

/** Ends of an interval may be without bounds. */
const UNBOUNDED = /^0\.(low|high)$/;

/** The place of every number: `0.baseline.1`. */
function places(value: Plain, at: readonly string[] = []): string[] {
  if (typeof value === 'number') return [at.join('.')];
  return Object.entries(value).flatMap(([key, child]) => places(child, [...at, key]));
}

function replaced(value: Plain, [key, ...rest]: readonly string[], by: number): Plain {
  if (key === undefined || typeof value === 'number') return by;
  const copy: Record<string, Plain> = {};
  for (const [name, child] of Object.entries(value)) {
    copy[name] = name === key ? replaced(child, rest, by) : child;
  }
  return Array.isArray(value) ? Object.values(copy) : copy;
}

describe.each(DOORS)('$name', ({ good, call, signed }) => {
  const ask = (given: Plain) => (): unknown => call(...(given as never[]));

  test('answers numbers that are in their range', () => {
    expect(ask(good)).not.toThrow();
  });

  test('refuses in any place what is no number, or out of its range', () => {
    for (const place of places(good)) {
      const wrong = [Number.NaN];
      if (!UNBOUNDED.test(place)) wrong.push(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
      if (!signed.test(place)) wrong.push(-1);
      for (const value of wrong) {
        const asked = ask(replaced(good, place.split('.'), value));
        expect(asked, `${value} in ${place}`).toThrow(RangeError);
      }
    }
  });
});
