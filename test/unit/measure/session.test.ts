import { describe, expect, test } from 'vitest';
import { bothIdentities, newIdentity } from '../../../src/measure/identity.js';
import type { Plan } from '../../../src/measure/plan.js';
import type { Sides } from '../../../src/measure/rounds.js';
import { Session } from '../../../src/measure/session.js';
import type { MetricEntry } from '../../../src/probe/catalogue.js';
import { isTimed, type Run } from '../../../src/record/run.js';
import {
  type Asked,
  entryOf,
  type Machine,
  simulatedBench,
  targetOf,
} from '../../fixtures/simulated-bench.js';
import { SILENT } from '../../fixtures/targets.js';

const METRICS = [entryOf('syscall.null'), entryOf('syscall.stat'), entryOf('clock.read')];
const SIDES: Required<Sides> = { baseline: targetOf('A'), candidate: targetOf('B') };
const GOAL = { alpha: 0.01, marginOf: () => 0.02 };
const [BEFORE, AFTER] = bothIdentities();

interface Shape {
  durationMs?: number;
  sides?: Sides;
  metrics?: MetricEntry[];
  machine?: Machine;
  plan?: Partial<Plan>;
}

function sessionOf({ durationMs = 4000, sides = SIDES, metrics = METRICS, ...shape }: Shape = {}) {
  const simulated = simulatedBench(metrics, shape.machine, shape.plan);
  const told: { phases: string[]; notes: string[]; warnings: string[] } = {
    ...{ phases: [], notes: [], warnings: [] },
  };
  const progress = {
    ...SILENT,
    phase: (title: string) => told.phases.push(title),
    note: (sentence: string) => told.notes.push(sentence),
    warn: (sentence: string) => told.warnings.push(sentence),
  };
  const begin = simulated.now();
  return {
    session: new Session(simulated.bench, sides, durationMs, progress),
    passedMs: () => simulated.now() - begin,
    asked: simulated.asked,
    ...told,
  };
}

const sequencesOf = (run: Run, id: string): number[] =>
  run.metrics
    .filter((metric) => metric.id === id)
    .flatMap((metric) => (isTimed(metric) ? metric.replicates : []))
    .map(({ sequence }) => sequence);

const phasesOf = ({ launches }: Run): string[] => launches.map(({ phase }) => phase);

describe('the warm-up', () => {
  test('describes the sides, and no number of it is kept', async () => {
    const { session, asked, phases } = sessionOf();
    await session.warmUp();
    expect(phases).toEqual(['Warm up']);
    expect(asked).toHaveLength(4);
    expect(asked.every(({ environment }) => environment)).toBe(true);
    await session.screen({ share: 0.1 });
    for (const run of [session.baselineRun(BEFORE), session.candidateRun(AFTER)]) {
      expect(phasesOf(run).slice(0, 3)).toEqual(['warm-up', 'warm-up', 'screen']);
      expect(Math.min(...sequencesOf(run, 'syscall.null'))).toBeGreaterThanOrEqual(4);
    }
    expect(asked.slice(4).every(({ environment }) => !environment)).toBe(true);
  });

  test('is one launch of each side, where launches are slow', async () => {
    const { session, asked } = sessionOf({ machine: { startMs: () => 1000 } });
    await session.warmUp();
    expect(asked.map(({ program }) => program).toSorted()).toEqual(['A', 'B']);
  });
});

describe('single operations', () => {
  test('are timed after a quick warm-up, in a launch of each side', async () => {
    const { session, asked, phases } = sessionOf();
    await session.warmUp();
    await session.tails();
    expect(phases).toEqual(['Warm up', 'Time single operations']);
    expect(asked.filter(({ tails }) => tails)).toHaveLength(2);
  });

  test('are left out where they would take a tenth of the time: five times the warm-up', async () => {
    // The warm-up is four launches of 5 ms and three metrics in two rounds of 0.5 ms: 32 ms.
    for (const [durationMs, launches] of [
      [1601, 2],
      [1599, 0],
    ] as const) {
      const { session, asked } = sessionOf({ durationMs });
      await session.warmUp();
      await session.tails();
      expect(asked.filter(({ tails }) => tails)).toHaveLength(launches);
    }
  });
});

