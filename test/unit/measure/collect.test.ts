import { describe, expect, test } from 'vitest';
import { collectRun } from '../../../src/measure/collect.js';
import { NO_NEIGHBOURS } from '../../../src/measure/contention.js';
import type { LaunchObservation, Observation } from '../../../src/measure/launch.js';
import { makePlan } from '../../../src/measure/plan.js';
import type { MetricEntry } from '../../../src/probe/catalogue.js';
import { isTimed, type MetricRecord } from '../../../src/record/run.js';
import { syntheticRun } from '../../fixtures/runs.js';

const ENTRY: MetricEntry = {
  id: 'syscall.null',
  version: 1,
  gate: true,
  slow: false,
  waits: false,
  unit: 'ns',
  leastMarginPercent: 0,
  summary: '',
  entries: 1,
  switches: 0,
  bytes: 0,
};

const { platform, subject } = syntheticRun({
  metrics: [ENTRY].map(({ id }) => ({ id, ns: 1 })),
  screen: [0],
  seed: 1,
});

const launch = (
  sequence: number,
  observation: Observation | undefined,
  phase: 'warm-up' | 'screen' = 'screen',
): LaunchObservation => ({
  launch: {
    sequence,
    phase,
    wallNs: 1,
    userNs: 1,
    systemNs: 1,
    stolenNs: 0,
    involuntarySwitches: 0,
    ...(observation ? {} : { failure: 'it was ended by signal 9' }),
  },
  environment: { platform, subject },
  catalogue: 1,
  metrics: new Map(observation ? [[ENTRY.id, observation]] : []),
});

const measured = (kept = 20, rejected = 0): Observation => ({
  status: 'ok',
  kind: 'timed',
  details: {},
  elapsedNs: 1e6,
  batches: {
    process: new Uint16Array(kept + rejected),
    round: new Uint16Array(kept + rejected),
    ns: new Float64Array(kept + rejected).fill(80),
    controlNs: new Float64Array(kept + rejected).fill(1),
    occupancy: new Float64Array(kept + rejected).fill(1).fill(0.1, kept),
    width: new Float64Array(kept + rejected).fill(1),
  },
});

const denied: Observation = {
  status: 'denied',
  reason: { operation: 'getppid()', errno: 1, message: 'Operation not permitted' },
};

const IDENTITY = { id: '0123456789abcdef', startedAt: '2026-01-01T00:00:00.000Z', tool: '0' };
const HOST = { kind: 'host', spec: 'host' } as const;

const collect = (
  observations: LaunchObservation[],
  contended: number[] = [],
): MetricRecord | undefined =>
  collectRun(HOST, makePlan([ENTRY], 1, 0), observations, IDENTITY, {
    ...NO_NEIGHBOURS,
    contended: new Set(contended),
  }).metrics[0];

test('launches beside a busy thread on the core are left out, unless no other measured it', () => {
  const launches = [launch(1, measured()), launch(2, measured()), launch(3, measured())];
  const left = collect(launches, [3]);
  expect(left).toMatchObject({ contended: 1, replicates: [{ sequence: 1 }, { sequence: 2 }] });
  const all = collect(launches, [1, 2, 3]);
  expect(all).toMatchObject({ replicates: [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }] });
  expect(all).not.toHaveProperty('contended');
});

test('the record holds the width of the core, in each launch and in the typical one', () => {
  const wide = (width: number): Observation => {
    const one = measured();
    if (one.status === 'ok' && one.kind === 'timed') one.batches.width.fill(width);
    return one;
  };
  const launches = [
    launch(0, wide(9), 'warm-up'),
    ...[0.5, 0.7, 0.9].map((w, i) => launch(i + 1, wide(w))),
  ];
  const plan = makePlan([ENTRY], 1, 0, ['syscall.*']);
  const run = collectRun(HOST, plan, [...launches, launch(4, undefined)], IDENTITY, NO_NEIGHBOURS);
  expect(run.coreWidth).toBe(0.7);
  expect(run.launches.map(({ coreWidth }) => coreWidth)).toEqual([9, 0.5, 0.7, 0.9, undefined]);
  expect(run.plan.metricGlobs).toEqual(['syscall.*']);
});

test('a counted metric keeps the count of each launch, and the medians of what was noted', () => {
  const counted = (count: number, noted: number): Observation => ({
    ...{ status: 'ok', kind: 'counted', details: { segments_per_op: noted } },
    count: { count, agreeing: 10, counts: 10 },
  });
  const entry: MetricEntry = { ...ENTRY, unit: 'count' };
  const launches = [launch(1, counted(5, 1)), launch(2, counted(5, 3)), launch(3, counted(6, 2))];
  const { metrics } = collectRun(HOST, makePlan([entry], 1, 0), launches, IDENTITY, NO_NEIGHBOURS);
  expect(metrics[0]).toMatchObject({
    ...{ status: 'ok', unit: 'count', details: { segments_per_op: 2 } },
    counts: [{ count: 5 }, { count: 5 }, { sequence: 3, count: 6, agreeing: 10, counts: 10 }],
  });
});

