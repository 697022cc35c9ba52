import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oldestFirst } from '../../../src/record/earlier-runs.js';
import { makeRun, type Run } from '../../../src/record/run.js';
import type { Verdict } from '../../../src/record/verdict.js';
import { PERSISTENT_DIFFERENCE } from '../../../src/stats/assumptions.js';
import type { MeasuredFinding } from '../../../src/verdict/comparison.js';
import { compareStored } from '../../../src/verdict/stored.js';
import { scaled } from '../../fixtures/arbitrary-pairs.js';
import { tried } from '../../fixtures/laws.js';
import { syntheticRun } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };
const PARAMETERS = tried(60);

const runAt = (percent: number, seed: number): Run =>
  syntheticRun({
    metrics: ['syscall.null', 'syscall.stat'].map((id) => ({ id, ns: 100 * (1 + percent / 100) })),
    screen: [4, 5, 6, 7, 8, 9, 10, 11],
    seed,
  });

/** Stored runs and a candidate, each so many percent off the rest. */
interface DrawnRuns {
  stored: number[];
  candidate: number;
}

const drawn: fc.Arbitrary<DrawnRuns> = fc.record({
  stored: fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 12 }),
  candidate: fc.constantFrom(0, 2, 3, 5, -5, 12, -12, 60, -40),
});

interface Runs {
  stored: Run[];
  candidate: Run;
}

const runsOf = ({ stored, candidate }: DrawnRuns): Runs => ({
  stored: stored.map((percent, index) => runAt(percent, index + 1)),
  candidate: runAt(candidate, 99),
});

const compared = ({ stored, candidate }: Runs, alpha: number = SETTINGS.alpha): MeasuredFinding[] =>
  compareStored({ runs: stored, skipped: [] }, candidate, { ...SETTINGS, alpha }).findings;

const ofRuns = (law: (runs: Runs) => void): void =>
  fc.assert(
    fc.property(drawn, (shape) => law(runsOf(shape))),
    PARAMETERS,
  );

/** Without what the order of sums leaves in the last digits. */
const told = (metrics: readonly MeasuredFinding[]) =>
  metrics.map(({ verdict, change, pValue }) => ({
    verdict,
    change: [change?.low, change?.ratio, change?.high].map((end) => end?.toFixed(9)),
    pValue: pValue?.toFixed(6),
  }));

describe('a comparison with stored runs', () => {
  test('depends neither on the order of timed runs nor on the candidate among them', () => {
    ofRuns(({ stored, candidate }) => {
      const expected = told(compared({ stored, candidate }));
      for (const runs of [stored.toReversed(), [candidate, ...stored], [...stored, candidate]]) {
        expect(told(compared({ stored: runs, candidate }))).toEqual(expected);
      }
    });
  });

  test('does not depend on the unit of the times, nor on the speed of the control loop', () => {
    const factor = fc.constantFrom(1e-2, 0.3, 7, 60);
    fc.assert(
      fc.property(drawn, factor, (shape, estimate) => {
        const runs = runsOf(shape);
        const by = { estimate, control: estimate };
        const all = {
          stored: runs.stored.map((run) => scaled(run, by)),
          candidate: scaled(runs.candidate, by),
        };
        const mixed = { ...runs, stored: runs.stored.map((run) => scaled(run, by)) };
        expect(told(compared(all))).toEqual(told(compared(runs)));
        // A machine at another clock rate: times and control loop follow it on one side only.
        const ratios = (metrics: MeasuredFinding[]) =>
          metrics.map(({ change }) => change?.ratio.toFixed(9));
        expect(ratios(compared(mixed))).toEqual(ratios(compared(runs)));
      }),
      PARAMETERS,
    );
  });

  test('is mirrored when candidate and the one stored run change places', () => {
    const mirror: Partial<Record<Verdict, Verdict>> = {
      regressed: 'improved',
      improved: 'regressed',
    };
    ofRuns(({ stored: [only], candidate }) => {
      if (only === undefined) return;
      const forth = compared({ stored: [only], candidate });
      const back = compared({ stored: [candidate], candidate: only });
      for (const [index, { verdict, change }] of forth.entries()) {
        const other = back[index];
        expect(other?.verdict).toBe(mirror[verdict] ?? verdict);
        expect(other?.change?.ratio).toBeCloseTo(1 / (change?.ratio ?? 0), 9);
        expect(other?.change?.low).toBeCloseTo(1 / (change?.high ?? 0), 9);
      }
    });
  });

  test('calls a change only beyond the margin, with an interval of what equal runs do not differ by', () => {
    let said = 0;
    ofRuns((runs) => {
      for (const { verdict, change, marginRatio } of compared(runs)) {
        if (change === undefined) throw new Error('both sides were measured');
        expect(change.low <= change.ratio && change.ratio <= change.high).toBe(true);
        const apart = 1 + Math.min(PERSISTENT_DIFFERENCE, marginRatio);
        if (verdict === 'regressed') {
          expect(change.ratio).toBeGreaterThanOrEqual(1 + marginRatio);
          expect(change.low).toBeGreaterThan(apart);
        }
        if (verdict === 'improved') {
          expect(change.ratio).toBeLessThanOrEqual(1 / (1 + marginRatio));
          expect(change.high).toBeLessThan(1 / apart);
        }
        if (verdict === 'regressed' || verdict === 'improved') said += 1;
      }
    });
    expect(said).toBeGreaterThan(5);
  });

  test('calls at a lenient level whatever it calls at a strict one', () => {
    ofRuns((runs) => {
      const lenient = compared(runs, 0.05);
      for (const [index, { verdict }] of compared(runs, 0.001).entries()) {
        const called = verdict === 'regressed' || verdict === 'improved';
        if (called) expect(lenient[index]?.verdict).toBe(verdict);
      }
    });
  });

  test('answers in numbers whatever times the runs hold', () => {
    const ns = fc.constantFrom(1e-9, 1e-3, 1, 80, 1e6, 1e12);
    fc.assert(
      fc.property(fc.array(ns, { minLength: 1, maxLength: 8 }), ns, ns, (stored, own, control) => {
        const at = (time: number, seed: number): Run =>
          syntheticRun({
            ...{
              metrics: [{ id: 'syscall.null', ns: time, noise: 0 }],
              screen: [4, 5, 6, 7],
              seed,
            },
            controlNs: control,
          });
        const runs = stored.map((time, index) => at(time, index + 1));
        for (const metric of compared({ stored: runs, candidate: at(own, 99) })) {
          const { change, mde80 } = metric;
          for (const value of [change?.low, change?.ratio, change?.high, mde80]) {
            expect(value).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      PARAMETERS,
    );
  });
});

test('stored runs have one order, also those that began in the same instant', () => {
  const times = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.500Z'];
  const run = fc
    .record({ startedAt: fc.constantFrom(...times), id: fc.integer({ min: 1, max: 4 }) })
    .map(({ startedAt, id }) => makeRun({ ...runAt(0, id), startedAt }));
  const runs = fc.uniqueArray(run, { maxLength: 8, selector: ({ id }) => id });
  fc.assert(
    fc.property(runs, (all) => {
      const sorted = all.toSorted(oldestFirst);
      expect(all.toReversed().toSorted(oldestFirst)).toEqual(sorted);
      const instants = sorted.map(({ startedAt }) => Date.parse(startedAt));
      expect(instants).toEqual(instants.toSorted((one, other) => one - other));
    }),
  );
});
