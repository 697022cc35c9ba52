import { describe, expect, test } from 'vitest';
import { type DecisionInput, decide } from '../../../src/verdict/decision.js';

/** Ratios of a floor as percent: what identical sides differed by, and its interval. */
const floor = (percent: number, low: number, high: number): DecisionInput['floor'] => ({
  ...{ ratio: 1 + percent / 100, low: 1 + low / 100, high: 1 + high / 100 },
  ...{ confidence: 0.95, pairs: 23, rejections: 1 },
});

/** The interval of a change, percent. */
const between = (low: number, high: number): DecisionInput['equivalence'] => ({
  estimate: Math.log1p((low + high) / 200),
  ...{ low: Math.log1p(low / 100), high: Math.log1p(high / 100), confidence: 0.9 },
});

const SLOWER = { slower: 0.001, faster: 1 };
const FASTER = { slower: 1, faster: 0.001 };

const decided = (evidence: Partial<DecisionInput>) =>
  decide({
    ...{ gate: true, marginRatio: 0.02, alpha: 0.01, equivalence: between(-1, 1) },
    ...{ sample: '24 fresh pairs', toSettle: undefined, settledBy: 'pairs' },
    ...evidence,
  });

describe('a metric', () => {
  test('changed in the direction that its test rejects, at the level or below', () => {
    const equivalence = between(4, 8);
    expect(decided({ test: SLOWER, equivalence })).toMatchObject({
      ...{ verdict: 'regressed', pValue: 0.001 },
    });
    expect(decided({ test: FASTER, equivalence: between(-8, -4) }).verdict).toBe('improved');
    const at = (slower: number) => decided({ test: { slower, faster: 1 }, equivalence }).verdict;
    expect(at(0.01)).toBe('regressed');
    expect(at(0.011)).toBe('inconclusive');
  });

  test('is never called changed without a test, or where something stands against calling it', () => {
    const equivalence = between(4, 8);
    expect(decided({ equivalence }).verdict).toBe('inconclusive');
    const obstacle = 'It ran on another machine.';
    expect(decided({ test: SLOWER, equivalence, obstacle })).toEqual({
      ...{ verdict: 'inconclusive', because: obstacle },
    });
  });

  test('is unchanged where the whole interval lies within the margin, either way', () => {
    expect(decided({ equivalence: between(-1.9, 1.9) }).verdict).toBe('unchanged');
    expect(decided({ equivalence: between(-1.9, 2.1) }).verdict).toBe('inconclusive');
    expect(decided({ equivalence: between(-2.1, 1.9) }).verdict).toBe('inconclusive');
  });
});

describe('what is not called says what is known of the change', () => {
  const becauseOf = (equivalence: DecisionInput['equivalence']) => decided({ equivalence }).because;

  test('undecided, as long as the change may lie within the margin', () => {
    expect(becauseOf(between(1, 8))).toMatch(/^Undecided: the change could be anything from \+1/);
    expect(becauseOf(between(-8, -1))).toMatch(/^Undecided: the change could be anything from −8/);
  });

  test('not confirmed, if only the test over all metrics is missing', () => {
    expect(becauseOf(between(4, 8))).toMatch(/^Not confirmed: the change seems to be from \+4/);
    expect(becauseOf(between(-8, -4))).toMatch(/^Not confirmed: the change seems to be from −8/);
  });

  test('too little data, if nothing bounds it', () => {
    const boundless = { estimate: 0, low: -Infinity, high: Infinity, confidence: 0.9 };
    expect(becauseOf(boundless)).toMatch(
      /^Undecided: there is too little data to bound the change/,
    );
  });
});

describe('where launches of the same side differ by more than the margin', () => {
  const loud = floor(3, 2, 5);

  test('a change no larger than that is not believed, though its test rejects', () => {
    expect(decided({ test: SLOWER, equivalence: between(4, 8), floor: loud })).toMatchObject({
      verdict: 'inconclusive',
      because: expect.stringMatching(/launches of the same side differ by 3(\.0+)? % here/),
    });
    expect(decided({ test: FASTER, equivalence: between(-8, -4), floor: loud }).verdict).toBe(
      'inconclusive',
    );
  });

  test('a change that lies wholly beyond it is believed', () => {
    expect(decided({ test: SLOWER, equivalence: between(6, 9), floor: loud }).verdict).toBe(
      'regressed',
    );
    expect(decided({ test: FASTER, equivalence: between(-9, -6), floor: loud }).verdict).toBe(
      'improved',
    );
  });

  test('the reach of it is its farther end, whichever side of 1 that is on', () => {
    const other = floor(-3, -5, -2);
    expect(decided({ test: SLOWER, equivalence: between(4, 8), floor: other }).verdict).toBe(
      'inconclusive',
    );
    expect(decided({ test: SLOWER, equivalence: between(6, 9), floor: other }).verdict).toBe(
      'regressed',
    );
  });

  test('nothing is shown to be unchanged either', () => {
    expect(decided({ floor: loud }).verdict).toBe('inconclusive');
  });

  test('by chance, or by less than the margin, it stands against nothing', () => {
    for (const quiet of [floor(3, -1, 7), floor(1.9, 1, 3), floor(-3, -7, 1)]) {
      expect(decided({ floor: quiet }).verdict).toBe('unchanged');
      expect(decided({ test: SLOWER, equivalence: between(4, 8), floor: quiet }).verdict).toBe(
        'regressed',
      );
    }
  });
});

test('how many samples would settle it is said of a metric that gates, and of no other', () => {
  const wide = { equivalence: between(-5, 5), toSettle: 60 };
  expect(decided(wide)).toMatchObject({
    replicatesToSettle: 60,
    because: expect.stringContaining('About 60 pairs in total would settle it.'),
  });
  expect(decided({ ...wide, settledBy: 'machines' }).because).toContain(
    'About 60 machines in total',
  );
  expect(decided({ ...wide, gate: false })).not.toHaveProperty('replicatesToSettle');
});
