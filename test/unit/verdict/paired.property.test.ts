import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../src/record/verdict.js';
import { EQUIVALENCE_CONFIDENCE } from '../../../src/stats/assumptions.js';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.js';
import { seededRandom } from '../../../src/stats/random.js';
import type { MeasuredFinding } from '../../../src/verdict/comparison.js';
import { comparePaired } from '../../../src/verdict/paired.js';
import { pairDifferences } from '../../../src/verdict/samples.js';
import {
  type DrawnPair,
  drawnPair,
  pairOf,
  type RunPair,
  reordered,
  scaled,
  swapped,
} from '../../fixtures/arbitrary-pairs.js';
import { tried } from '../../fixtures/laws.js';

const SETTINGS = { alpha: 0.01, margins: [] };
const PARAMETERS = tried(120);

function compared(pair: RunPair, alpha = SETTINGS.alpha): MeasuredFinding[] {
  const { findings: metrics } = comparePaired(pair.baseline, pair.candidate, {
    ...SETTINGS,
    alpha,
  });
  return [...metrics].sort((one, other) => (one.id < other.id ? -1 : 1));
}

const verdictsOf = (metrics: readonly MeasuredFinding[]): Verdict[] =>
  metrics.map(({ verdict }) => verdict);

/** Ends of an interval on the log scale, where a swap of sides is a change of sign. */
const logs = ({ change }: MeasuredFinding): number[] =>
  change ? [change.low, change.ratio, change.high].map(Math.log) : [];

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) {
    const other = found[index] ?? Number.NaN;
    if (Number.isFinite(value)) expect(Math.abs(other - value)).toBeLessThan(1e-9);
    else expect(other).toBe(value);
  }
}

const ofPairs = (law: (drawn: DrawnPair) => void): void =>
  fc.assert(fc.property(drawnPair, law), PARAMETERS);

