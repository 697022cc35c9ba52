import { describe, expect, test } from 'vitest';
import { isTimed, type Run } from '../../../src/record/run.js';
import { seededRandom } from '../../../src/stats/random.js';
import {
  type Comparison,
  isMeasured,
  type MeasuredFinding,
} from '../../../src/verdict/comparison.js';
import { compare } from '../../../src/verdict/evidence.js';
import { slowLaunchCaveats } from '../../../src/verdict/slow-launches.js';
import { syntheticPair } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };
const METRICS = ['syscall.null', 'syscall.stat', 'syscall.read_zero', 'sendfile.tcp_4k'].map(
  (id, index) => ({ id, ns: 100 * (index + 1) }),
);
const identical = (rounds: number, seed = 1) =>
  syntheticPair({ rounds, seed, baseline: METRICS, candidate: METRICS });

function compareSides(baseline: Run, candidate: Run): Comparison<MeasuredFinding> {
  const comparison = compare({ design: 'paired', baseline, candidate }, SETTINGS);
  return { ...comparison, findings: comparison.findings.filter(isMeasured) };
}

/** Every nth launch of a metric takes longer. */
const slowed = (run: Run, id: string, every: number, ratio: number): Run => ({
  ...run,
  metrics: run.metrics.map((metric) =>
    isTimed(metric) && metric.id === id
      ? {
          ...metric,
          replicates: metric.replicates.map((replicate, index) => ({
            ...replicate,
            estimateNs: replicate.estimateNs * (index % every === 0 ? ratio : 1),
          })),
        }
      : metric,
  ),
});

describe('launches that are slow now and then', () => {
  test('are reported although the verdict, which is about the typical launch, is unchanged', () => {
    const { baseline, candidate } = identical(60);
    const now = slowed(candidate, 'syscall.read_zero', 10, 1.65);
    const comparison = compareSides(baseline, now);
    expect(comparison.findings.map(({ verdict }) => verdict)).toEqual(Array(4).fill('unchanged'));
    expect(comparison.caveats).toEqual([
      "In syscall.read_zero, 12 of 120 launches of the candidate took 65 % longer than its typical launch, and none of the baseline's did. The verdict is about the typical launch; look for something that happens only now and then.",
    ]);
  });

  test('are reported once, for all metrics that have them', () => {
    const { baseline, candidate } = identical(60);
    const null10 = slowed(candidate, 'syscall.null', 10, 1.65);
    const both = slowed(null10, 'syscall.stat', 8, 1.3);
    expect(compareSides(baseline, both).caveats).toEqual([
      expect.stringMatching(
        /^In syscall\.stat, 15 of 120 .* none of the baseline's did \(the same goes for syscall\.null\)\./,
      ),
    ]);
  });

  test("are no news where the baseline's are as slow, nor where the candidate's no longer are", () => {
    const { baseline, candidate } = identical(60);
    const [before, after] = [baseline, candidate].map((run) =>
      slowed(run, 'syscall.stat', 10, 1.65),
    );
    expect(compareSides(before as Run, after as Run).caveats).toEqual([]);
    expect(compareSides(before as Run, candidate).caveats).toEqual([]);
  });

  test('are not reported if chance explains them: too few, or hardly slower than the others', () => {
    const { baseline, candidate } = identical(12);
    expect(compareSides(baseline, slowed(candidate, 'syscall.stat', 8, 1.65)).caveats).toEqual([]);
    const long = identical(60);
    expect(
      compareSides(long.baseline, slowed(long.candidate, 'syscall.stat', 10, 1.02)).caveats,
    ).toEqual([]);
  });

  test('say nothing of a metric that was called changed', () => {
    const pair = syntheticPair({
      ...{ rounds: 30, confirmRounds: 30, baseline: METRICS },
      candidate: METRICS.map(({ id, ns }) => ({ id, ns: id === 'syscall.stat' ? 2 * ns : ns })),
    });
    const comparison = compareSides(pair.baseline, pair.candidate);
    expect(comparison.findings[1]?.verdict).toBe('regressed');
    expect(comparison.caveats).toEqual([]);
  });
});

test('two modes that both sides share are no slow launches of one of them', () => {
  const { baseline, candidate } = identical(10);
  const { findings: metrics } = compareSides(baseline, candidate);
  const alarms = Array.from({ length: 150 }, (_, seed) => {
    const [before, after] = [modal(baseline, 2 * seed), modal(candidate, 2 * seed + 1)];
    return slowLaunchCaveats(before, after, metrics, SETTINGS.alpha).length;
  });
  // At a level of 1 %, more than six of 150 come up once in five hundred times.
  expect(alarms.filter((count) => count > 0).length).toBeLessThanOrEqual(6);
});

/** Half of the launches of each metric, as a coin falls, are a third slower. */
function modal(run: Run, seed: number): Run {
  const random = seededRandom(seed);
  return {
    ...run,
    metrics: run.metrics.map((metric) =>
      isTimed(metric)
        ? {
            ...metric,
            replicates: metric.replicates.map((replicate) => ({
              ...replicate,
              estimateNs: replicate.estimateNs * (random.unit() < 0.5 ? 1 : 1.33),
            })),
          }
        : metric,
    ),
  };
}
