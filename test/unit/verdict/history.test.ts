import { describe, expect, test } from 'vitest';
import { makeRun, type Run } from '../../../src/record/run.js';
import type { MeasuredFinding } from '../../../src/verdict/comparison.js';
import { runLevels } from '../../../src/verdict/history/quiet-launches.js';
import { compareStored, suspectedTimes } from '../../../src/verdict/stored.js';
import { type MetricShape, syntheticRun } from '../../fixtures/runs.js';

/** Stored runs of a whole catalogue: what the machine does, what one cause does, and single metrics. */

const SETTINGS = { alpha: 0.01, margins: [] };
const SCREEN = Array.from({ length: 12 }, (_, index) => index + 4);
const SYSCALLS = 16;
const OTHERS = 8;

/** ns of each metric, before and after something. */
type Costs = (id: string, ns: number, entries: number) => number;

function shapes(costs: Costs): (MetricShape & { entries: number })[] {
  const syscalls = Array.from({ length: SYSCALLS }, (_, index) => ({
    ...{ id: `syscall.call_${index}`, ns: 1000 + 300 * index, entries: 1 },
  }));
  const others = Array.from({ length: OTHERS }, (_, index) => ({
    ...{ id: `memory.fault_${index}`, ns: 2000 + 500 * index, entries: 0 },
  }));
  return [...syscalls, ...others].map(({ id, ns, entries }) => ({
    ...{ id, entries, noise: 0.004, ns: costs(id, ns, entries) },
  }));
}

interface Shape {
  seed: number;
  costs?: Costs;
  /** What a launch beside a neighbour takes, as a ratio; 1 on a quiet core. */
  beside?: (launch: number) => number;
}

const day = (seed: number): string => new Date(Date.UTC(2026, 0, seed)).toISOString();

function runOf({ seed, costs = (_, ns) => ns, beside = () => 1 }: Shape): Run {
  const made = shapes(costs);
  const run = syntheticRun({ metrics: made, screen: SCREEN, seed, startedAt: day(seed) });
  const metrics = run.metrics.map((metric, index) => {
    if (metric.status !== 'ok' || metric.unit === 'count') return metric;
    const replicates = metric.replicates.map((one, launch) => ({
      ...{ ...one, estimateNs: one.estimateNs * beside(launch) },
    }));
    return { ...metric, replicates, entries: made[index]?.entries ?? 0 };
  });
  return makeRun({ ...run, metrics });
}

/** Runs of other days, in which a neighbour came and went. */
const stored = (count: number, costs?: Costs): Run[] =>
  Array.from({ length: count }, (_, index) =>
    runOf({
      ...(costs ? { costs } : {}),
      ...{ seed: index + 1, beside: (launch) => ((launch + index) % 3 === 0 ? 1.25 : 1) },
    }),
  );

const compare = (runs: Run[], candidate: Run) =>
  compareStored({ runs, skipped: [] }, candidate, SETTINGS);

const called = ({ findings }: { findings: readonly MeasuredFinding[] }): string[] =>
  findings.filter(({ verdict }) => verdict === 'regressed').map(({ id }) => id);

describe('the launches of a run', () => {
  test('count if they met no neighbour, however many did', () => {
    const busy = runOf({ seed: 1, beside: (launch) => (launch < 8 ? 1.25 : 1) });
    const { quiet, launches, levels } = runLevels(busy);
    expect([quiet, launches]).toEqual([4, 12]);
    const alone = runLevels(runOf({ seed: 1 })).levels.get('syscall.call_0')?.level ?? 0;
    expect(levels.get('syscall.call_0')?.level).toBeCloseTo(alone, 1);
    expect(levels.get('syscall.call_0')?.launches).toBe(4);
  });

  test('all count where metrics are few: they would be selected by what they say', () => {
    const { metrics, ...run } = runOf({ seed: 1, beside: (launch) => (launch < 6 ? 1.25 : 1) });
    const few = { ...run, metrics: metrics.slice(0, 3) } as Run;
    expect(runLevels(few).quiet).toBe(12);
  });
});

