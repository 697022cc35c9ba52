import { describe, expect, test } from 'vitest';
import type { MetricRecord } from '../../../src/record/run.js';
import type { Comparison, MeasuredFinding } from '../../../src/verdict/comparison.js';
import { type Diagnosis, diagnose } from '../../../src/verdict/diagnosis.js';
import { syntheticRun } from '../../fixtures/runs.js';

/**
 * Where each rule of a diagnosis begins to hold. Findings are made up to the nanosecond, so a case lies
 * just on one side of a limit. One predictor makes the fit a weighted median, done by hand.
 */

interface Shape {
  /** What an operation costs more, ns. */
  more: number;
  ns?: number;
  entries?: number;
  switches?: number;
  kilobytes?: number;
  tcp?: boolean;
  called?: boolean;
  gate?: boolean;
  margin?: number;
  /** Events instead of ns. */
  events?: boolean;
  /** The record does not say what an operation makes. */
  undeclared?: boolean;
}

const MARGIN = 0.02;

/** Metrics of that shape, called changed unless they say otherwise. */
const of = (count: number, shape: Shape): Shape[] => Array.from({ length: count }, () => shape);

const sideOf = (estimate: number, unit: 'ns' | 'count') => ({
  ...({ status: 'ok' } as const),
  ...{ unit, estimate, replicates: 20 },
});

function findingOf(id: string, shape: Shape): MeasuredFinding {
  const { more, ns = 100, called = true, gate = true, margin = MARGIN } = shape;
  const ratio = 1 + more / ns;
  const unit = shape.events ? 'count' : 'ns';
  const verdict = called ? (more > 0 ? 'regressed' : 'improved') : 'unchanged';
  return {
    ...{ measure: 'time', id, gate, verdict, because: '', marginRatio: margin },
    ...{ baseline: sideOf(ns, unit), candidate: sideOf(ns + more, unit) },
    change: { ratio, low: ratio, high: ratio, confidence: 0.95 },
  };
}

function recordOf(id: string, shape: Shape): MetricRecord {
  const { entries = 1, switches = 0, kilobytes = 0, tcp = false } = shape;
  return {
    ...({ id, version: 1, gate: true, status: 'ok', unit: 'ns' } as const),
    ...(shape.undeclared ? {} : { entries, switches, bytes: 1024 * kilobytes }),
    replicates: [],
    ...(tcp ? { details: { segments_per_op: 2 } } : {}),
  };
}

function diagnosisOf(...shapes: Shape[]): Diagnosis | undefined {
  const named = shapes.map((shape, index) => [`m${index}`, shape] as const);
  const metrics = named.map(([id, shape]) => recordOf(id, shape));
  const candidate = { ...syntheticRun({ metrics: [], screen: [0], seed: 1 }), metrics };
  const comparison: Comparison = {
    ...({ design: 'paired', alpha: 0.01, familySize: shapes.length } as const),
    ...{ candidate, baseline: [], skipped: [], caveats: [] },
    findings: named.map(([id, shape]) => findingOf(id, shape)),
  };
  return diagnose(comparison);
}

describe('the terms must explain four fifths of the changes', () => {
  test('50 of 62 ns are enough', () => {
    expect(diagnosisOf(...of(3, { more: 10 }), ...of(2, { more: 16 }))?.share).toBeCloseTo(50 / 62);
  });

  test('50 of 68 ns are not', () => {
    expect(diagnosisOf(...of(3, { more: 10 }), ...of(2, { more: 19 }))).toBeUndefined();
  });
});