describe('the verdicts of any paired comparison', () => {
  test('do not depend on the unit of the times, nor on the speed of the control loop', () => {
    const factor = fc.constantFrom(1e-2, 0.3, 7, 60);
    fc.assert(
      fc.property(drawnPair, factor, factor, (drawn, estimate, control) => {
        const { baseline, candidate } = pairOf(drawn);
        const by = { estimate, control };
        const before = compared({ baseline, candidate });
        const after = compared({
          baseline: scaled(baseline, by),
          candidate: scaled(candidate, by),
        });
        expect(verdictsOf(after)).toEqual(verdictsOf(before));
        expectClose(after.flatMap(logs), before.flatMap(logs));
      }),
      PARAMETERS,
    );
  });

  test('do not depend on the order of metrics, launches and replicates in the records', () => {
    fc.assert(
      fc.property(drawnPair, fc.nat({ max: 1000 }), (drawn, seed) => {
        const { baseline, candidate } = pairOf(drawn);
        const random = seededRandom(seed);
        const shuffle = <T>(all: readonly T[]): T[] =>
          all
            .map((one) => [random.unit(), one] as const)
            .sort(([x], [y]) => x - y)
            .map(([, one]) => one);
        const shuffled = {
          baseline: reordered(baseline, shuffle),
          candidate: reordered(candidate, shuffle),
        };
        expect(compared(shuffled)).toEqual(compared({ baseline, candidate }));
      }),
      PARAMETERS,
    );
  });

  test('are mirrored when the sides change places', () => {
    const mirror: Partial<Record<Verdict, Verdict>> = {
      regressed: 'improved',
      improved: 'regressed',
      // What only the other side cannot do is nobody's loss.
      blocked: 'incomparable',
    };
    ofPairs((drawn) => {
      const forth = compared(pairOf(drawn));
      const back = compared(swapped(pairOf(drawn)));
      expect(verdictsOf(back)).toEqual(
        verdictsOf(forth).map((verdict, index) =>
          drawn.metrics[index]?.refused === 'baseline' ? 'blocked' : (mirror[verdict] ?? verdict),
        ),
      );
      for (const [index, metric] of forth.entries()) {
        const other = back[index];
        if (other === undefined) throw new Error('a metric was lost by the swap');
        expectClose(
          logs(other),
          logs(metric)
            .map((end) => -end)
            .reverse(),
        );
        expectClose([other.pValue ?? -1], [metric.pValue ?? -1]);
      }
    });
  });

  test('come with an interval around the estimate, and sides that agree with it', () => {
    ofPairs((drawn) => {
      for (const { change, floor, baseline, candidate, mde80, marginRatio } of compared(
        pairOf(drawn),
      )) {
        if (change === undefined) continue;
        expect(change.low <= change.ratio && change.ratio <= change.high).toBe(true);
        if (floor) expect(floor.low <= floor.ratio && floor.ratio <= floor.high).toBe(true);
        if (baseline.status !== 'ok' || candidate.status !== 'ok') throw new Error('both are ok');
        expect(Math.log(candidate.estimate / baseline.estimate)).toBeCloseTo(
          Math.log(change.ratio),
          9,
        );
        expect(mde80).toBeGreaterThanOrEqual(marginRatio * (1 - 1e-12));
      }
    });
  });

  test('say unchanged only where the interval of the equivalence test lies inside the margins', () => {
    let said = 0;
    ofPairs((drawn) => {
      const { baseline, candidate } = pairOf(drawn);
      for (const { id, gate, verdict, marginRatio } of compared({ baseline, candidate })) {
        if (verdict !== 'unchanged') continue;
        said += 1;
        const fresh = pairDifferences(baseline, candidate, id, 'confirm').between;
        const screen = pairDifferences(baseline, candidate, id, 'screen').between;
        const { low, high } = hodgesLehmann(
          gate && fresh.length > 0 ? fresh : screen,
          EQUIVALENCE_CONFIDENCE,
        );
        expect(low).toBeGreaterThan(-Math.log1p(marginRatio));
        expect(high).toBeLessThan(Math.log1p(marginRatio));
      }
    });
    expect(said).toBeGreaterThan(10);
  });

  test.each([0.001, 0.01, 0.05, 0.2])(
    'at alpha %f say regressed or improved only beyond the margin, with a p within the level',
    (alpha) => {
      let said = 0;
      ofPairs((drawn) => {
        for (const metric of compared(pairOf(drawn), alpha)) {
          const { verdict, change, marginRatio, pValue } = metric;
          if (verdict !== 'regressed' && verdict !== 'improved') continue;
          said += 1;
          const sign = verdict === 'regressed' ? 1 : -1;
          expect(sign * Math.log(change?.ratio ?? 1)).toBeGreaterThan(Math.log1p(marginRatio));
          expect(pValue).toBeLessThanOrEqual(alpha);
          // One-sided: an interval of 95 % goes with a level of 2.5 % in either direction.
          if (alpha > 0.025) continue;
          const nearest = sign > 0 ? change?.low : 1 / (change?.high ?? Number.POSITIVE_INFINITY);
          expect(nearest).toBeGreaterThan(1 + marginRatio);
        }
      });
      expect(said).toBeGreaterThan(2);
    },
  );

  test('call no gated metric changed on a screen alone', () => {
    ofPairs((drawn) => {
      for (const { gate, verdict } of compared(pairOf({ ...drawn, confirmPairs: 0 }))) {
        if (gate) expect(['regressed', 'improved']).not.toContain(verdict);
      }
    });
  });

  test('are called at any level that is more lenient than one at which they were called', () => {
    const called = new Set<Verdict>(['regressed', 'improved']);
    const levels = fc.tuple(fc.constantFrom(0.001, 0.01, 0.05), fc.constantFrom(1, 2, 4));
    fc.assert(
      fc.property(drawnPair, levels, (drawn, [alpha, times]) => {
        const strict = compared(pairOf(drawn), alpha);
        const lenient = verdictsOf(compared(pairOf(drawn), alpha * times));
        for (const [index, { verdict }] of strict.entries()) {
          if (called.has(verdict)) expect(lenient[index]).toBe(verdict);
        }
      }),
      PARAMETERS,
    );
  });

  test('do not depend on metrics that only inform', () => {
    ofPairs((drawn) => {
      const gated = drawn.metrics.filter(({ gate }) => gate);
      if (gated.length === 0) return;
      const informing = drawn.metrics.filter(({ gate }) => !gate);
      const told = (metrics: DrawnPair['metrics']) =>
        compared(pairOf({ ...drawn, metrics })).slice(0, gated.length);
      expect(told([...gated, ...informing])).toEqual(told(gated));
    });
  });

  test('are silent, with a reason, about what one side cannot measure', () => {
    ofPairs((drawn) => {
      const metrics = compared(pairOf(drawn));
      for (const [index, { refused }] of drawn.metrics.entries()) {
        const { verdict, because, change, pValue } = metrics[index] ?? {};
        const silent = refused === 'candidate' ? 'blocked' : 'incomparable';
        if (refused === undefined) expect(['blocked', 'incomparable']).not.toContain(verdict);
        else expect([verdict, change, pValue]).toEqual([silent, undefined, undefined]);
        expect(because).toMatch(/^[A-Z].+\.$/);
      }
    });
  });
});

