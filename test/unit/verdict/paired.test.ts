import { describe, expect, test } from 'vitest';
import { isTimed, type Replicate, type Run } from '../../../src/record/run.js';
import type { Verdict } from '../../../src/record/verdict.js';
import { mde80ForPairs } from '../../../src/stats/power.js';
import { judge } from '../../../src/verdict/judge.js';
import { comparePaired, screenPaired } from '../../../src/verdict/paired.js';
import { pairDifferences } from '../../../src/verdict/samples.js';
import { type MetricShape, syntheticPair } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };

const shapes = (changes: Record<string, number> = {}): MetricShape[] =>
  ['syscall.null', 'syscall.stat', 'context.pipe_self', 'sendfile.tcp_4k'].map((id, i) => ({
    id,
    ns: 100 * (i + 1) * (changes[id] ?? 1),
  }));

const verdicts = (pair: ReturnType<typeof syntheticPair>): Record<string, Verdict> =>
  Object.fromEntries(
    comparePaired(pair.baseline, pair.candidate, SETTINGS).findings.map((m) => [m.id, m.verdict]),
  );

describe('the screen', () => {
  test('flags nothing when nothing changed', () => {
    const { baseline, candidate } = syntheticPair({ baseline: shapes(), candidate: shapes() });
    expect(screenPaired(baseline, candidate, SETTINGS)).toEqual([]);
  });

  test('flags what moved in either direction, the largest change first', () => {
    const changed = shapes({ 'syscall.null': 1.1, 'syscall.stat': 0.8 });
    const { baseline, candidate } = syntheticPair({ baseline: shapes(), candidate: changed });
    expect(screenPaired(baseline, candidate, SETTINGS)).toEqual(['syscall.stat', 'syscall.null']);
  });

  test('does not flag a change inside the margin, however certain', () => {
    const changed = shapes({ 'syscall.null': 1.015 });
    const { baseline, candidate } = syntheticPair({
      rounds: 40,
      baseline: shapes(),
      candidate: changed,
    });
    expect(screenPaired(baseline, candidate, SETTINGS)).toEqual([]);
  });

  test('never flags an informational metric', () => {
    const inform = (ns: number): MetricShape[] => [{ id: 'clock.syscall', ns, gate: false }];
    const { baseline, candidate } = syntheticPair({
      baseline: inform(100),
      candidate: inform(200),
    });
    expect(screenPaired(baseline, candidate, SETTINGS)).toEqual([]);
    const comparison = comparePaired(baseline, candidate, SETTINGS);
    expect(comparison.findings[0]?.verdict).toBe('regressed');
    expect(judge(comparison, 'regression').passed).toBe(true);
  });
});

