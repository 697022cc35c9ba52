import { describe, expect, test } from 'vitest';
import { neighboursOf } from '../../../src/measure/contention.js';
import type { LaunchObservation, Observation } from '../../../src/measure/launch.js';

/** A launch of metrics, each with the widths of its batches. */
const launch = (sequence: number, ...metrics: number[][]): LaunchObservation => ({
  launch: {
    ...{ sequence, phase: 'screen', wallNs: 1, userNs: 1, systemNs: 1 },
    ...{ stolenNs: 0, involuntarySwitches: 0 },
  },
  metrics: new Map(
    metrics.map((widths, index): [string, Observation] => [
      `syscall.a${index}`,
      {
        ...{ status: 'ok', kind: 'timed', details: {}, elapsedNs: 1e6 },
        batches: {
          process: new Uint16Array(widths.length),
          round: new Uint16Array(widths.length),
          ns: new Float64Array(widths.length).fill(80),
          controlNs: new Float64Array(widths.length).fill(1),
          occupancy: new Float64Array(widths.length).fill(1),
          width: Float64Array.from(widths),
        },
      },
    ]),
  ),
});

const QUIET = [1, 1, 1];
const BUSY = [1.4, 1.4, 1.4];

const contended = (launches: LaunchObservation[], paired: boolean): number[] => [
  ...neighboursOf(launches, { paired }).contended,
];

const launches = (busy: readonly number[], count = 12): LaunchObservation[] =>
  Array.from({ length: count }, (_, index) =>
    launch(index + 4, busy.includes(index + 4) ? BUSY : QUIET),
  );

describe('a launch that met a busy neighbour', () => {
  test('does not count, and neither does the other launch of its pair', () => {
    expect(contended(launches([6, 11]), true)).toEqual([6, 7, 10, 11]);
  });

  test('does not count where it was measured alone, and its neighbours do', () => {
    expect(contended(launches([6, 11]), false)).toEqual([6, 11]);
  });

  test('is told by all its metrics together, not by one', () => {
    const mixed = launch(16, QUIET, BUSY, BUSY);
    const mostly = launch(18, BUSY, BUSY, BUSY, QUIET);
    const all = [...launches([]), mixed, launch(17, QUIET), mostly, launch(19, QUIET)];
    expect(contended(all, true)).toEqual([18, 19]);
  });

  test('counts where most launches met one, since that is normal there', () => {
    const half = [4, 6, 8, 10, 12, 14];
    expect(contended(launches(half), false)).toEqual(half);
    expect(contended(launches([...half, 5]), false)).toEqual([]);
    expect(contended(launches(half.slice(1)), true)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  describe('in a phase of which too few pairs would be left', () => {
    const confirming = (busy: readonly number[]): LaunchObservation[] =>
      launches(busy).map((one) => ({ ...one, launch: { ...one.launch, phase: 'confirm' } }));
    /** The screen took place before, on a quiet core. */
    const screen = launches([], 40).map((one) => ({
      ...one,
      launch: { ...one.launch, sequence: one.launch.sequence + 100 },
    }));
    const order = (pairs: number) => ({
      paired: true,
      pairsFor: new Map([['confirm', pairs] as const]),
    });

    test('counts with all its batches, and the screen stays filtered', () => {
      const late = [...screen, ...confirming([4, 5, 6, 8, 9, 10, 11, 13])];
      const { met, contended: left, unfiltered } = neighboursOf(late, order(0));
      expect([...met]).toEqual([4, 5, 6, 8, 9, 10, 11, 13]);
      expect([...left]).toEqual([]);
      expect([...unfiltered]).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    });

    test('counts if the tests need more pairs than were quiet', () => {
      const few = [...screen, ...confirming([4, 6])];
      expect([...neighboursOf(few, order(4)).contended]).toEqual([4, 5, 6, 7]);
      expect([...neighboursOf(few, order(5)).contended]).toEqual([]);
    });
  });

  test('counts where no probe says how wide the core was', () => {
    const told = [launch(4, [Number.NaN]), launch(5, [Number.NaN])];
    expect(contended([...told, launch(6)], true)).toEqual([]);
  });
});
