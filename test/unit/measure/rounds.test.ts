import { describe, expect, test } from 'vitest';
import {
  emptyLog,
  type MeasuringLog,
  measureRounds,
  measureTails,
  type RoundsOrder,
} from '../../../src/measure/rounds.js';
import { screenSchedule } from '../../../src/measure/schedule.js';
import type { Progress } from '../../../src/progress.js';
import {
  type Asked,
  entryOf,
  type Machine,
  type SimulatedBench,
  simulatedBench,
  targetOf,
} from '../../fixtures/simulated-bench.js';
import { SILENT } from '../../fixtures/targets.js';

const METRICS = [entryOf('syscall.null')];
const SIDES = { baseline: targetOf('A'), candidate: targetOf('B') };
/** A launch takes as long as it starts: 10 ms, a round 40. */
const QUICK: Machine = { startMs: () => 10, roundMs: 0 };
const NEVER = Number.POSITIVE_INFINITY;

const orderOf = (limits: Partial<RoundsOrder> = {}): RoundsOrder => ({
  ...{ phase: 'screen', schedule: screenSchedule(METRICS, 1), until: 0, minRounds: 0 },
  latest: NEVER,
  ...limits,
});

/** The sides of the launches, four to a round: `ABBA`. */
function roundsOf(asked: readonly Asked[]): string[] {
  const sides = asked.map(({ program }) => program).join('');
  return sides.match(/.{1,4}/g) ?? [];
}

interface Measured extends SimulatedBench {
  log: MeasuringLog;
  /** Whatever ended it early. */
  error: unknown;
}

interface Trial {
  limits?: Partial<RoundsOrder>;
  seed?: number;
  machine?: Machine;
  sides?: Parameters<typeof measureRounds>[1];
  progress?: Progress;
  signal?: AbortSignal;
}

/** @param limits with moments that count from the beginning */
async function measured({
  limits = {},
  seed = 1,
  sides = SIDES,
  ...trial
}: Trial): Promise<Measured> {
  const { machine = QUICK, progress = SILENT, signal } = trial;
  const simulated = simulatedBench(METRICS, machine, { seed }, signal);
  const begin = simulated.now();
  const { until = 0, latest = NEVER, enough } = limits;
  const moments = {
    ...{ until: begin + until, latest: begin + latest },
    ...(enough === undefined ? {} : { enough: begin + enough }),
  };
  const log = emptyLog();
  const order = orderOf({ ...limits, ...moments });
  const error = await measureRounds(simulated.bench, sides, order, log, progress).catch(
    (reason: unknown) => reason,
  );
  return { ...simulated, log, error };
}

const forty = (seed: number) => measured({ seed, limits: { minRounds: 40, maxRounds: 40 } });

describe('the order of launches', () => {
  test('is drawn for each pair, and not for two of them together', async () => {
    const { asked } = await forty(1);
    expect(new Set(roundsOf(asked))).toEqual(new Set(['ABBA', 'BAAB', 'ABAB', 'BABA']));
  });

  test('is drawn evenly, so that nothing with the period of a pair meets one side alone', async () => {
    for (const seed of [1, 2, 3]) {
      const rounds = roundsOf((await forty(seed)).asked);
      for (const place of [0, 2]) {
        const first = rounds.filter((round) => round[place] === 'A').length;
        expect(first).toBeGreaterThan(10);
        expect(first).toBeLessThan(30);
      }
    }
  });

  test('follows from the recorded seed', async () => {
    const [one, again, other] = [await forty(5), await forty(5), await forty(6)];
    expect(roundsOf(again.asked)).toEqual(roundsOf(one.asked));
    expect(roundsOf(other.asked)).not.toEqual(roundsOf(one.asked));
  });

  test('measures the metrics of a round in one order on both sides, and in another the next', async () => {
    const { asked } = await forty(1);
    const seeds = asked.map(({ seed }) => seed);
    const rounds = Array.from({ length: 40 }, (_, round) => seeds.slice(4 * round, 4 * round + 4));
    for (const round of rounds) expect(new Set(round).size).toBe(1);
    expect(new Set(seeds).size).toBe(40);
  });

  test('numbers the launches as they ran', async () => {
    const { log, asked } = await measured({ limits: { minRounds: 2, maxRounds: 2 } });
    for (const [side, launches] of [
      ['A', log.baseline],
      ['B', log.candidate],
    ] as const) {
      const ran = asked.flatMap(({ program, index }) => (program === side ? [index] : []));
      expect(launches.map(({ launch }) => launch.sequence)).toEqual(ran);
    }
    expect(log.next).toBe(8);
  });

  test('of a candidate alone is four of it in a round', async () => {
    const sides = { candidate: targetOf('B') };
    const { asked, log } = await measured({ sides, limits: { minRounds: 1, maxRounds: 1 } });
    expect(roundsOf(asked)).toEqual(['BBBB']);
    expect(log.baseline).toEqual([]);
  });
});

