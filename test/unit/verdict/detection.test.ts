import { describe, expect, test } from 'vitest';
import { isTimed, type Launch, type Run } from '../../../src/record/run.js';
import type { Comparison, MeasuredFinding } from '../../../src/verdict/comparison.js';
import { type Detection, firstDetection } from '../../../src/verdict/detection.js';
import { comparePaired } from '../../../src/verdict/paired.js';
import type { JudgingSettings } from '../../../src/verdict/settings.js';
import {
  abba,
  type MetricShape,
  type PairedShape,
  syntheticPair,
  syntheticRun,
} from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };

/** Of each launch of the fixture. */
const LAUNCH_MS = 200;

const shapes = (changes: Record<string, number> = {}): MetricShape[] =>
  ['syscall.null', 'syscall.stat', 'sendfile.tcp_4k'].map((id, i) => ({
    id,
    ns: 100 * (i + 1) * (changes[id] ?? 1),
  }));

function pair(
  changes: Record<string, number>,
  shape: Partial<PairedShape> = {},
): Comparison<MeasuredFinding> {
  const sides = { rounds: 20, confirmRounds: 10, ...shape };
  const { baseline, candidate } = syntheticPair({
    ...sides,
    baseline: shapes(),
    candidate: shapes(changes),
  });
  return comparePaired(baseline, candidate, SETTINGS);
}

const detected = (compared: Comparison<MeasuredFinding>): Detection => {
  const detection = firstDetection(compared, SETTINGS);
  if (detection === undefined) throw new Error('not detected');
  return detection;
};

describe('when a regression would first have been caught', () => {
  test('is after as many pairs as each stage needs to reach its level at all, if it is a large one', () => {
    // 2^-5 <= 0.05 < 2^-4 in the screen, and 2^-7 <= 0.01 < 2^-6 of the only one flagged.
    expect(detected(pair({ 'syscall.stat': 1.5 }))).toEqual({
      metric: 'syscall.stat',
      screenMs: 5 * 2 * LAUNCH_MS,
      confirmMs: 7 * 2 * LAUNCH_MS,
    });
  });

  test('is later for a smaller one', () => {
    const total = ({ screenMs, confirmMs }: Detection): number => screenMs + confirmMs;
    const small = detected(pair({ 'syscall.null': 1.026 }));
    const large = detected(pair({ 'syscall.null': 1.5 }));
    expect(total(small)).toBeGreaterThan(total(large));
  });

  test('is never without fresh launches', () => {
    const compared = pair({ 'syscall.null': 1.5 }, { confirmRounds: 0 });
    expect(firstDetection(compared, SETTINGS)).toBeUndefined();
  });

  test('is never where nothing changed, or where it got faster', () => {
    expect(firstDetection(pair({}), SETTINGS)).toBeUndefined();
    expect(firstDetection(pair({ 'syscall.null': 0.5 }), SETTINGS)).toBeUndefined();
  });
});

describe('the time of a detection', () => {
  /** The launch with this sequence number takes 2 to its power, in ms. So a sum says which were added. */
  const byNumber = (run: Run): Run => ({
    ...run,
    launches: run.launches.map((launch) => ({ ...launch, wallNs: 1e6 * 2 ** launch.sequence })),
  });

  /** Of all launches from one number up to before another. */
  const launches = (from: number, end: number): number => 2 ** end - 2 ** from;

  const PAIRS = 10;
  const CONFIRM = 2 + 2 * PAIRS;

  /** Launches 0 and 1 are the warm-up; each phase has ten pairs. */
  function side(name: 'baseline' | 'candidate', metrics: MetricShape[]): Run {
    const screen = abba(PAIRS / 2, 2)[name];
    const confirm = abba(PAIRS / 2, CONFIRM)[name];
    const run = syntheticRun({ metrics, screen, confirm, seed: name === 'baseline' ? 2 : 3 });
    const [first] = run.launches;
    if (first === undefined) throw new Error('no launch');
    const sequence = name === 'baseline' ? 0 : 1;
    const warmUp: Launch = { ...first, sequence, phase: 'warm-up' };
    return byNumber({ ...run, launches: [warmUp, ...run.launches] });
  }

  const compared = (
    changes: Record<string, number>,
    change: (candidate: Run) => Run = (run) => run,
    settings: JudgingSettings = SETTINGS,
  ): Detection | undefined =>
    firstDetection(
      comparePaired(
        side('baseline', shapes()),
        change(side('candidate', shapes(changes))),
        settings,
      ),
      settings,
    );

  test('is that of the warm-up and of the launches so far, of both sides', () => {
    expect(compared({ 'syscall.stat': 1.5 })).toEqual({
      metric: 'syscall.stat',
      screenMs: launches(0, 2 + 2 * 5),
      confirmMs: launches(CONFIRM, CONFIRM + 2 * 7),
    });
  });

  test('is longer where the screen flags another metric, though that one got faster', () => {
    // Holm halves the level: 2^-8 <= 0.01 / 2 < 2^-7.
    expect(compared({ 'syscall.stat': 1.5, 'syscall.null': 0.5 })).toMatchObject({
      metric: 'syscall.stat',
      screenMs: launches(0, 2 + 2 * 5),
      confirmMs: launches(CONFIRM, CONFIRM + 2 * 8),
    });
  });

  test('ends with the p-value that is exactly alpha', () => {
    const alpha = 2 ** -6;
    expect(compared({ 'syscall.stat': 1.5 }, undefined, { alpha, margins: [] })).toMatchObject({
      confirmMs: launches(CONFIRM, CONFIRM + 2 * 6),
    });
  });

  test('is longer where a fresh pair lies within the margin, though it is slower', () => {
    // With the smallest rank against it, a pair more is needed: 2 * 2^-8 <= 0.01 < 2 * 2^-7.
    const settings = { alpha: 0.01, margins: [{ glob: '*', ratio: 0.1 }] };
    const within = (run: Run): Run => ({
      ...run,
      metrics: run.metrics.map((metric) =>
        isTimed(metric) && metric.id === 'syscall.stat'
          ? {
              ...metric,
              replicates: metric.replicates.map((one) =>
                one.sequence === CONFIRM + 1 ? { ...one, estimateNs: 200 * 1.05 } : one,
              ),
            }
          : metric,
      ),
    });
    expect(compared({ 'syscall.stat': 1.5 }, within, settings)).toMatchObject({
      confirmMs: launches(CONFIRM, CONFIRM + 2 * 8),
    });
  });
});