describe('the verdict of a paired comparison', () => {
  test('is unchanged for identical sides, by equivalence', () => {
    const pair = syntheticPair({ baseline: shapes(), candidate: shapes() });
    expect(new Set(Object.values(verdicts(pair)))).toEqual(new Set(['unchanged']));
  });

  test('needs fresh launches: what only the screen saw is not red', () => {
    const changed = shapes({ 'syscall.null': 1.2 });
    const pair = syntheticPair({ baseline: shapes(), candidate: changed });
    expect(verdicts(pair)['syscall.null']).toBe('inconclusive');
  });

  test('is regressed for what fresh launches confirm, and swapping the sides improves it', () => {
    const changed = shapes({ 'syscall.null': 1.2 });
    const sides = { rounds: 12, confirmRounds: 6 };
    const forth = syntheticPair({ ...sides, baseline: shapes(), candidate: changed });
    expect(verdicts(forth)['syscall.null']).toBe('regressed');
    const back = syntheticPair({ ...sides, baseline: changed, candidate: shapes() });
    expect(verdicts(back)['syscall.null']).toBe('improved');
  });

  test('shows the change of the fresh launches with an interval around it', () => {
    const changed = shapes({ 'syscall.null': 1.2 });
    const { baseline, candidate } = syntheticPair({
      confirmRounds: 10,
      baseline: shapes(),
      candidate: changed,
    });
    const [metric] = comparePaired(baseline, candidate, SETTINGS).findings;
    expect(metric?.change?.low).toBeGreaterThan(1.19);
    expect(metric?.change?.low).toBeLessThanOrEqual(metric?.change?.ratio ?? 0);
    expect(metric?.change?.high).toBeGreaterThanOrEqual(metric?.change?.ratio ?? 0);
    expect(metric?.change?.high).toBeLessThan(1.21);
  });

  test('is inconclusive with a number to settle it when the noise is wide', () => {
    const noisy: MetricShape[] = [{ id: 'syscall.null', ns: 100, noise: 0.03 }];
    const { baseline, candidate } = syntheticPair({ baseline: noisy, candidate: noisy });
    const [metric] = comparePaired(baseline, candidate, SETTINGS).findings;
    expect(metric?.verdict).toBe('inconclusive');
    expect(metric?.replicatesToSettle).toBeGreaterThan(24);
  });

  test('is blocked when the candidate cannot do what the baseline could, and says why', () => {
    const denied: MetricShape[] = [{ id: 'sendfile.tcp_4k', ns: 1, unavailable: 'denied' }];
    const measured: MetricShape[] = [{ id: 'sendfile.tcp_4k', ns: 5000 }];
    const { baseline, candidate } = syntheticPair({ baseline: measured, candidate: denied });
    const [metric] = comparePaired(baseline, candidate, SETTINGS).findings;
    expect(metric?.verdict).toBe('blocked');
    expect(metric?.because).toBe(
      'Measured on the baseline, but denied (sendfile(): Operation not permitted) on the candidate.',
    );
    expect(metric?.change).toBeUndefined();
  });

  test('takes the last margin that matches a metric', () => {
    const changed = shapes({ 'syscall.null': 1.2, 'syscall.stat': 1.2 });
    const { baseline, candidate } = syntheticPair({
      confirmRounds: 8,
      baseline: shapes(),
      candidate: changed,
    });
    const margins = [
      { glob: 'syscall.*', ratio: 0.5 },
      { glob: '*.stat', ratio: 0.1 },
    ];
    const { findings: metrics } = comparePaired(baseline, candidate, { alpha: 0.01, margins });
    const found = Object.fromEntries(metrics.map(({ id, verdict }) => [id, verdict]));
    expect(found).toMatchObject({ 'syscall.null': 'unchanged', 'syscall.stat': 'regressed' });
  });

  test('does not depend on the order of the metrics nor on the speed of the machine', () => {
    const changed = shapes({ 'syscall.stat': 1.1 });
    const pair = syntheticPair({ confirmRounds: 8, baseline: shapes(), candidate: changed });
    const backwards = {
      ...pair.candidate,
      metrics: pair.candidate.metrics.toReversed(),
    } as typeof pair.candidate;
    const slower = {
      ...pair.candidate,
      metrics: pair.candidate.metrics.map((metric) =>
        !isTimed(metric)
          ? metric
          : {
              ...metric,
              replicates: metric.replicates.map((replicate) => ({
                ...replicate,
                estimateNs: replicate.estimateNs * 3,
                controlNs: replicate.controlNs * 3,
              })),
            },
      ),
    } as typeof pair.candidate;
    const expected = verdicts(pair);
    expect(verdicts({ ...pair, candidate: backwards })).toEqual(expected);
    expect(verdicts({ ...pair, candidate: slower })).toEqual(expected);
    expect(expected).toMatchObject({ 'syscall.stat': 'regressed', 'syscall.null': 'unchanged' });
  });

  test('carries the floor of identical sides and the smallest change it would have caught', () => {
    const { baseline, candidate } = syntheticPair({ baseline: shapes(), candidate: shapes() });
    for (const metric of comparePaired(baseline, candidate, SETTINGS).findings) {
      expect(metric.floor?.pairs).toBe(23);
      expect(metric.floor?.rejections).toBe(0);
      expect(metric.floor?.ratio).toBeCloseTo(1, 2);
      expect(metric.mde80).toBeGreaterThan(0.02);
      expect(metric.mde80).toBeLessThan(0.04);
    }
  });
});