describe('the screen', () => {
  test('without a goal measures all metrics alike, for the share of the time that it is given', async () => {
    const { session, asked, passedMs } = sessionOf();
    await session.warmUp();
    await session.screen({ share: 0.5 });
    for (const { rounds } of asked.slice(4)) expect([...rounds.values()]).toEqual([10, 10, 10]);
    expect(passedMs()).toBeLessThanOrEqual(2000);
    expect(passedMs()).toBeGreaterThan(1900);
  });

  test('leaves a fifth of the time to confirm', async () => {
    const { session, passedMs } = sessionOf();
    await session.warmUp();
    await session.screen({ goal: GOAL });
    expect(passedMs()).toBeLessThanOrEqual(3200);
    expect(passedMs()).toBeGreaterThan(3000);
  });

  test('may have all the time, where nothing will be confirmed', async () => {
    const { session, passedMs } = sessionOf({ sides: { candidate: SIDES.candidate } });
    await session.warmUp();
    await session.screen({ share: 1, goal: GOAL });
    expect(passedMs()).toBeLessThanOrEqual(4000);
    expect(passedMs()).toBeGreaterThan(3800);
  });

  test('begins with a pilot of all metrics alike, and spends the rest where noise needs it', async () => {
    const noisy = {
      ns: (id: string, { index }: Asked) => (id === 'clock.read' ? 100 + (index % 7) : 100),
    };
    const { session, asked, notes } = sessionOf({ machine: noisy });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    const [pilot, rest] = [asked.slice(4, 12), asked.slice(12)];
    for (const { rounds } of pilot) expect([...rounds.values()]).toEqual([10, 10, 10]);
    const launchesOf = (id: string) => rest.filter(({ rounds }) => rounds.has(id)).length;
    expect(launchesOf('clock.read')).toBeGreaterThan(1.5 * launchesOf('syscall.null'));
    expect(notes).toEqual([
      expect.stringMatching(/^Planned: \d+ to \d+ pairs of launches a metric, which should catch/),
    ]);
  });

  test('is planned again halfway, for noise that the pilot did not show', async () => {
    const late = (id: string, { index }: Asked) =>
      id === 'clock.read' && index >= 12 ? 100 + (index % 7) : 100;
    const { session, asked } = sessionOf({ machine: { ns: late } });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    const half = ((asked.at(-1)?.atMs ?? 0) + (asked[12]?.atMs ?? 0)) / 2;
    const due = (id: string, second: boolean): number =>
      asked.slice(12).filter(({ rounds, atMs }) => rounds.has(id) && atMs > half === second).length;
    expect(due('clock.read', false)).toBeLessThan(1.2 * due('syscall.null', false));
    expect(due('clock.read', true)).toBeGreaterThan(1.5 * due('syscall.null', true));
  });

  test('has metrics that only inform in its first three rounds, however often it is planned', async () => {
    const informs = entryOf('host.informs', { gate: false });
    const { session, asked } = sessionOf({ metrics: [...METRICS, informs] });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    const due = asked.flatMap(({ rounds, index }) => (rounds.has(informs.id) ? [index] : []));
    expect(due).toEqual(Array.from({ length: 12 }, (_, launch) => 4 + launch));
  });

  test('is planned from what the pilot saw, the same again from the same seed', async () => {
    const planOf = async (seed: number) => {
      const { session, asked } = sessionOf({ durationMs: 1500, plan: { seed } });
      await session.warmUp();
      await session.screen({ goal: GOAL });
      return asked.map(({ program, rounds }) => [program, ...rounds]);
    };
    expect(await planOf(3)).toEqual(await planOf(3));
    expect(await planOf(4)).not.toEqual(await planOf(3));
  });

  test('has a pilot of short launches, where whole ones would take more than a quarter of it', async () => {
    const { session, asked } = sessionOf({ durationMs: 1000, machine: { roundMs: 1 } });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    // A launch may take 23 ms at most, 5 of which it starts: six rounds of three metrics.
    const [first] = asked.slice(4);
    expect([...(first?.rounds.values() ?? [])]).toEqual([6, 6, 6]);
  });

  test('of slow launches overruns its time rather than end without pairs enough to flag', async () => {
    const { session, asked } = sessionOf({ machine: { startMs: () => 180 } });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    const pairs = (asked.length - 2) / 2;
    expect(pairs).toBeGreaterThanOrEqual(5);
  });
});

