import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRun } from '../../../src/record/run.js';
import type { Verdict } from '../../../src/record/verdict.js';
import type { MeasuredFinding } from '../../../src/verdict/comparison.js';
import type { Shard } from '../../../src/verdict/shard-set.js';
import { compareShards } from '../../../src/verdict/shards.js';
import {
  type DrawnMetric,
  type DrawnPair,
  drawnPair,
  pairOf,
  scaled,
  swapped,
} from '../../fixtures/arbitrary-pairs.js';
import { tried } from '../../fixtures/laws.js';

const SETTINGS = { alpha: 0.01, margins: [] };
const PARAMETERS = tried(40);

/** A machine's paired comparison has no second phase. */
const machine = drawnPair.map((drawn) => ({ ...drawn, confirmPairs: 0 }));

/** Machines that have nothing in common, and machines that saw the same. */
const drawnMachines: fc.Arbitrary<DrawnPair[]> = fc.oneof(
  fc.array(machine, { minLength: 1, maxLength: 4 }),
  fc
    .tuple(machine, fc.integer({ min: 1, max: 4 }))
    .map(([drawn, count]) => Array.from({ length: count }, () => drawn)),
);

const shardOf = (drawn: DrawnPair, machine: number): Shard => {
  const { baseline, candidate } = pairOf(drawn);
  const paired = (side: 'baseline' | 'candidate') => ({
    id: machine.toString(16).padStart(16, '0'),
    side,
  });
  return {
    baseline: makeRun({ ...baseline, duet: paired('baseline') }),
    candidate: makeRun({ ...candidate, duet: paired('candidate') }),
  };
};

/** Whether a metric gates is the same on all machines. */
const shardsOf = (machines: readonly DrawnPair[]): Shard[] =>
  machines.map((drawn, machine) =>
    shardOf(
      {
        ...drawn,
        metrics: drawn.metrics.map((metric, index) => ({ ...metric, gate: index > 0 })),
      },
      machine,
    ),
  );

function compared(shards: readonly Shard[]): MeasuredFinding[] {
  const [first, ...rest] = shards;
  if (first === undefined) throw new Error('there is a machine at least');
  const { findings: metrics } = compareShards([first, ...rest], SETTINGS, []);
  return [...metrics].sort((one, other) => (one.id < other.id ? -1 : 1));
}

const measured = (metric: DrawnMetric): DrawnMetric => ({ ...metric, refused: undefined });

const NEAR = 1e-7;

function expectSame(found: readonly MeasuredFinding[], expected: readonly MeasuredFinding[]) {
  expect(found.map(({ id, verdict }) => [id, verdict])).toEqual(
    expected.map(({ id, verdict }) => [id, verdict]),
  );
  for (const [index, { change }] of expected.entries()) {
    const other = found[index]?.change;
    for (const end of ['low', 'ratio', 'high'] as const) {
      expect(Math.abs(Math.log((other?.[end] ?? 1) / (change?.[end] ?? 1)))).toBeLessThan(NEAR);
    }
  }
}

describe('the verdicts over any machines', () => {
  test('do not depend on the order of the machines', () => {
    fc.assert(
      fc.property(drawnMachines, (machines) => {
        const shards = shardsOf(machines);
        expectSame(compared(shards.toReversed()), compared(shards));
      }),
      PARAMETERS,
    );
  });

  test('do not depend on how fast each of them is', () => {
    const speed = fc.record({
      estimate: fc.constantFrom(0.01, 1, 30),
      control: fc.constantFrom(0.01, 1, 30),
    });
    const speeds = fc.array(speed, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(drawnMachines, speeds, (machines, all) => {
        const shards = shardsOf(machines);
        const faster = shards.map(({ baseline, candidate }, machine) => ({
          baseline: scaled(baseline, all[machine] ?? {}),
          candidate: scaled(candidate, all[machine] ?? {}),
        }));
        expectSame(compared(faster), compared(shards));
      }),
      PARAMETERS,
    );
  });

  test('are mirrored when the sides change places on all of them', () => {
    const mirror: Partial<Record<Verdict, Verdict>> = {
      regressed: 'improved',
      improved: 'regressed',
    };
    fc.assert(
      fc.property(drawnMachines, (drawn) => {
        // What the candidate is refused is a finding, what the baseline was refused is none.
        const machines = drawn.map((one) => ({ ...one, metrics: one.metrics.map(measured) }));
        const forth = compared(shardsOf(machines));
        const back = compared(shardsOf(machines).map(swapped));
        const mirrored = forth.map((metric) => ({
          ...metric,
          verdict: mirror[metric.verdict] ?? metric.verdict,
          ...(metric.change
            ? {
                change: {
                  ...metric.change,
                  low: 1 / metric.change.high,
                  ratio: 1 / metric.change.ratio,
                  high: 1 / metric.change.low,
                },
              }
            : {}),
        }));
        expectSame(back, mirrored);
      }),
      PARAMETERS,
    );
  });

  test('call a change only beyond the margin, and have their estimate inside the interval', () => {
    let said = 0;
    fc.assert(
      fc.property(drawnMachines, (machines) => {
        for (const { verdict, change, marginRatio } of compared(shardsOf(machines))) {
          if (change) expect(change.low <= change.ratio && change.ratio <= change.high).toBe(true);
          if (verdict === 'regressed') expect(change?.ratio).toBeGreaterThan(1 + marginRatio);
          if (verdict === 'improved') expect(change?.ratio).toBeLessThan(1 / (1 + marginRatio));
          if (verdict === 'regressed') said += 1;
        }
      }),
      PARAMETERS,
    );
    expect(said).toBeGreaterThan(2);
  });
});