describe('a metric is explained by more than half of its change', () => {
  test('10 of 19 ns explain it, 10 of 21 do not', () => {
    const diagnosis = diagnosisOf(...of(5, { more: 10 }), { more: 19 }, { more: 21 });
    expect(diagnosis).toMatchObject({ explained: ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'], called: 7 });
  });
});

describe('three fifths of the changes must be explained, and at least three', () => {
  test('6 of 10 are enough', () => {
    const diagnosis = diagnosisOf(...of(6, { more: 10 }), ...of(4, { more: 40 }));
    expect(diagnosis).toMatchObject({ terms: [{ quantity: 'entries', ns: 10 }], called: 10 });
    expect(diagnosis?.explained).toHaveLength(6);
  });

  test('5 of 9 are not', () => {
    expect(diagnosisOf(...of(5, { more: 10 }), ...of(4, { more: 40 }))).toBeUndefined();
  });

  test('3 are enough where there are no more, 2 are not', () => {
    expect(diagnosisOf(...of(3, { more: 10 }))?.explained).toHaveLength(3);
    expect(diagnosisOf(...of(2, { more: 10 }))).toBeUndefined();
    expect(diagnosisOf(...of(2, { more: 10 }), { more: 40 })).toBeUndefined();
  });
});

describe('two thirds of the metrics that should move must have moved', () => {
  const moved = of(4, { more: 10 });
  /** Less than half of what is expected. */
  const stood = { more: 4, called: false };

  test('4 of 6 are enough, 4 of 7 are not', () => {
    expect(diagnosisOf(...moved, ...of(2, stood))?.terms[0]?.ns).toBe(10);
    expect(diagnosisOf(...moved, ...of(3, stood))).toBeUndefined();
  });

  test('one that shows most of the change has moved, though it was not called', () => {
    expect(diagnosisOf(...moved, ...of(3, { ...stood, more: 6 }))?.called).toBe(4);
  });

  test('one that was called has moved, however little', () => {
    const little = of(3, { more: 4 });
    expect(diagnosisOf(...of(6, { more: 10 }), ...little, stood)?.explained).toHaveLength(6);
  });

  test('one that was called for the opposite has not', () => {
    // Slow metrics count little in the fit; a small margin makes 10 ns a clear change of 1000.
    const slow = { ns: 1000, margin: 0.002 };
    const same = diagnosisOf(...of(6, { more: 10 }), ...of(4, { ...slow, more: 10 }));
    expect(same?.called).toBe(10);
    const opposite = diagnosisOf(...of(6, { more: 10 }), ...of(4, { ...slow, more: -10 }));
    expect(opposite).toBeUndefined();
  });
});

describe('a metric should move if the cause makes one and a half margins of it', () => {
  const moved = of(4, { more: 10 });

  test('one that may hide in its margin refutes nothing', () => {
    // 10 ns are 1.25 margins of 400 ns.
    expect(diagnosisOf(...moved, ...of(5, { more: 4, ns: 400, called: false }))?.called).toBe(4);
  });

  test('one that should be well beyond it refutes the cause', () => {
    // 10 ns are 1.67 margins of 300 ns.
    expect(diagnosisOf(...moved, ...of(5, { more: 4, ns: 300, called: false }))).toBeUndefined();
  });

  test('a cause that should clearly move nothing is none', () => {
    expect(diagnosisOf(...of(4, { more: 10, ns: 400 }))).toBeUndefined();
  });
});

describe('a second term must explain a fifth of the changes in addition, and at least two', () => {
  const entry = { more: 10 };
  const copy = { more: 30, kilobytes: 1 };
  const quantities = (...shapes: Shape[]) =>
    diagnosisOf(...shapes)?.terms.map(({ quantity }) => quantity);

  test('2 of 10 are enough, 2 of 11 are not', () => {
    expect(quantities(...of(8, entry), ...of(2, copy))).toEqual(['entries', 'kilobytes']);
    expect(quantities(...of(9, entry), ...of(2, copy))).toEqual(['entries']);
  });

  test('1 of 4 is not', () => {
    expect(quantities(...of(3, entry), copy)).toEqual(['entries']);
  });

  test('each term has its own size and interval', () => {
    expect(diagnosisOf(...of(8, entry), ...of(2, copy))?.terms).toEqual([
      { quantity: 'entries', ns: 10, low: 10, high: 10 },
      { quantity: 'kilobytes', ns: 20, low: 20, high: 20 },
    ]);
  });
});

describe('pairs of terms', () => {
  // Four metrics have the first quantity alone, four the second alone: no single term explains both.
  // Six that have one entry and no more say whether entries cost anything.
  const cases: [string, Shape[]][] = [
    ['entries,switches', [...of(4, { entries: 2, more: 20 }), ...of(4, { switches: 2, more: 70 })]],
    [
      'entries,tcpKilobytes',
      [
        ...of(4, { entries: 2, more: 20 }),
        ...of(4, { kilobytes: 2, tcp: true, more: 70 }),
        ...of(4, { kilobytes: 2, more: 10 }),
      ],
    ],
    [
      'entries,kilobytes',
      [
        ...of(4, { entries: 2, more: 20 }),
        ...of(4, { kilobytes: 2, tcp: true, more: 70 }),
        ...of(4, { kilobytes: 2, more: 70 }),
      ],
    ],
    [
      'switches,tcpKilobytes',
      [
        ...of(6, { more: 0, called: false }),
        ...of(4, { switches: 1, more: 30 }),
        ...of(4, { kilobytes: 2, tcp: true, more: 60 }),
        ...of(4, { kilobytes: 2, more: 0, called: false }),
      ],
    ],
    [
      'switches,kilobytes',
      [
        ...of(6, { more: 0, called: false }),
        ...of(4, { switches: 1, more: 30 }),
        ...of(2, { kilobytes: 2, tcp: true, more: 60 }),
        ...of(4, { kilobytes: 2, more: 60 }),
      ],
    ],
  ];

  test.each(cases)('%s', (pair, shapes) => {
    const terms = diagnosisOf(...shapes)?.terms;
    expect(terms?.map(({ quantity }) => quantity).join()).toBe(pair);
    expect(terms?.[0]?.ns).toBeCloseTo(pair.startsWith('entries') ? 10 : 30, 10);
    expect(terms?.[1]?.ns).toBeCloseTo(30, 10);
  });
});

describe('of two causes', () => {
  test('the one that explains more metrics is given', () => {
    // An entry costs 10 ns in three metrics; a switch explains those and two more.
    const both = of(3, { more: 10, switches: 1 });
    const rest = of(2, { more: 12, entries: 3, switches: 1, ns: 400 });
    const diagnosis = diagnosisOf(...both, ...rest);
    expect(diagnosis?.terms.map(({ quantity }) => quantity)).toEqual(['switches']);
    expect(diagnosis?.explained).toHaveLength(5);
  });

  test('the one that explains more of as many metrics is given', () => {
    const shapes = [
      ...of(2, { more: 30, entries: 2, switches: 1 }),
      { more: 60, entries: 4, switches: 2 },
      { more: 60, entries: 5, switches: 2 },
    ];
    expect(diagnosisOf(...shapes)).toMatchObject({ terms: [{ quantity: 'switches' }], share: 1 });
  });
});

describe('what takes part', () => {
  test('a metric counts by its relative change', () => {
    // By their nanoseconds, the four slow ones would have it.
    const slow = of(4, { more: 15, ns: 1000, margin: 0.005 });
    expect(diagnosisOf(...of(3, { more: 10 }), ...slow)?.terms[0]?.ns).toBe(10);
  });

  test('a metric that is for information only does not', () => {
    const forInformation = of(2, { more: 10, gate: false });
    expect(diagnosisOf(...of(2, { more: 10 }), ...forInformation)).toBeUndefined();
  });

  test('a metric that got faster does', () => {
    expect(diagnosisOf(...of(3, { more: -10 }))).toMatchObject({ terms: [{ ns: -10 }], called: 3 });
  });

  test('a count of events does not, nor a metric that does not say what it makes', () => {
    const moved = of(3, { more: 10 });
    const others = [...of(3, { more: 10, events: true }), ...of(3, { more: 10, undeclared: true })];
    expect(diagnosisOf(...moved, ...others)?.explained).toEqual(['m0', 'm1', 'm2']);
  });
});

describe('the interval of a term', () => {
  test('is the one that resampling the metrics gives', () => {
    // The fit to 11 metrics of one entry is their median. The median of a resample is at most the k-th
    // smallest if at least 6 of 11 draws are.
    const atMost = (k: number): number =>
      [6, 7, 8, 9, 10, 11]
        .map((draws) => choose(11, draws) * (k / 11) ** draws * (1 - k / 11) ** (11 - draws))
        .reduce((sum, one) => sum + one);
    const lowest = [1, 2, 3, 4, 5, 6].find((k) => atMost(k) >= 0.025) ?? 0;
    expect(lowest).toBe(3);
    const more = Array.from({ length: 11 }, (_, index) => 13 + index / 2);
    const [term] = diagnosisOf(...more.map((one) => ({ more: one })))?.terms ?? [];
    expect(term?.ns).toBeCloseTo(more[5] ?? 0, 10);
    expect(term?.low).toBeCloseTo(more[lowest - 1] ?? 0, 10);
    expect(term?.high).toBeCloseTo(more[11 - lowest] ?? 0, 10);
  });

  test('must not contain 0', () => {
    // A third stood still. So many resamples have a median of 0 that it could be no cause at all.
    const stood = { more: 0, called: false };
    expect(diagnosisOf(...of(4, { more: 10 }), ...of(2, stood))).toBeUndefined();
    expect(diagnosisOf(...of(40, { more: 10 }), ...of(5, stood))?.terms[0]?.low).toBe(10);
  });
});

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
