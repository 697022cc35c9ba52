import { expect, test } from 'vitest';
import {
  affordable,
  allocate,
  confirmation,
  type Goal,
  MIN_PAIRS,
} from '../../../src/measure/allocation.js';
import { NO_NEIGHBOURS } from '../../../src/measure/contention.js';
import { expectationText } from '../../../src/measure/expectation.js';
import type { LaunchObservation, Observation } from '../../../src/measure/launch.js';
import type { PilotRun } from '../../../src/measure/pilot.js';
import { screenSchedule, warmUpSchedule } from '../../../src/measure/schedule.js';
import type { MetricEntry } from '../../../src/probe/catalogue.js';
import { robustPairs } from '../../../src/stats/power.js';
import { seededRandom } from '../../../src/stats/random.js';
import { type Noise, normal } from '../../fixtures/noise.js';

const entry = (id: string, fields: Partial<MetricEntry> = {}): MetricEntry => ({
  ...{ id, version: 1, gate: true, slow: false, waits: false, unit: 'ns' },
  ...{ leastMarginPercent: 0, summary: '', entries: 1, switches: 0, bytes: 0 },
  ...fields,
});

/** What a metric's rounds are like: how far they scatter, and what one costs. */
interface Shape {
  /** The rounds' own deviation, log scale. */
  rounds: number;
  /** Between launches. */
  launches: number;
  roundMs: number;
}

const METRICS = [entry('syscall.quiet'), entry('syscall.noisy'), entry('syscall.layout')];
const SHAPES: Record<string, Shape> = {
  'syscall.quiet': { rounds: 0.001, launches: 0.001, roundMs: 0.5 },
  'syscall.noisy': { rounds: 0.08, launches: 0, roundMs: 0.5 },
  'syscall.layout': { rounds: 0.001, launches: 0.02, roundMs: 0.5 },
};
const GOAL: Goal = { alpha: 0.01, marginOf: () => 0.01 };
const ROUNDS = 10;
const BATCHES = 3;

const TIMED = { status: 'ok', kind: 'timed', details: {} } as const;

function pilot(shapes: Record<string, Shape>, seed = 1): PilotRun {
  const draw = normal(seededRandom(seed));
  const launches = (first: number): LaunchObservation[] =>
    [first, first + 3, first + 4, first + 7].map((sequence) => launch(sequence, shapes, draw));
  return {
    baseline: launches(0),
    candidate: launches(1),
    neighbours: { ...NO_NEIGHBOURS, contended: new Set<number>() },
    processes: 1,
  };
}

function launch(sequence: number, shapes: Record<string, Shape>, draw: Noise): LaunchObservation {
  const metrics = Object.entries(shapes).map(([id, { rounds, launches, roundMs }]) => {
    const level = launches * draw();
    const levels = Array.from({ length: ROUNDS }, () => level + rounds * draw());
    const ns = levels.flatMap((one) => Array.from({ length: BATCHES }, () => 100 * Math.exp(one)));
    const batches = {
      process: new Uint16Array(ns.length),
      round: Uint16Array.from(ns, (_, index) => Math.floor(index / BATCHES)),
      ns: Float64Array.from(ns),
      controlNs: new Float64Array(ns.length).fill(1),
      occupancy: new Float64Array(ns.length).fill(1),
      width: new Float64Array(ns.length).fill(Number.NaN),
    };
    const elapsedNs = 1e6 * roundMs * ROUNDS;
    const observation: Observation = { ...TIMED, batches, elapsedNs };
    return [id, observation] as const;
  });
  return {
    launch: {
      ...{ sequence, phase: 'screen', wallNs: 20e6, userNs: 1, systemNs: 1, stolenNs: 0 },
      involuntarySwitches: 0,
    },
    metrics: new Map(metrics),
  };
}

const allocated = (timeMs: number, seed?: number) =>
  allocate(METRICS, pilot(SHAPES, seed), GOAL, { timeMs, seed: 1 });

test('noise between rounds buys rounds, noise between launches buys launches, quiet buys neither', () => {
  const allocations = allocated(800);
  const [quiet, noisy, layout] = METRICS.map(({ id }) => allocations.get(id));
  expect(noisy?.rounds).toBeGreaterThan(quiet?.rounds ?? 99);
  expect(layout?.pairs).toBeGreaterThan(1.3 * (quiet?.pairs ?? 99));
  expect(layout?.rounds).toBeLessThan(ROUNDS);
  expect(quiet?.share).toBeLessThan(1);
});

test('what is planned fits into the time, and more time is more pairs', () => {
  const cost = (timeMs: number): number =>
    [...allocated(timeMs).values()].reduce(
      (sum, { rounds, pairs }) => sum + pairs * 2 * rounds * 0.5,
      0,
    );
  expect(cost(1500)).toBeLessThan(1500);
  const pairs = (timeMs: number) => allocated(timeMs).get('syscall.layout')?.pairs ?? 0;
  expect(pairs(8000)).toBeGreaterThan(pairs(400));
});

