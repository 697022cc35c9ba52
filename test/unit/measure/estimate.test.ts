import { describe, expect, test } from 'vitest';
import { batchesOf as columns, quietWidth } from '../../../src/measure/batches.js';
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
    const estimate = estimateReplicate(columns([batchesOf([900, 1000]), batchesOf([1100, 1200])]), {
      sleeps: false,
    });
    expect(estimate).toMatchObject({ estimateNs: 9.3, controlNs: 0.5, kept: 4, rejected: 0 });
  });

  test('leaves out batches during which somebody else ran', () => {
    const wall = [1000, 1000, 1000, 3000, 1000];
    const cpu = [1000, 1000, 1000, 1000, 1000];
    const estimate = estimateReplicate(columns([batchesOf(wall, cpu)]), { sleeps: false });
    expect(estimate).toMatchObject({ estimateNs: 10, kept: 4, rejected: 1 });
  });

  test('measures occupancy against the best of the metric, for kernels that bill softirqs apart', () => {
    const wall = [1000, 1000, 1000, 1000, 1000, 3000];
    const cpu = wall.map((ns) => Math.min(ns, 1000) * 0.6);
    expect(estimateReplicate(columns([batchesOf(wall, cpu)]), { sleeps: false })).toMatchObject({
      kept: 5,
      rejected: 1,
    });
  });

  test('keeps every batch of a metric that sleeps by design', () => {
    const estimate = estimateReplicate(columns([batchesOf([1000, 1000], [900, 5])]), {
      sleeps: true,
    });
    expect(estimate).toMatchObject({ kept: 2, rejected: 0 });
  });

  const beside = (widthNs: number[], wallNs = widthNs.map(() => 1000)) =>
    columns([{ ...batchesOf(wallNs), width: { ns: widthNs, operations: 10_000 } }]);

  test('the quiet core is what a quarter of the launches met for a tenth of the time', () => {
    const busy = beside([7000, 7100, 7200, 7000]);
    const quiet = beside([5000, 5000, 5000, ...Array.from({ length: 10 }, () => 7000)]);
    expect(quietWidth([[busy], [busy], [quiet], [quiet]])).toBeCloseTo(1, 2);
    expect(quietWidth([[columns([batchesOf([1000])])]])).toBeUndefined();
  });
});