describe('where launches are slow', () => {
  const SLOW: Machine = { startMs: () => 1000 };

  test('it is said at once that the time is too short for a verdict, and what would be enough', async () => {
    const { session, warnings } = sessionOf({ durationMs: 20_000, machine: SLOW });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    expect(warnings).toEqual([
      'A launch takes 1.0 s, 1.0 s of it to start, so 20s hold about 8 pairs of launches, and a verdict over 3 metrics takes 5 to screen and 7 to confirm: give a duration of 1m, or fewer metrics.',
    ]);
  });

  test('it is noted how many pairs the time holds, where they are enough', async () => {
    const { session, warnings, notes } = sessionOf({ durationMs: 60_000, machine: SLOW });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    expect(warnings).toEqual([]);
    expect(notes[0]).toMatch(
      /^A launch takes 1\.0 s, 1\.0 s of it to start: 1m hold about \d+ pairs/,
    );
  });

  test('the screen leaves more time to confirm', async () => {
    const { session, passedMs } = sessionOf({ durationMs: 40_000, machine: SLOW });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    // Half of it, but for what is left of that when no more round of 4 s fits.
    expect(passedMs()).toBeLessThanOrEqual(0.5 * 40_000);
    expect(passedMs()).toBeGreaterThan(0.4 * 40_000);
  });

  test('nothing is said of a candidate alone, of which no pairs are made', async () => {
    const sides = { candidate: SIDES.candidate };
    const { session, warnings, notes } = sessionOf({ durationMs: 20_000, machine: SLOW, sides });
    await session.warmUp();
    await session.screen({ share: 1, goal: GOAL });
    expect([...warnings, ...notes].join()).not.toContain('A launch takes');
  });

  test('several processes of the probe share a launch, if it reports over standard output', async () => {
    const over = (program: string) => targetOf(program, { results: 'stdout' });
    const sides = { baseline: over('A'), candidate: over('B') };
    const { session, asked, notes } = sessionOf({ durationMs: 20_000, machine: SLOW, sides });
    await session.warmUp();
    await session.screen({ share: 0.5 });
    // √(1000 ms / 15 ms) is 8 and a bit, the most there may be.
    expect(asked.slice(2).every(({ processes }) => processes === 8)).toBe(true);
    expect(notes).toEqual([
      'A start takes 1.00 s beside 15.0 ms of measuring, so each holds 8 processes of the probe, whose median is its replicate.',
    ]);
    expect(session.candidateRun(AFTER).plan.processesPerLaunch).toBe(8);
  });

  test('each process has a launch of its own, if one side reports over shared memory', async () => {
    const sides = { baseline: SIDES.baseline, candidate: targetOf('B', { results: 'stdout' }) };
    const { session, asked, notes } = sessionOf({ durationMs: 20_000, machine: SLOW, sides });
    await session.warmUp();
    await session.screen({ share: 0.5 });
    expect(asked.every(({ processes }) => processes === 1)).toBe(true);
    expect(notes).toEqual([]);
  });
});