test('however short the time, no metric gets too few pairs to be flagged', () => {
  for (const { pairs, known } of allocated(1).values()) {
    expect(known).toBe(4);
    expect(pairs + known).toBeGreaterThanOrEqual(MIN_PAIRS);
  }
});

test('a confirmation counts fresh pairs alone, enough for its own level', () => {
  const stage = confirmation(0.01, METRICS.length);
  const allocations = allocate(METRICS, pilot(SHAPES), GOAL, { timeMs: 1, seed: 1, stage });
  for (const { known, pairs } of allocations.values()) {
    expect(known).toBe(0);
    expect(pairs).toBeGreaterThanOrEqual(robustPairs(0.01, METRICS.length));
  }
});

test('where launches are lost to a busy core, more are planned', () => {
  const run = pilot(SHAPES);
  const launches = [...run.baseline, ...run.candidate].map(({ launch }) => launch.sequence);
  const planned = (contended: number[]) =>
    allocate(
      METRICS,
      { ...run, neighbours: { ...NO_NEIGHBOURS, contended: new Set(contended) } },
      GOAL,
      {
        timeMs: 1,
        seed: 1,
      },
    ).get('syscall.quiet');
  const some = planned(launches.filter((sequence) => sequence % 8 < 2));
  const all = planned([]);
  expect(some?.known).toBeLessThan(all?.known ?? 0);
  expect(some?.pairs).toBeGreaterThan(all?.pairs ?? 99);
});

test('the same pilot and seed give the same plan', () => {
  expect(allocated(3000, 7)).toEqual(allocated(3000, 7));
});

test('a metric that the pilot could not measure is left to the default', () => {
  const { 'syscall.noisy': _, ...known } = SHAPES;
  const allocations = allocate(METRICS, pilot(known), GOAL, { timeMs: 3000, seed: 1 });
  expect([...allocations.keys()]).toEqual(['syscall.quiet', 'syscall.layout']);
  expect(screenSchedule(METRICS, ROUNDS, allocations)(0)).toContainEqual({
    metric: METRICS[1],
    rounds: ROUNDS,
  });
});

test('the schedule gives each metric its pairs, those of few in the first part of the rounds', () => {
  const allocations = allocated(800);
  const schedule = screenSchedule(METRICS, ROUNDS, allocations, 2);
  const maxPairs = Math.max(...[...allocations.values()].map(({ pairs }) => pairs));
  const rounds = Array.from({ length: Math.ceil(maxPairs / 2) }, (_, round) => schedule(round));
  for (const metric of METRICS) {
    const { pairs = 0, share = 1 } = allocations.get(metric.id) ?? {};
    const due = rounds.flatMap((portions, round) =>
      portions.some((portion) => portion.metric === metric) ? [round] : [],
    );
    expect(Math.abs(2 * due.length - pairs)).toBeLessThanOrEqual(2);
    if (share < 0.5) expect(due.at(-1)).toBeLessThan(0.8 * rounds.length);
  }
});

test('metrics that only inform are measured in the first rounds, slow ones in one', () => {
  const informs = entry('host.informs', { gate: false });
  const slow = entry('sendfile.slow', { gate: false, slow: true });
  const [gated] = METRICS;
  if (gated === undefined) throw new Error('there is no metric');
  const schedule = screenSchedule([gated, informs, slow], ROUNDS);
  const ids = (round: number) => schedule(round).map(({ metric }) => metric.id);
  expect(ids(0)).toEqual([gated.id, informs.id, slow.id]);
  expect(ids(1)).toEqual([gated.id, informs.id]);
  expect(ids(3)).toEqual([gated.id]);
  expect(warmUpSchedule([gated, informs])(0).map(({ metric }) => metric.id)).toEqual([gated.id]);
  expect(warmUpSchedule([informs])(0).map(({ metric }) => metric.id)).toEqual([informs.id]);
});

test('what may be expected of the plan is said with its worst metric', () => {
  const text = expectationText(METRICS, allocated(5000), GOAL);
  expect(text).toMatch(
    /^Planned: \d+ to \d+ pairs of launches a metric, which should catch a change of [\d.]+ % \(median\) and of [\d.]+ % \(worst, syscall\.(layout|noisy)\) four times in five\.$/,
  );
  expect(expectationText(METRICS, new Map(), GOAL)).toBe('');
});

test('of the flagged metrics as many are confirmed as there is time for, each with its pairs', () => {
  const run = pilot(SHAPES);
  const pairsFor = (count: number): number => robustPairs(0.01, count);
  const count = (timeMs: number) => affordable(METRICS, run, { timeMs, pairsFor });
  expect(count(1)).toBe(0);
  expect(count(60_000)).toBe(METRICS.length);
  // Three rounds of 0.5 ms on both sides, beside the launches themselves.
  const one = pairsFor(1) * 2 * (3 * 0.5 + 20);
  expect(count(one)).toBeGreaterThan(0);
});
