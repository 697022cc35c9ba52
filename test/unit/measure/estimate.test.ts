import { describe, expect, test } from 'vitest';
import { agreeOn, estimateReplicate } from '../../../src/measure/estimate.js';
import type { WireBatches } from '../../../src/probe/lines.js';

const batchesOf = (wallNs: number[], cpuNs: number[] = wallNs): WireBatches => ({
  operations: 100,
  wallNs,
  cpuNs,
  controlNs: wallNs.map(() => 5000),
  controlOperations: 10_000,
});

test('a launch says the count that most of its counts agree on, and how many do', () => {
  expect(agreeOn([1, 1, 0.96875, 1, 1.25])).toEqual({ count: 1, agreeing: 3, counts: 5 });
});

describe('the replicate of a launch', () => {
  test('is a low quantile of its batches in ns per operation, over all rounds', () => {
    const estimate = estimateReplicate([batchesOf([900, 1000]), batchesOf([1100, 1200])], false);
    expect(estimate).toMatchObject({ estimateNs: 9.3, controlNs: 0.5, kept: 4, rejected: 0 });
  });

  test('leaves out batches during which somebody else ran', () => {
    const wall = [1000, 1000, 1000, 3000, 1000];
    const cpu = [1000, 1000, 1000, 1000, 1000];
    const estimate = estimateReplicate([batchesOf(wall, cpu)], false);
    expect(estimate).toMatchObject({ estimateNs: 10, kept: 4, rejected: 1 });
  });

  test('measures occupancy against the best of the metric, for kernels that bill softirqs apart', () => {
    const wall = [1000, 1000, 1000, 1000, 1000, 3000];
    const cpu = wall.map((ns) => Math.min(ns, 1000) * 0.6);
    expect(estimateReplicate([batchesOf(wall, cpu)], false)).toMatchObject({
      kept: 5,
      rejected: 1,
    });
  });

  test('keeps every batch of a metric that sleeps by design', () => {
    const estimate = estimateReplicate([batchesOf([1000, 1000], [900, 5])], true);
    expect(estimate).toMatchObject({ kept: 2, rejected: 0 });
  });
});
