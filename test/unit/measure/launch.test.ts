import { describe, expect, test } from 'vitest';
import { alwaysCpu } from '../../../src/measure/cpu.js';
import { type Bench, type LaunchOrder, launchProbe } from '../../../src/measure/launch.js';
import { makePlan } from '../../../src/measure/plan.js';
import type { LaunchRequest, LaunchResult } from '../../../src/probe/addon.js';
import type { Target } from '../../../src/targets/target.js';
import { entryOf, targetOf } from '../../fixtures/simulated-bench.js';

const NULL = entryOf('syscall.null');
const METRICS = [NULL, entryOf('exact.syscalls_per_op', { unit: 'count' })];

const HELLO = {
  ...{ type: 'hello', wire: 2, catalogue: 1, cpu: 3, pinned: true, pid: 1 },
  clock: { name: 'c', costNs: 20, vdso: true },
};
const TIMED = {
  ...{ type: 'metric', id: 'syscall.null', version: 1, round: 0, status: 'ok' },
  elapsedNs: 1000,
  batches: {
    ...{ operations: 10, wallNs: [800], cpuNs: [800] },
    ...{ controlNs: [100], controlOperations: 100 },
  },
};
const COUNTED = {
  ...{ type: 'metric', id: 'exact.syscalls_per_op', version: 1, round: 0, status: 'ok' },
  ...{ operations: 10, events: [10, 10, 20] },
};
const END = { type: 'end', elapsedNs: 1 };

const ENDED: LaunchResult = {
  ...{ results: Buffer.alloc(0), truncated: false, stderr: '', exitCode: 0, signal: 0 },
  ...{ timedOut: false, cancelled: false, wallNs: 5e6, userNs: 1, systemNs: 2, stolenNs: 3 },
  ...{ voluntarySwitches: 0, involuntarySwitches: 4 },
};

const wrote = (...lines: object[]): Partial<LaunchResult> => ({
  results: Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
});

interface Asked {
  result?: Partial<LaunchResult>;
  target?: Partial<Target>;
  order?: Partial<LaunchOrder>;
  launch?: Bench['addon']['launch'];
  signal?: AbortSignal;
}

async function launched({ result = {}, target = {}, order = {}, ...asked }: Asked) {
  const requests: LaunchRequest[] = [];
  const launch = async (request: LaunchRequest): Promise<LaunchResult> => {
    requests.push(request);
    return asked.launch ? asked.launch(request) : { ...ENDED, ...result };
  };
  const { signal = new AbortController().signal } = asked;
  const plan = makePlan(METRICS, 1, 5);
  const bench = {
    addon: { launch },
    now: () => 0,
    probe: '/probe',
    plan,
    signal,
    cpus: alwaysCpu(5),
  };
  const observation = await launchProbe(bench, {
    ...{ target: targetOf('probe', target), sequence: 9, phase: 'screen', orderSeed: 77 },
    ...{ portions: METRICS.map((metric) => ({ metric, rounds: 2 })), deadlineMs: 1000 },
    ...{ processes: 1, environment: false },
    ...order,
  });
  return { observation, request: requests[0], ...observation.launch };
}

describe('a launch is asked for', () => {
  test('on another CPU if the pair moved there', async () => {
    const { request } = await launched({ order: { cpu: 3 } });
    expect(request?.cpu).toBe(3);
    expect(request?.argv).toContain('--cpu=3');
    const guest = await launched({ order: { cpu: 3 }, target: { cpu: 0 } });
    expect(guest.request).toMatchObject({ cpu: 3 });
    expect(guest.request?.argv).toContain('--cpu=0');
  });

  test('with the plan as the arguments of the probe, on the CPU of the plan', async () => {
    const { request } = await launched({});
    expect(request).toMatchObject({ cpu: 5, results: 'memory', env: {} });
    expect(request?.argv).toEqual([
      ...['probe', '--metrics=syscall.null:2,exact.syscalls_per_op:2', '--batches=3'],
      ...['--batch-us=100', '--seed=77', '--cpu=5', '--deadline-ms=1000', '--results-fd=3'],
    ]);
  });

  test('with what else its order says', async () => {
    const order = { processes: 3, environment: true, instructions: true, tails: 50 };
    const { request } = await launched({ order, target: { results: 'stdout', cpu: 0 } });
    expect(request?.argv.slice(5)).toEqual([
      ...['--cpu=0', '--deadline-ms=1000', '--environment', '--tails=50', '--instructions'],
      '--launches=3',
    ]);
  });

  test('with time for the start, for each process, and for the probe to give up by itself', async () => {
    const order = { processes: 3 };
    const { request } = await launched({ order, target: { startDeadlineMs: 60_000 } });
    expect(request?.deadlineMs).toBe(60_000 + 3 * 1000 + 2000);
  });
});

