import { describe, expect, test } from 'vitest';
import type { CountedMetric, MetricRecord } from '../../../src/record/run.js';
import { compareCounts } from '../../../src/verdict/counts.js';
import { judge } from '../../../src/verdict/judge.js';
import { comparePaired } from '../../../src/verdict/paired.js';
import { syntheticPair } from '../../fixtures/runs.js';

const counted = (...counts: number[]): CountedMetric => ({
  ...{ id: 'exact.syscalls_per_op', version: 1, gate: true, status: 'ok', unit: 'count' },
  counts: counts.map((count, sequence) => ({ sequence, count, agreeing: 20, counts: 20 })),
});

const denied: MetricRecord = {
  ...{ id: 'exact.syscalls_per_op', version: 1, gate: true, status: 'denied' },
  reason: { operation: 'ptrace', errno: 1, message: 'Operation not permitted' },
};

describe('a count', () => {
  test.each([
    ['unchanged', [5, 5, 5], [5, 5, 5]],
    ['regressed', [5, 5, 5], [6, 6, 6]],
    ['improved', [5, 5, 5], [4, 4, 4]],
    ['regressed', [1, 1], [1.25, 1.25]],
    ['unchanged', [5, 5, 5, 5, 6], [5, 5, 5, 5, 5]],
  ] as const)('is %s from %j to %j', (verdict, before, after) => {
    const comparison = compareCounts(counted(...before), counted(...after));
    expect(comparison).toMatchObject({ verdict, marginRatio: 0 });
    expect(comparison).not.toHaveProperty('pValue');
  });

  test('is a finding by the smallest difference, and shows both counts', () => {
    const comparison = compareCounts(counted(5, 5), counted(6, 6));
    expect(comparison).toMatchObject({
      baseline: { unit: 'count', estimate: 5, replicates: 2 },
      candidate: { unit: 'count', estimate: 6 },
      change: { ratio: 1.2, low: 1.2, high: 1.2, confidence: 1 },
      because: '6 per operation instead of 5, counted exactly in 2 launches.',
    });
  });

  test('that launches of one side do not agree on decides nothing', () => {
    expect(compareCounts(counted(5, 6, 5, 6), counted(7, 7, 7, 7))).toMatchObject({
      verdict: 'inconclusive',
      because: expect.stringContaining('not exact here'),
    });
    const candidateAlone = compareCounts(counted(7, 7, 7, 7), counted(5, 6, 5, 6));
    expect(candidateAlone).toMatchObject({ verdict: 'inconclusive' });
  });

  test('that became zero is an improvement without a ratio', () => {
    const comparison = compareCounts(counted(1, 1), counted(0, 0));
    expect(comparison).toMatchObject({ verdict: 'improved' });
    expect(comparison?.change).toBeUndefined();
  });

  test('is not called a change across machines', () => {
    expect(compareCounts(counted(5), counted(6), 'Another machine.')).toMatchObject({
      verdict: 'inconclusive',
      because: 'Another machine.',
    });
  });

  test('on one side only, or against a time, is no comparison of counts', () => {
    expect(compareCounts(denied, counted(5))).toBeUndefined();
    expect(compareCounts(undefined, counted(5))).toBeUndefined();
  });
});

test('one more system call an operation turns a paired comparison red, whatever the times say', () => {
  const metrics = [{ id: 'syscall.null', ns: 80 }];
  const { baseline, candidate } = syntheticPair({ baseline: metrics, candidate: metrics });
  const settings = { alpha: 0.01, margins: [] };
  const withCount = (run: typeof baseline, count: number) =>
    ({ ...run, metrics: [...run.metrics, counted(count, count)] }) as typeof baseline;
  const compare = (count: number) =>
    judge(
      comparePaired(withCount(baseline, 5), withCount(candidate, count), settings),
      'regression',
    );
  expect(compare(6)).toEqual({ verdict: 'regressed', passed: false });
  expect(compare(5)).toEqual({ verdict: 'unchanged', passed: true });
});
