import { describe, expect, test } from 'vitest';
import type { InstructionMetric } from '../../../src/record/instructions.js';
import type { Run } from '../../../src/record/run.js';
import { notMeasuredCaveats } from '../../../src/verdict/validity.js';
import { type MetricShape, syntheticRun } from '../../fixtures/runs.js';

const shapes = (...ids: string[]): MetricShape[] => ids.map((id) => ({ id, ns: 100 }));

const runOf = (metrics: MetricShape[], counted?: InstructionMetric[]): Run => ({
  ...syntheticRun({ metrics, screen: [0], seed: 1 }),
  ...(counted ? { instructions: { conditions: {}, metrics: counted } } : {}),
});

const countOf = (id: string, gate = true): InstructionMetric => ({
  ...{ id, version: 1, gate, status: 'ok', boots: [300] },
});

/** The metrics that the sentence names, as it names them; undefined if there is none. */
const named = (baseline: Run, candidate: Run): string | undefined =>
  notMeasuredCaveats(baseline, candidate)[0]?.match(/\((.*)\)/)?.[1];

describe('gated metrics that only the baseline has', () => {
  const candidate = runOf(shapes('m.a'));

  test('are all named up to five, and counted', () => {
    expect(
      notMeasuredCaveats(runOf(shapes('m.a', 'm.b', 'm.c', 'm.d', 'm.e', 'm.f')), candidate),
    ).toEqual([
      "The baseline has 5 gated metrics that the candidate's record lacks (m.b, m.c, m.d, m.e, m.f), so nothing is said of them: measure both sides with the same metrics and the same version of syscall-gate.",
    ]);
  });

  test('are named up to five, and the rest is counted', () => {
    const baseline = runOf(shapes('m.a', 'm.b', 'm.c', 'm.d', 'm.e', 'm.f', 'm.g', 'm.h'));
    expect(notMeasuredCaveats(baseline, candidate)).toEqual([
      expect.stringContaining('has 7 gated metrics'),
    ]);
    expect(named(baseline, candidate)).toBe('m.b, m.c, m.d, m.e, m.f and 2 more');
    expect(named(runOf(shapes('m.a', 'm.b', 'm.c', 'm.d', 'm.e', 'm.f', 'm.g')), candidate)).toBe(
      'm.b, m.c, m.d, m.e, m.f and 1 more',
    );
  });

  test('are not those for information only, nor those that the baseline has no number of', () => {
    const informing = { id: 'm.b', ns: 100, gate: false };
    const refused: MetricShape = { id: 'm.c', ns: 100, unavailable: 'denied' };
    const baseline = runOf([...shapes('m.a'), informing, refused]);
    expect(notMeasuredCaveats(baseline, candidate)).toEqual([]);
  });

  test('are not those that the candidate was refused: these have a finding', () => {
    const refused = runOf([...shapes('m.a'), { id: 'm.b', ns: 100, unavailable: 'denied' }]);
    expect(notMeasuredCaveats(runOf(shapes('m.a', 'm.b')), refused)).toEqual([]);
  });
});

describe('counted instructions', () => {
  const baseline = runOf(shapes('m.a'), [countOf('m.a'), countOf('m.b'), countOf('m.c', false)]);

  test('are missed too', () => {
    expect(named(baseline, runOf(shapes('m.a'), [countOf('m.a')]))).toBe('m.b');
  });

  test('are missed once with the times', () => {
    const both = runOf(shapes('m.a', 'm.b'), [countOf('m.a'), countOf('m.b')]);
    const caveats = notMeasuredCaveats(both, runOf(shapes('m.a'), [countOf('m.a')]));
    expect(caveats).toEqual([expect.stringMatching(/has 1 gated metric .*\(m\.b\).*said of it:/)]);
  });

  test('are not missed in a run that did not count, nor times in one that only counted', () => {
    expect(notMeasuredCaveats(baseline, runOf(shapes('m.a')))).toEqual([]);
    expect(notMeasuredCaveats(runOf(shapes('m.a', 'm.b')), runOf([], [countOf('m.a')]))).toEqual(
      [],
    );
  });

  test('that the baseline does not have are not missed', () => {
    const reason = { operation: 'count', errno: 0, message: 'no boot counted it' };
    const uncounted: InstructionMetric = {
      ...{ id: 'm.b', version: 1, gate: true, status: 'unmeasured', reason },
    };
    const without = runOf(shapes('m.a'), [countOf('m.a'), uncounted]);
    expect(notMeasuredCaveats(without, runOf(shapes('m.a'), [countOf('m.a')]))).toEqual([]);
  });
});
