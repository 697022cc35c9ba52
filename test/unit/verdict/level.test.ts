import { expect, test } from 'vitest';
import { compareDuet, screenDuet } from '../../../src/verdict/duet.js';
import { type MetricShape, syntheticDuet } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };

/** Noise as wide as the margin, so that the tests and not the margin keep identical sides apart. */
const METRICS: MetricShape[] = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
  id: `syscall.${name}`,
  ns: 100,
  noise: 0.02,
}));

test('identical sides are never called changed, whatever the screen flags', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { baseline, candidate } = syntheticDuet({
      rounds: 5,
      confirmRounds: 5,
      seed,
      baseline: METRICS,
      candidate: METRICS,
    });
    const { findings: metrics } = compareDuet(baseline, candidate, SETTINGS);
    const changed = metrics.filter(({ verdict }) => /regressed|improved/.test(verdict));
    expect(changed).toEqual([]);
  }
});

test('a change of twice the margin is flagged in nearly every gate with little noise', () => {
  const slower = METRICS.map((metric) => ({ ...metric, noise: 0.005, ns: metric.ns * 1.04 }));
  const before = METRICS.map((metric) => ({ ...metric, noise: 0.005 }));
  let flagged = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const duet = syntheticDuet({ rounds: 8, seed, baseline: before, candidate: slower });
    flagged += screenDuet(duet.baseline, duet.candidate, SETTINGS).length;
  }
  expect(flagged).toBeGreaterThan(0.95 * 20 * METRICS.length);
});