describe('a run against ten stored runs', () => {
  const ten = stored(10);

  test('is not called for the neighbours that it met', () => {
    for (const share of [2, 3, 6]) {
      const beside = (launch: number) => (launch % share === 0 ? 1 : 1.3);
      const comparison = compare(ten, runOf({ seed: 40 + share, beside }));
      expect(called(comparison)).toEqual([]);
    }
  });

  test('is called nothing, and says so, if hardly a launch met a quiet core', () => {
    const beside = (launch: number) => (launch < 2 ? 1 : 1.3);
    const costs: Costs = (_, ns, entries) => ns + 400 * entries;
    const comparison = compare(ten, runOf({ seed: 50, beside, costs }));
    expect(called(comparison)).toEqual([]);
    expect(comparison.caveats.join()).toMatch(/^Only 2 of 12 launches met a quiet core/);
  });

  test('is called for a cost of every kernel entry that no metric could show alone', () => {
    const costs: Costs = (_, ns, entries) => ns + 80 * entries;
    const comparison = compare(ten, runOf({ seed: 51, costs }));
    const ids = called(comparison);
    expect(ids.length).toBeGreaterThanOrEqual(3);
    expect(ids.every((id) => id.startsWith('syscall.'))).toBe(true);
    const [first] = comparison.findings;
    expect(first?.because).toMatch(/with \+\d+(\.\d)? ns for every kernel entry\.$/);
    expect(first?.change?.ratio).toBeGreaterThan(1.06);
    expect(first?.change?.ratio).toBeLessThan(1.1);
  });

  test('is called for one metric, whatever the others do', () => {
    const costs: Costs = (id, ns) => (id === 'memory.fault_3' ? 1.2 * ns : ns);
    expect(called(compare(ten, runOf({ seed: 52, costs })))).toEqual(['memory.fault_3']);
  });

  test('is not called if everything took longer by what a machine can do, which is said', () => {
    const comparison = compare(ten, runOf({ seed: 53, costs: (_, ns) => 1.15 * ns }));
    expect(called(comparison)).toEqual([]);
    expect(comparison.caveats.join()).toMatch(
      /Everything took \+1[45]\.\d % against the stored runs, which differ by .* measure both sides in one job/,
    );
  });

  test('is called if everything took longer by what no neighbour can do', () => {
    const comparison = compare(ten, runOf({ seed: 54, costs: (_, ns) => 2.5 * ns }));
    expect(called(comparison)).toHaveLength(SYSCALLS + OTHERS);
  });

  test('is inconclusive where its halves differ, whatever the stored runs say', () => {
    const run = runOf({ seed: 55 });
    const metrics = run.metrics.map((metric) =>
      metric.id === 'syscall.call_4' && metric.status === 'ok' && metric.unit !== 'count'
        ? {
            ...metric,
            replicates: metric.replicates.map((one, launch) => ({
              ...{ ...one, estimateNs: one.estimateNs * (launch < 6 ? 1 : 1.83) },
            })),
          }
        : metric,
    );
    const found = compare(ten, makeRun({ ...run, metrics })).findings.find(
      ({ id }) => id === 'syscall.call_4',
    );
    expect(found?.verdict).toBe('inconclusive');
    expect(found?.because).toMatch(/^Too noisy: the two halves of this run differ by 8\d(\.\d)? %/);
  });

  test('is suspected first for what is clearest, to be measured again', () => {
    const costs: Costs = (id, ns) => (id === 'memory.fault_3' ? 1.2 * ns : ns);
    const suspects = suspectedTimes(
      { runs: ten, skipped: [] },
      runOf({ seed: 52, costs }),
      SETTINGS,
    );
    expect(suspects[0]).toBe('memory.fault_3');
    expect(suspectedTimes({ runs: ten, skipped: [] }, runOf({ seed: 56 }), SETTINGS)).toEqual([]);
  });

  test('is not called for what fresh launches do not show again', () => {
    const costs: Costs = (id, ns) => (id === 'memory.fault_3' ? 1.2 * ns : ns);
    const run = runOf({ seed: 52, costs });
    const fresh = SCREEN.map((sequence) => sequence + 20);
    const again = (factor: number): Run =>
      makeRun({
        ...run,
        launches: [
          ...run.launches,
          ...run.launches.slice(0, fresh.length).map((launch, index) => ({
            ...{ ...launch, sequence: fresh[index] ?? 0, phase: 'confirm' as const },
          })),
        ],
        metrics: run.metrics.map((metric) =>
          metric.id === 'memory.fault_3' && metric.status === 'ok' && metric.unit !== 'count'
            ? {
                ...metric,
                replicates: [
                  ...metric.replicates,
                  ...metric.replicates.map((one, index) => ({
                    ...{ ...one, sequence: fresh[index] ?? 0 },
                    estimateNs: one.estimateNs * factor,
                  })),
                ],
              }
            : metric,
        ),
      });
    expect(called(compare(ten, again(1)))).toEqual(['memory.fault_3']);
    expect(called(compare(ten, again(1 / 1.2)))).toEqual([]);
  });
});

describe('a change among the stored runs', () => {
  const grown =
    (ratio: number): Costs =>
    (id, ns) =>
      id === 'syscall.call_2' ? ratio * ns : ns;
  const at = (seed: number, ratio: number) => runOf({ seed, costs: grown(ratio) });

  test('that was merged reddens one later run', () => {
    const runs = stored(12);
    const verdicts: boolean[] = [];
    for (let seed = 20; seed < 26; seed += 1) {
      const next = at(seed, 1.15);
      verdicts.push(called(compare(runs, next)).includes('syscall.call_2'));
      runs.push(next);
    }
    // The change itself, and the run after it: two runs of a level are not yet the level of today.
    expect(verdicts).toEqual([true, true, false, false, false, false]);
  });

  test('for the better hides no regression on top of it', () => {
    const runs = [...stored(20), ...[31, 32, 33, 34, 35, 36, 37, 38].map((seed) => at(seed, 0.85))];
    expect(called(compare(runs, at(39, 0.85 * 1.12)))).toEqual(['syscall.call_2']);
    expect(called(compare(runs, at(39, 0.85)))).toEqual([]);
  });

  test('of one run that was odd is none', () => {
    const runs = [...stored(12), at(20, 1.3), runOf({ seed: 21 })];
    expect(called(compare(runs, at(22, 1.12)))).toEqual(['syscall.call_2']);
    expect(called(compare(runs, runOf({ seed: 22 })))).toEqual([]);
  });
});
