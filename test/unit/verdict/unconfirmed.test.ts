import { describe, expect, test } from 'vitest';
import { unconfirmedCaveats } from '../../../src/verdict/paired.js';
import { type MetricShape, syntheticPair } from '../../fixtures/runs.js';

/** A record judged with other settings than those that it was measured for. */

const shapes = (factor: number): MetricShape[] =>
  ['syscall.null', 'syscall.stat', 'context.pipe_self'].map((id, index) => ({
    ...{ id, ns: 100 * (index + 1) * factor },
  }));

/** Three regressions; some metrics have no fresh launches, as the screen did not flag them then. */
function caveats(alpha: number, confirmRounds: number, unconfirmed: readonly string[] = []) {
  const { baseline, candidate } = syntheticPair({
    ...{ rounds: 12, confirmRounds, baseline: shapes(1), candidate: shapes(1.2) },
  });
  const fresh = new Set(
    candidate.launches.filter(({ phase }) => phase === 'confirm').map(({ sequence }) => sequence),
  );
  const metrics = candidate.metrics.map((metric) =>
    'replicates' in metric && unconfirmed.includes(metric.id)
      ? { ...metric, replicates: metric.replicates.filter(({ sequence }) => !fresh.has(sequence)) }
      : metric,
  );
  return unconfirmedCaveats(baseline, { ...candidate, metrics }, { alpha, margins: [] });
}

describe('fresh pairs of launches', () => {
  test('are enough if their smallest p-value reaches the level of the first of three', () => {
    // Eight pairs: 2^-8 = 3 * 2^-8 / 3.
    expect(caveats(3 * 2 ** -8, 4)).toEqual([]);
  });

  test('are too few if it does not, and the sentence says how many it takes', () => {
    expect(caveats(3 * 2 ** -8 - 1e-9, 4)).toEqual([
      expect.stringMatching(
        /confirming 3 metrics takes 9 fresh pairs of launches and there are only 8, /,
      ),
    ]);
    expect(caveats(3 * 2 ** -9, 4)).toHaveLength(1);
    expect(caveats(3 * 2 ** -10, 4)).toEqual([expect.stringContaining('takes 10 fresh pairs')]);
  });

  test('need to suffice only for the metrics that were measured again', () => {
    const alone = ['syscall.stat', 'context.pipe_self'];
    const [open, ...more] = caveats(2 ** -8, 4, alone);
    expect(open).toMatch(/suggest a change in syscall\.stat, context\.pipe_self, but/);
    expect(more).toEqual([]);
    expect(caveats(2 ** -9, 4, alone)).toEqual([
      open,
      expect.stringContaining('confirming 1 metric takes 9 fresh pairs'),
    ]);
  });
});

describe('metrics that the first launches flag', () => {
  test('are named if nothing was measured again, and only that is said', () => {
    expect(caveats(0.01, 0)).toEqual([
      expect.stringMatching(
        /^The first launches suggest a change in .*, but there are no fresh launches to confirm it/,
      ),
    ]);
  });

  test('are not named if they were measured again', () => {
    expect(caveats(0.05, 6)).toEqual([]);
  });
});