describe('confirming', () => {
  test('measures the flagged metrics alone, on fresh launches, to the end of the time', async () => {
    const { session, asked, passedMs } = sessionOf();
    await session.warmUp();
    await session.screen({ goal: GOAL });
    const screened = asked.length;
    await session.confirm(['syscall.stat'], 8);
    const fresh = asked.slice(screened);
    expect(fresh.length / 2).toBeGreaterThan(8);
    // Where rounds do not differ inside a launch, as few of them as mix well leave time for launches.
    for (const { rounds } of fresh) expect([...rounds]).toEqual([['syscall.stat', 7]]);
    expect(passedMs()).toBeLessThanOrEqual(4000);
    const run = session.candidateRun(AFTER);
    expect(phasesOf(run).filter((phase) => phase === 'confirm')).toHaveLength(fresh.length / 2);
    const own = sequencesOf(run, 'syscall.stat').filter((sequence) => sequence >= screened);
    expect(own).toHaveLength(fresh.length / 2);
    expect(sequencesOf(run, 'syscall.null').every((sequence) => sequence < screened)).toBe(true);
  });

  test('may take longer than the time for the pairs that a test needs, but no third longer', async () => {
    const machine = { startMs: () => 50 };
    const { session, asked, passedMs } = sessionOf({ machine });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    const screened = asked.length;
    await session.confirm(['syscall.stat'], 10_000);
    expect(passedMs()).toBeGreaterThan(1.2 * 4000);
    // A round may take a little longer than those before it.
    const launchMs = 60;
    expect(passedMs()).toBeLessThanOrEqual(1.3 * 4000 + launchMs);
    expect(asked.length).toBeGreaterThan(screened);
  });

  test('with an end of its own may go on after the time of the session', async () => {
    const { session, passedMs } = sessionOf({ durationMs: 1000 });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    // The clock of the simulation begins at a million.
    await session.confirmUntil(1_003_000, ['syscall.stat'], 5);
    expect(passedMs()).toBeGreaterThan(2800);
    expect(passedMs()).toBeLessThanOrEqual(3000);
  });

  test('has time for the most urgent of many that are flagged', async () => {
    const metrics = Array.from({ length: 12 }, (_, index) => entryOf(`syscall.m${index}`));
    const ids = metrics.map(({ id }) => id);
    const confirmable = async (durationMs: number) => {
      const { session } = sessionOf({ durationMs, metrics });
      await session.warmUp();
      await session.screen({ goal: GOAL });
      return session.confirmable(ids.toReversed(), () => 10);
    };
    const some = await confirmable(700);
    expect(some.length).toBeGreaterThan(4);
    expect(some.length).toBeLessThan(12);
    expect(some).toEqual(ids.toReversed().slice(0, some.length));
    expect(await confirmable(2000)).toHaveLength(12);
  });

  test('has time for four at least, which may have a cause in common', async () => {
    const metrics = Array.from({ length: 6 }, (_, index) => entryOf(`syscall.m${index}`));
    const { session } = sessionOf({ metrics });
    await session.warmUp();
    await session.screen({ goal: GOAL });
    const ids = metrics.map(({ id }) => id);
    expect(session.confirmable(ids, () => 1e6)).toEqual(ids.slice(0, 4));
    expect(session.confirmable(ids.slice(0, 2), () => 1e6)).toEqual(ids.slice(0, 2));
  });
});

describe('the records of a session', () => {
  test('hold for each side its own launches, in the order they ran', async () => {
    const { session, asked } = sessionOf({ durationMs: 500 });
    await session.warmUp();
    await session.screen({ share: 1 });
    for (const [program, run] of [
      ['A', session.baselineRun(BEFORE)],
      ['B', session.candidateRun(AFTER)],
    ] as const) {
      const own = asked.filter((one) => one.program === program).map(({ index }) => index);
      expect(run.launches.map(({ sequence }) => sequence)).toEqual(own);
      expect(run.target.spec).toBe(program);
    }
    const [baseline, candidate] = session.observations();
    expect(baseline.length + candidate.length).toBe(asked.length);
  });

  test('hold both sides together, where a candidate was measured against itself', async () => {
    const sides = { baseline: SIDES.candidate, candidate: SIDES.candidate };
    const { session, asked } = sessionOf({ durationMs: 500, sides });
    await session.warmUp();
    await session.screen({ share: 1 });
    const { launches } = session.pooledRun(newIdentity());
    expect(launches.map(({ sequence }) => sequence)).toEqual(asked.map(({ index }) => index));
  });

  test('leave out pairs of launches if one of them met a busy thread, on either side', async () => {
    const width = ({ index }: Asked) => (index % 5 === 0 ? 1.4 : 1);
    const { session, asked } = sessionOf({ machine: { width } });
    await session.warmUp();
    await session.screen({ share: 0.5 });
    for (const [program, run] of [
      ['A', session.baselineRun(BEFORE)],
      ['B', session.candidateRun(AFTER)],
    ] as const) {
      const own = asked.slice(4).filter((one) => one.program === program);
      const isQuiet = ({ index }: Asked) => index % 5 !== 0 && (index ^ 1) % 5 !== 0;
      const quiet = own.filter(isQuiet).map(({ index }) => index);
      expect(sequencesOf(run, 'syscall.null')).toEqual(quiet);
      expect(run.metrics[0]).toMatchObject({ contended: own.length - quiet.length });
    }
  });

  test('say what is known so far: later launches may show that earlier ones were not quiet', async () => {
    const width = ({ index }: Asked) => (index < 12 ? 1.4 : 1);
    const { session } = sessionOf({ machine: { width } });
    await session.warmUp();
    await session.screen({ share: 0.05 });
    const early = session.candidateRun(AFTER);
    expect(early.launches.filter(({ phase }) => phase === 'screen')).toHaveLength(4);
    expect(early.metrics[0]).not.toHaveProperty('contended');
    await session.screen({ share: 0.3 });
    expect(session.candidateRun(AFTER).metrics[0]).toMatchObject({ contended: 4 });
  });
});