/** The run in which a metric's replicates are changed. */
const withReplicates = (
  run: Run,
  id: string,
  change: (replicates: readonly Replicate[]) => Replicate[],
): Run => ({
  ...run,
  metrics: run.metrics.map((metric) =>
    isTimed(metric) && metric.id === id
      ? { ...metric, replicates: change(metric.replicates) }
      : metric,
  ),
});

describe('the order of what the screen flags', () => {
  test('is by size in margins where the tests say the same', () => {
    const changed = shapes({ 'syscall.null': 1.3, 'syscall.stat': 1.1 });
    const { baseline, candidate } = syntheticPair({ baseline: shapes(), candidate: changed });
    const margins = [{ glob: 'syscall.null', ratio: 0.2 }];
    expect(screenPaired(baseline, candidate, { ...SETTINGS, margins })).toEqual([
      'syscall.stat',
      'syscall.null',
    ]);
  });

  test('is by the test first: a large change of which one pair says the opposite comes last', () => {
    const changed = shapes({ 'syscall.null': 1.5, 'syscall.stat': 1.1 });
    const { baseline, candidate } = syntheticPair({ baseline: shapes(), candidate: changed });
    const spoilt = withReplicates(candidate, 'syscall.null', ([first, ...others]) =>
      first ? [{ ...first, estimateNs: 10 }, ...others] : others,
    );
    expect(screenPaired(baseline, spoilt, SETTINGS)).toEqual(['syscall.stat', 'syscall.null']);
  });
});

describe('the fresh launches', () => {
  const sides = { rounds: 12, confirmRounds: 4 };
  const gated = (ns: number): MetricShape => ({ id: 'syscall.null', ns });
  const informing = (ns: number): MetricShape => ({ id: 'clock.syscall', ns, gate: false });

  test('of a metric that is for information only make no other harder to confirm', () => {
    const { baseline, candidate } = syntheticPair({
      ...{ ...sides, baseline: [gated(100), informing(100)] },
      candidate: [gated(150), informing(200)],
    });
    const comparison = comparePaired(baseline, candidate, SETTINGS);
    expect(comparison.familySize).toBe(1);
    expect(comparison.findings[0]).toMatchObject({ verdict: 'regressed', pValue: 2 ** -8 });
    // It is never confirmed: its test is that of the screen's 24 pairs.
    expect(comparison.findings[1]).toMatchObject({ verdict: 'regressed', pValue: 2 ** -24 });
  });

  test('give the times that are shown, and how many there are', () => {
    const { baseline, candidate } = syntheticPair({
      ...{ ...sides, baseline: [gated(100)], candidate: [gated(150)] },
    });
    const confirm = 4 * sides.rounds;
    const twice = (replicates: readonly Replicate[]): Replicate[] =>
      replicates.map((one) =>
        one.sequence < confirm ? one : { ...one, estimateNs: 2 * one.estimateNs },
      );
    const comparison = comparePaired(
      withReplicates(baseline, 'syscall.null', twice),
      withReplicates(candidate, 'syscall.null', (all) => twice(all).slice(0, -1)),
      SETTINGS,
    );
    const [metric] = comparison.findings;
    expect(metric?.baseline).toMatchObject({ replicates: 8, estimate: expect.closeTo(200, -1) });
    expect(metric?.candidate).toMatchObject({ replicates: 7, estimate: expect.closeTo(300, -1) });
  });

  test('describe the noise together with those of the screen', () => {
    const { baseline, candidate } = syntheticPair({
      ...{ ...sides, baseline: [gated(100)], candidate: [gated(150)] },
    });
    const between = (phase: 'screen' | 'confirm'): number[] =>
      pairDifferences(baseline, candidate, 'syscall.null', phase).between;
    const shift = mde80ForPairs({
      differences: [...between('screen'), ...between('confirm')],
      ...{ margin: Math.log(1.02), alpha: 0.01, pairs: 24, confirmPairs: 8 },
    });
    const [metric] = comparePaired(baseline, candidate, SETTINGS).findings;
    expect(metric?.mde80).toBeCloseTo(Math.exp(shift) - 1, 12);
    // 23 pairs of neighbours of one side in the screen, and 7 among the fresh launches.
    expect(metric?.floor?.pairs).toBe(23 + 7);
  });
});