describe('rounds go on', () => {
  const count = async (limits: Partial<RoundsOrder>, machine = QUICK): Promise<number> =>
    (await measured({ limits, machine })).asked.length / 4;

  test('until one more would end too late', async () => {
    expect(await count({ until: 400 })).toBe(10);
    expect(await count({ until: 439 })).toBe(10);
    expect(await count({ until: 440 })).toBe(11);
  });

  test('past their time as long as there are too few of them', async () => {
    expect(await count({ until: 40, minRounds: 7 })).toBe(7);
  });

  test('but never past the latest moment', async () => {
    expect(await count({ until: 40, minRounds: 7, latest: 160 })).toBe(4);
  });

  test('no longer than there are to be any', async () => {
    expect(await count({ until: 4000, maxRounds: 3 })).toBe(3);
    expect(await count({ until: 1e9 })).toBe(400);
  });

  test('not at all where one is known not to fit, unless one has to be', async () => {
    expect(await count({ until: 30, roundMs: 40 })).toBe(0);
    expect(await count({ until: 40, roundMs: 40 })).toBe(1);
    expect(await count({ until: 30, roundMs: 40, minRounds: 1 })).toBe(1);
    expect(await count({ until: 30 })).toBe(1);
  });

  test('for a launch of each side only, where half a round is enough', async () => {
    const { asked } = await measured({ limits: { minRounds: 1, maxRounds: 1, enough: 15 } });
    expect(asked.map(({ program }) => program).toSorted()).toEqual(['A', 'B']);
    expect(await count({ minRounds: 1, maxRounds: 1, enough: 25 })).toBe(1);
  });

  test('where a launch failed, for another one: a pair without its other half is none', async () => {
    const stumbling: Machine = {
      ...QUICK,
      fails: ({ index }) => (index === 2 ? 'oops' : undefined),
    };
    expect(await count({ minRounds: 3 }, stumbling)).toBe(4);
  });
});

describe('launches that fail', () => {
  const failingFrom = (first: number): Machine => ({
    ...QUICK,
    fails: ({ index, program }) => (program === 'B' && index >= first ? 'no such file' : undefined),
  });
  const until = { until: 1e6 };

  test('end it after two, where the side never came through', async () => {
    const { error, log } = await measured({ limits: until, machine: failingFrom(0) });
    expect(error).toMatchObject({
      kind: 'measurement',
      message:
        'The probe could not be measured in B: it ended with exit code 1 without any result, saying "no such file".',
    });
    expect(log.candidate).toHaveLength(2);
  });

  test('end it after eight in a row, where the side did come through', async () => {
    const { error, log } = await measured({ limits: until, machine: failingFrom(8) });
    expect(error).toMatchObject({ kind: 'measurement' });
    expect(log.candidate.map(({ launch }) => launch.failure === undefined)).toEqual([
      ...new Array(4).fill(true),
      ...new Array(8).fill(false),
    ]);
  });

  test('do not end it, where one in between comes through', async () => {
    const failing: Machine = { ...QUICK, fails: ({ index }) => (index % 8 < 6 ? undefined : 'no') };
    const { error } = await measured({ limits: { until: 4000 }, machine: failing });
    expect(error).toBeUndefined();
  });

  test('name the command to run by hand, where it is a command', async () => {
    const candidate = targetOf('B', { record: { kind: 'command', spec: 'command:B {probe}' } });
    const sides = { baseline: SIDES.baseline, candidate };
    const { error } = await measured({ limits: until, machine: failingFrom(0), sides });
    expect(error).toMatchObject({
      message: expect.stringContaining('in command:B {probe}: it ended with exit code 1'),
    });
    expect(error).toMatchObject({
      message: expect.stringContaining('run that command line by hand'),
    });
  });
});

test('who cancels is told so, and nothing is launched any more', async () => {
  const controller = new AbortController();
  const reason = new Error('cancelled by hand');
  const before = ({ index }: Asked) => {
    if (index === 5) controller.abort(reason);
  };
  const machine = { ...QUICK, before };
  const { error, asked } = await measured({
    ...{ limits: { until: 1e6 }, machine, signal: controller.signal },
  });
  expect(error).toBe(reason);
  expect(asked).toHaveLength(6);
});

describe('progress', () => {
  async function steps(limits: Partial<RoundsOrder>): Promise<unknown[][]> {
    const told: unknown[][] = [];
    const step = (...all: unknown[]) => told.push(all);
    const machine = { startMs: () => 1000, roundMs: 0 };
    await measured({ limits, machine, seed: 3, progress: { ...SILENT, step } });
    return told;
  }

  test('of a warm-up counts launches', async () => {
    const told = await steps({ phase: 'warm-up', minRounds: 1, maxRounds: 1 });
    expect(told.map(([done, total]) => [done, total])).toEqual([
      [0, 4],
      [1, 4],
      [2, 4],
      [3, 4],
    ]);
  });

  test('of what has time to fill counts seconds, and says which launch it is', async () => {
    const told = await steps({ until: 8000 });
    expect(told).toHaveLength(8);
    expect(told.map(([done, total]) => [done, total])).toContainEqual([3, 8]);
    expect(told.at(-1)).toEqual([7, 8, expect.stringMatching(/^launch 8, [AB]$/)]);
  });
});

describe('the pass for tails', () => {
  const tails = async (sides: Parameters<typeof measureTails>[1]) => {
    const simulated = simulatedBench(METRICS, QUICK, { processesPerLaunch: 3 });
    const log = emptyLog();
    await measureTails(simulated.bench, sides, log, SILENT);
    return { ...simulated, log };
  };

  test('is one launch of each side, one process each, without a replicate', async () => {
    const { asked, log } = await tails(SIDES);
    expect(asked.map(({ program, tails, processes }) => [program, tails, processes])).toEqual([
      ['A', true, 1],
      ['B', true, 1],
    ]);
    expect(log.candidate[0]?.metrics.size).toBe(0);
    expect(log.candidate[0]?.tails?.metrics).toMatchObject([{ id: 'syscall.null', p99Ns: 200 }]);
  });

  test('leaves the next phase an even number, by which neighbours are told', async () => {
    const { asked, log } = await tails({ candidate: targetOf('B') });
    expect(asked).toHaveLength(1);
    expect(log.next).toBe(2);
  });
});