describe('a launch that comes through', () => {
  const result = wrote(HELLO, TIMED, COUNTED, END);

  test('is accounted for', async () => {
    const { observation } = await launched({ result });
    expect(observation.launch).toEqual({
      ...{ sequence: 9, phase: 'screen', wallNs: 5e6, userNs: 1, systemNs: 2, stolenNs: 3 },
      involuntarySwitches: 4,
    });
    expect(observation).toMatchObject({ catalogue: 1, placement: { cpu: 3, pinned: true } });
  });

  test('has the batches of what is timed, and the count that most of a metric agree on', async () => {
    const { observation } = await launched({ result });
    expect(observation.metrics.get('syscall.null')).toMatchObject({
      ...{ status: 'ok', kind: 'timed', elapsedNs: 1000 },
      batches: { ns: Float64Array.of(80), controlNs: Float64Array.of(1) },
    });
    expect(observation.metrics.get('exact.syscalls_per_op')).toMatchObject({
      ...{ status: 'ok', kind: 'counted', count: { count: 1, agreeing: 2, counts: 3 } },
    });
  });

  test('has no number for what it was not asked or could not do, and says why', async () => {
    const denied = {
      ...{ type: 'metric', id: 'syscall.null', version: 1, round: 1, status: 'denied' },
      reason: { operation: 'getppid()', errno: 1, message: 'Operation not permitted' },
    };
    const { observation } = await launched({ result: wrote(HELLO, TIMED, denied, END) });
    expect(observation.metrics.get('syscall.null')).toEqual({
      status: 'denied',
      reason: { operation: 'getppid()', errno: 1, message: 'Operation not permitted' },
    });
    expect(observation.metrics.get('exact.syscalls_per_op')).toMatchObject({
      status: 'unmeasured',
      reason: { message: 'the probe reported nothing for it' },
    });
  });

  test('has no number for a metric that another release defines otherwise', async () => {
    const { observation } = await launched({ result: wrote(HELLO, { ...TIMED, version: 2 }, END) });
    expect(observation.metrics.get('syscall.null')).toMatchObject({
      status: 'unmeasured',
      reason: { message: 'the probe there has definition 2 of it and this one has 1' },
    });
  });

  test('tells in which order it measured, round by round', async () => {
    const { observation } = await launched({ result: wrote(HELLO, COUNTED, TIMED, END) });
    expect(observation.turns).toEqual([
      { id: 'exact.syscalls_per_op', batches: 0, operations: 0, emptyRuns: 0 },
      { id: 'syscall.null', batches: 1, operations: 10, emptyRuns: 0 },
    ]);
  });
});

describe('a launch that fails says why', () => {
  test.each<[string, Partial<LaunchResult>]>([
    [
      'it ended with exit code 127 without any result, saying "not found"',
      { exitCode: 127, stderr: 'a\nnot found\n' },
    ],
    ['it ended with exit code 1 without any result', { exitCode: 1 }],
    ['it ended with exit code 1 before its last result', { exitCode: 1, ...wrote(HELLO, TIMED) }],
    ['it was ended by signal 9', { exitCode: -1, signal: 9 }],
    ['it did not end before its deadline', { timedOut: true, signal: 9 }],
    ['it wrote more than a launch may', { truncated: true, ...wrote(HELLO, TIMED) }],
    ['the probe ran more than once in one launch', wrote(HELLO, TIMED, HELLO)],
  ])('%s', async (failure, result) => {
    const { observation } = await launched({ result });
    expect(observation.launch.failure).toBe(failure);
    expect(observation.metrics.size).toBe(0);
  });

  test('as the target knows better, where it does', async () => {
    const explain = () => 'the kernel panicked';
    const { failure } = await launched({ result: { exitCode: 1 }, target: { explain } });
    expect(failure).toBe('the kernel panicked');
    const whole = await launched({ result: wrote(HELLO, TIMED, END), target: { explain } });
    expect(whole.failure).toBeUndefined();
  });
});

describe('a launch that cannot be started ends the session in a sentence', () => {
  const refusing = (error: Error) => launched({ launch: () => Promise.reject(error) });

  test('that says what to check', async () => {
    await expect(refusing(new Error('ENOENT'))).rejects.toMatchObject({
      kind: 'measurement',
      message:
        'The command "probe" could not be started (ENOENT): check that it is installed and executable.',
    });
  });

  test('that says which rights it takes to end it', async () => {
    const error = Object.assign(new Error('EPERM'), { syscall: 'kill' });
    await expect(refusing(error)).rejects.toThrow(
      'The command "probe" passed its deadline and could not be ended, since it runs with more rights than this user has',
    );
  });
});

test('a launch that was cancelled ends with the reason, whatever it wrote or threw', async () => {
  for (const end of ['resolve', 'reject'] as const) {
    const controller = new AbortController();
    const launch = async (): Promise<LaunchResult> => {
      controller.abort(new Error('cancelled by hand'));
      if (end === 'reject') throw new Error('ECHILD');
      return { ...ENDED, cancelled: true };
    };
    await expect(launched({ launch, signal: controller.signal })).rejects.toThrow(
      'cancelled by hand',
    );
  }
});