describe('a candidate that is the baseline in another order', () => {
  /**
   * Any permutation would be too much to ask: A = 0, 3, 6 … 57 % against B = 3, 6 … 57, 0 % is
   * slower in all pairs but one, and a test of pairs says so. An exchange of launches two by two
   * makes every difference appear with both signs, and that no test may call a change.
   */
  test('by exchanges, is never called changed', () => {
    const exchanged = drawnPair.chain((drawn) =>
      fc
        .shuffledSubarray(
          Array.from({ length: drawn.pairs }, (_, launch) => launch),
          { minLength: drawn.pairs },
        )
        .map((order) => ({
          ...{ ...drawn, lost: [] },
          metrics: drawn.metrics.map((metric) => exchange(metric, order)),
        })),
    );
    fc.assert(
      fc.property(exchanged, (drawn) => {
        for (const { verdict, change } of compared(pairOf(drawn), 0.2)) {
          expect(['unchanged', 'inconclusive']).toContain(verdict);
          expect(Math.log(change?.ratio ?? 0)).toBeCloseTo(0, 12);
        }
      }),
      PARAMETERS,
    );
  });

  function exchange(metric: DrawnPair['metrics'][number], order: readonly number[]) {
    const candidate = [...metric.baseline];
    for (let i = 0; i + 1 < order.length; i += 2) {
      const [one = 0, other = 0] = order.slice(i, i + 2);
      candidate[one] = metric.baseline[other] ?? 0;
      candidate[other] = metric.baseline[one] ?? 0;
    }
    return { ...metric, flagged: false, refused: undefined, candidate };
  }

  test('at random, is called changed no more often than the level allows', () => {
    const random = seededRandom(7);
    const gates = 200;
    let red = 0;
    for (let gate = 0; gate < gates; gate++) {
      const values = () => Array.from({ length: 20 }, () => random.below(61) - 30);
      const baseline = values();
      const candidate = baseline
        .map((value) => [random.unit(), value] as const)
        .sort(([x], [y]) => x - y)
        .map(([, value]) => value);
      const metric = { gate: true, flagged: true, ns: 80, baseline, candidate };
      const [found] = compared(
        pairOf({ pairs: 8, confirmPairs: 12, lost: [], metrics: [metric] }),
        0.05,
      );
      if (found?.verdict === 'regressed') red += 1;
    }
    // Binomial(200, 0.05) exceeds 22 less than once in a thousand times.
    expect(red).toBeLessThanOrEqual(22);
  });
});
