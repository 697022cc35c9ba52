import { expect, test } from 'vitest';
import { comparePaired, screenPaired } from '../../../src/verdict/paired.js';
import { type MetricShape, syntheticPair } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };

/** Noise as wide as the margin, so that the tests and not the margin keep identical sides apart. */
const METRICS: MetricShape[] = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
  id: `syscall.${name}`,
  ns: 100,
  noise: 0.02,
}));

test('identical sides are never called changed, whatever the screen flags', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { baseline, candidate } = syntheticPair({
      rounds: 5,
      confirmRounds: 5,
      seed,
      baseline: METRICS,
      candidate: METRICS,
    });
    const { findings: metrics } = comparePaired(baseline, candidate, SETTINGS);
    const changed = metrics.filter(({ verdict }) => /regressed|improved/.test(verdict));
    expect(changed).toEqual([]);
  }
});

test('a change of twice the margin is flagged in nearly every gate with little noise', () => {
  const slower = METRICS.map((metric) => ({ ...metric, noise: 0.005, ns: metric.ns * 1.04 }));
  const before = METRICS.map((metric) => ({ ...metric, noise: 0.005 }));
  let flagged = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const pair = syntheticPair({ rounds: 8, seed, baseline: before, candidate: slower });
    flagged += screenPaired(pair.baseline, pair.candidate, SETTINGS).length;
  }
  expect(flagged).toBeGreaterThan(0.95 * 20 * METRICS.length);
});