describe('a run record made of launches', () => {
  test('holds a replicate for each launch, but not of the warm-up nor of failed launches', () => {
    const metric = collect([
      launch(0, measured(), 'warm-up'),
      launch(1, measured()),
      launch(2, undefined),
      launch(3, measured()),
    ]);
    expect(isTimed(metric) && metric.replicates.map((r) => r.sequence)).toEqual([1, 3]);
  });

  test('keeps a launch with few undisturbed batches as long as most of the metric was undisturbed', () => {
    const metric = collect([
      launch(1, measured(3, 17)),
      launch(2, measured()),
      launch(3, measured()),
    ]);
    expect(isTimed(metric) && metric.replicates).toHaveLength(3);
  });

  test('has no number for a metric of which most batches were interrupted', () => {
    const metric = collect([launch(1, measured(5, 15)), launch(2, measured(8, 12))]);
    expect(metric).toMatchObject({
      status: 'unstable',
      reason: { message: '27 of 40 batches were interrupted by other work on the CPU' },
    });
  });

  test('has a number for a metric of which half of the batches were interrupted', () => {
    expect(collect([launch(1, measured(5, 15)), launch(2, measured(15, 5))])?.status).toBe('ok');
  });

  test('is pinned to the CPU of its launches only if every launch was', () => {
    const planOf = (...pinned: boolean[]) =>
      collectRun(
        HOST,
        makePlan([ENTRY], 1, 0),
        pinned.map((one, index) => ({
          ...launch(index, measured()),
          placement: { cpu: 3, pinned: one },
        })),
        IDENTITY,
        NO_NEIGHBOURS,
      ).plan;
    expect(planOf(true, true)).toMatchObject({ cpu: 3, pinned: true });
    expect(planOf(true, false)).toMatchObject({ cpu: 3, pinned: false });
  });

  test('has no number for a metric that most launches could not measure', () => {
    const metric = collect([launch(1, denied), launch(2, denied), launch(3, measured())]);
    expect(metric).toMatchObject({
      status: 'denied',
      reason: { operation: 'getppid()', message: 'Operation not permitted, in 2 of 3 launches' },
    });
    const always = collect([launch(1, denied), launch(2, denied)]);
    expect(always).toMatchObject({ reason: { message: 'Operation not permitted' } });
  });

  test('has a number for a metric that half of the launches measured', () => {
    const half = [
      launch(1, denied),
      launch(2, measured()),
      launch(3, denied),
      launch(4, measured()),
    ];
    expect(collect(half)).toMatchObject({
      status: 'ok',
      replicates: [{ sequence: 2 }, { sequence: 4 }],
    });
  });

  test('gives the usual reason of several, not the first', () => {
    const failed: Observation = {
      status: 'error',
      reason: { operation: 'getppid()', errno: 12, message: 'Cannot allocate memory' },
    };
    const metric = collect([launch(1, failed), launch(2, denied), launch(3, denied)]);
    expect(metric).toMatchObject({ status: 'denied', reason: { errno: 1 } });
  });

  test('has no number for a metric of which no launch came through, and says so', () => {
    expect(collect([launch(1, undefined), launch(2, undefined)])).toMatchObject({
      status: 'unmeasured',
      reason: { operation: 'launch', message: 'no launch that measured it came through' },
    });
  });

  test('does not count what the warm-up could do', () => {
    expect(collect([launch(0, measured(), 'warm-up'), launch(1, denied)])).toMatchObject({
      status: 'denied',
      reason: { message: 'Operation not permitted' },
    });
  });

  test('counts launches beside a busy neighbour as launches that could measure it', () => {
    const quiet = [launch(1, measured()), launch(2, measured())];
    const refused = [launch(3, denied), launch(4, denied), launch(5, denied)];
    const busy = launch(6, measured());
    expect(collect([...quiet, ...refused, busy], [6])?.status).toBe('ok');
    expect(collect([...quiet, ...refused])?.status).toBe('denied');
  });

  test('says in one sentence that no launch came through', () => {
    const failed = { ...launch(1, undefined) };
    delete failed.environment;
    expect(() => collect([failed])).toThrow(
      'The probe could not be measured in host: it was ended by signal 9.',
    );
  });
});
