import { describe, expect, test } from 'vitest';
import { isTimed, type Run } from '../../../src/record/run.js';
import type { MeasuredFinding } from '../../../src/verdict/comparison.js';
import { floorOf } from '../../../src/verdict/floor.js';
import { comparePaired } from '../../../src/verdict/paired.js';
import { pairDifferences, withinDifferences } from '../../../src/verdict/samples.js';
import { syntheticPair } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };
const ID = 'syscall.null';

/** Every launch dearer than the one before it, by as much. */
const drifting = (run: Run, perLaunch: number): Run => ({
  ...run,
  metrics: run.metrics.map((metric) =>
    isTimed(metric)
      ? {
          ...metric,
          replicates: metric.replicates.map((replicate) => ({
            ...replicate,
            estimateNs: replicate.estimateNs * Math.exp(perLaunch * replicate.sequence),
          })),
        }
      : metric,
  ),
});

/** Identical sides on a machine that drifts. */
function pair(perLaunch: number, noise = 0.003): [Run, Run] {
  const metrics = [{ id: ID, ns: 100, noise }];
  const sides = syntheticPair({ baseline: metrics, candidate: metrics });
  return [drifting(sides.baseline, perLaunch), drifting(sides.candidate, perLaunch)];
}

function judged(perLaunch: number, noise?: number): MeasuredFinding {
  const [metric] = comparePaired(...pair(perLaunch, noise), SETTINGS).findings;
  if (metric === undefined) throw new Error('no metric');
  return metric;
}

describe('the floor', () => {
  test('is blind to a machine that gets slower for as long as it is measured', () => {
    for (const perLaunch of [0.05, -0.05]) {
      const { floor } = judged(perLaunch);
      expect(floor?.ratio).toBeCloseTo(1, 2);
      expect(floor?.rejections).toBe(0);
    }
  });

  test('does not cost the verdict of a paired comparison that cancels the drift', () => {
    // Later over earlier the sides would differ by 2.2 %, more than the margin.
    expect(judged(0.022).verdict).toBe('unchanged');
  });

  test('tells of noise by its interval, whichever way the machine drifts', () => {
    const width = (perLaunch: number): number => {
      const { floor } = judged(perLaunch, 0.01);
      return floor ? floor.high - floor.low : Number.NaN;
    };
    expect(width(0)).toBeGreaterThan(0.003);
    expect(width(0.001)).toBeLessThan(1.5 * width(0));
    expect(width(-0.001)).toBeLessThan(1.5 * width(0));
  });

  test('tells of identical sides that differ more than drift and chance explain', () => {
    const floor = floorOf(Array(12).fill(0.05), 0.02, SETTINGS.alpha);
    expect(floor?.ratio).toBeCloseTo(1.05, 2);
    expect(floor?.rejections).toBe(1);
  });

  test('is the same whichever side is the baseline, and whatever order its launches stand in', () => {
    const [baseline, candidate] = pair(0.01);
    const { within } = pairDifferences(baseline, candidate, ID, 'screen');
    expect(pairDifferences(candidate, baseline, ID, 'screen').within).toEqual(within);
    const backwards = (run: Run): Run => ({
      ...run,
      metrics: run.metrics.map((metric) =>
        isTimed(metric) ? { ...metric, replicates: metric.replicates.toReversed() } : metric,
      ),
    });
    expect(pairDifferences(backwards(baseline), candidate, ID, 'screen').within).toEqual(within);
    expect(withinDifferences(backwards(baseline), ID, 'screen')).toEqual(
      withinDifferences(baseline, ID, 'screen'),
    );
  });
});
