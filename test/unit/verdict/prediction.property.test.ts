import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/record/run.js';
import type { MetricComparison } from '../../../src/verdict/comparison.js';
import { comparePrediction } from '../../../src/verdict/prediction.js';
import { syntheticRun } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };
const PARAMETERS = { seed: 2026, numRuns: 60 };

const runAt = (percent: number, seed: number): Run =>
  syntheticRun({
    metrics: ['syscall.null', 'syscall.stat'].map((id) => ({ id, ns: 100 * (1 + percent / 100) })),
    screen: [4, 5, 6, 7],
    seed,
  });

/** Stored runs and a candidate, each so many percent off the rest. */
const drawn = fc.record({
  stored: fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 12 }),
  candidate: fc.constantFrom(0, 2, 3, 5, -5, 12, -12, 60, -40),
});

const compared = (stored: Run[], candidate: Run): MetricComparison[] =>
  comparePrediction({ runs: stored, skipped: [] }, candidate, SETTINGS).metrics;

test('a prediction depends neither on the order of timed runs nor on the candidate among them', () => {
  fc.assert(
    fc.property(drawn, (shape) => {
      const stored = shape.stored.map((percent, index) => runAt(percent, index + 1));
      const candidate = runAt(shape.candidate, 99);
      const expected = compared(stored, candidate).map(({ verdict, change }) => ({
        verdict,
        ratio: change?.ratio.toFixed(12),
      }));
      for (const runs of [stored.toReversed(), [candidate, ...stored], [...stored, candidate]]) {
        expect(
          compared(runs, candidate).map(({ verdict, change }) => ({
            verdict,
            ratio: change?.ratio.toFixed(12),
          })),
        ).toEqual(expected);
      }
    }),
    PARAMETERS,
  );
});

test('a prediction calls a change only beyond the margin, with an interval that says the same', () => {
  let said = 0;
  fc.assert(
    fc.property(drawn, (shape) => {
      const stored = shape.stored.map((percent, index) => runAt(percent, index + 1));
      for (const metric of compared(stored, runAt(shape.candidate, 99))) {
        const { verdict, change, marginRatio } = metric;
        if (change === undefined) throw new Error('both sides were measured');
        expect(change.low <= change.ratio && change.ratio <= change.high).toBe(true);
        if (verdict === 'regressed') expect(change.low).toBeGreaterThan(1 + marginRatio);
        if (verdict === 'improved') expect(change.high).toBeLessThan(1 / (1 + marginRatio));
        if (verdict === 'regressed' || verdict === 'improved') said += 1;
      }
    }),
    PARAMETERS,
  );
  expect(said).toBeGreaterThan(5);
});
