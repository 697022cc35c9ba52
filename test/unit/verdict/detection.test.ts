import { describe, expect, test } from 'vitest';
import type { Comparison, MeasuredFinding } from '../../../src/verdict/comparison.js';
import { type Detection, firstDetection } from '../../../src/verdict/detection.js';
import { comparePaired } from '../../../src/verdict/paired.js';
import { type MetricShape, type PairedShape, syntheticPair } from '../../fixtures/runs.js';

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
