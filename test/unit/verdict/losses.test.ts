import { describe, expect, test } from 'vitest';
import type { MetricRecord, Run } from '../../../src/record/run.js';
import type { Verdict } from '../../../src/record/verdict.js';
import { compare, type Evidence, shardsEvidence } from '../../../src/verdict/evidence.js';
import { type MetricShape, syntheticPair, syntheticRun } from '../../fixtures/runs.js';

/** What counts as a loss: the baseline can do the operation and the candidate is refused it. */

const SETTINGS = { alpha: 0.01, margins: [] };
const METRICS: MetricShape[] = [
  { id: 'syscall.null', ns: 100 },
  { id: 'syscall.stat', ns: 300 },
];

/** The run with another record of syscall.stat. */
const withStat = (run: Run, change: (metric: MetricRecord) => MetricRecord): Run => ({
  ...run,
  metrics: run.metrics.map((one) => (one.id === 'syscall.stat' ? change(one) : one)),
});

const refused =
  (status: 'denied' | 'unstable', version = 1) =>
  ({ id, gate }: MetricRecord): MetricRecord => ({
    ...{ id, gate, version, entries: 1, switches: 0, bytes: 0, status },
    reason: { operation: 'stat()', errno: 1, message: 'Operation not permitted' },
  });

const pair = () => syntheticPair({ baseline: METRICS, candidate: METRICS });

const stored = (seed: number): Run =>
  syntheticRun({ metrics: METRICS, screen: [4, 5, 6, 7, 8, 9, 10, 11], seed });

const statOf = (evidence: Evidence) =>
  compare(evidence, SETTINGS).findings.find(({ id }) => id === 'syscall.stat');

const EVIDENCE: Record<string, (change: (metric: MetricRecord) => MetricRecord) => Evidence> = {
  paired: (change) => {
    const { baseline, candidate } = pair();
    return { design: 'paired', baseline, candidate: withStat(candidate, change) };
  },
  'stored runs': (change) => ({
    design: 'stored',
    stored: { runs: [stored(1), stored(2)], skipped: [] },
    candidate: withStat(stored(3), change),
  }),
  shards: (change) => {
    const { baseline, candidate } = pair();
    return shardsEvidence([{ baseline, candidate: withStat(candidate, change) }], []);
  },
};

describe.each(Object.entries(EVIDENCE))('against %s', (_, evidence) => {
  test.each<[string, (metric: MetricRecord) => MetricRecord, Verdict]>([
    ['a refused operation is a loss', refused('denied'), 'blocked'],
    ['one that was not measured well is none', refused('unstable'), 'incomparable'],
    ['one of another definition is none', refused('denied', 2), 'incomparable'],
  ])('%s', (_name, change, verdict) => {
    expect(statOf(evidence(change))?.verdict).toBe(verdict);
  });

  test('another definition is the reason, and not the refusal', () => {
    expect(statOf(evidence(refused('denied', 2)))?.because).toBe(
      'The sides have different definitions of this metric: the baseline definition 1, the candidate definition 2.',
    );
  });
});

describe('of several stored runs, the newest that knows decides', () => {
  const against = (...runs: Run[]): Verdict | undefined =>
    statOf({
      design: 'stored',
      stored: { runs, skipped: [] },
      candidate: withStat(stored(9), refused('denied')),
    })?.verdict;

  test('a badly measured one does not hide the loss', () => {
    expect(against(stored(1), withStat(stored(2), refused('unstable')))).toBe('blocked');
  });

  test('a loss that was merged is not reported again', () => {
    expect(against(stored(1), withStat(stored(2), refused('denied')))).toBe('incomparable');
  });
});

test('gated metrics that only the baseline has are named', () => {
  const { baseline, candidate } = pair();
  const without = { ...candidate, metrics: candidate.metrics.slice(0, 1) };
  const caveats = (run: Run) =>
    compare({ design: 'paired', baseline, candidate: run }, SETTINGS).caveats;
  expect(caveats(without)).toContainEqual(
    expect.stringMatching(
      /^The baseline has 1 gated metric that .* lacks \(syscall\.stat\), .* said of it: measure/,
    ),
  );
  expect(caveats(candidate)).toEqual([]);
});
