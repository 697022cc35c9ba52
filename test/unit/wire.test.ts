import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWire, planArguments } from '../../src/probe/wire.js';

const hello = {
  type: 'hello',
  wire: 2,
  catalogue: 1,
  clock: { name: 'CLOCK_MONOTONIC_RAW', costNs: 21.4, vdso: true },
  cpu: 1,
  pinned: true,
  pid: 123,
};
const measured = {
  type: 'metric',
  id: 'syscall.null',
  version: 1,
  round: 0,
  status: 'ok',
  batches: {
    operations: 2560,
    wallNs: [200_100, 200_300],
    cpuNs: [200_000, 199_000],
    controlNs: [50_000, 50_100],
    controlOperations: 16_000,
  },
};
const measuredWith = (batches: object) => ({
  ...measured,
  batches: { ...measured.batches, ...batches },
});
const denied = {
  ...{ type: 'metric', id: 'sendfile.tcp_4k', version: 1, round: 0, status: 'denied' },
  reason: { operation: 'socket(AF_INET)', errno: 13, message: 'Permission denied' },
};
const end = { type: 'end', elapsedNs: 1e9 };

const lines = (...values: unknown[]): Buffer =>
  Buffer.from(
    values
      .map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
      .join(''),
  );

describe('parseWire', () => {
  it('reads hello, measured and unavailable metrics up to the end line', () => {
    expect(parseWire(lines(hello, measured, denied, end))).toEqual({
      hello: {
        ...{ wire: 2, catalogue: 1 },
        clock: { name: 'CLOCK_MONOTONIC_RAW', costNs: 21.4, vdso: true },
        cpu: 1,
        pinned: true,
        pid: 123,
      },
      metrics: [
        {
          ...{ process: 0, id: 'syscall.null', version: 1, round: 0, status: 'ok', details: {} },
          elapsedNs: 0,
          batches: {
            operations: 2560,
            wallNs: [200_100, 200_300],
            cpuNs: [200_000, 199_000],
            controlNs: [50_000, 50_100],
            controlOperations: 16_000,
          },
        },
        {
          ...{ process: 0, id: 'sendfile.tcp_4k', version: 1, round: 0, status: 'denied' },
          elapsedNs: 0,
          reason: { operation: 'socket(AF_INET)', errno: 13, message: 'Permission denied' },
        },
      ],
      tail: [],
      complete: true,
    });
  });

  it('reads counts, facts beside a number, and the second pass', () => {
    const fields = { version: 1, status: 'ok' };
    const counted = { ...fields, type: 'metric', id: 'exact.switches_per_op', round: 0 };
    const timer = { status: 'ok', name: 'rdtsc', hz: 2.5e9, stepNs: 0.4, costNs: 20 };
    const reason = { operation: 'perf_event_open', errno: 95, message: 'Not supported' };
    const output = parseWire(
      lines(
        hello,
        { ...counted, operations: 64, events: [64, 64, 80] },
        { ...measured, details: { segments_per_op: 2 } },
        { type: 'tails', timer, counters: { status: 'unsupported', reason } },
        {
          ...{ ...fields, type: 'tail', id: 'syscall.null', operations: 1, samples: 2000 },
          ...{ p50Ns: 90, p99Ns: 120, maxNs: 9000, counters: {} },
        },
        end,
      ),
    );
    expect(output).toMatchObject({
      complete: true,
      metrics: [{ counts: [1, 1, 1.25] }, { details: { segments_per_op: 2 } }],
      tails: { timer: { costNs: 20 }, counters: { status: 'unsupported', reason } },
      tail: [{ id: 'syscall.null', samples: 2000, p50Ns: 90, p99Ns: 120, maxNs: 9000 }],
    });
  });

  it('keeps the whole lines of an output that was cut anywhere, and says that it is not complete', () => {
    const whole = lines(hello, measured, denied, end);
    const ends = [hello, measured, denied].map(
      (_, index, all) => lines(...all.slice(0, index + 1)).length,
    );
    fc.assert(
      fc.property(fc.integer({ min: ends[0] ?? 0, max: whole.length - 3 }), (cut) => {
        const output = parseWire(whole.subarray(0, cut));
        expect(output.complete).toBe(false);
        expect(output.problem).toBeUndefined();
        // A line is whole with its last brace, with or without its newline.
        expect(output.metrics).toHaveLength(ends.slice(1).filter((at) => at - 1 <= cut).length);
      }),
    );
  });

  it('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(parseWire(Buffer.from(bytes)).complete).toBe(false);
      }),
    );
  });

  it('ignores unknown fields and unknown line types', () => {
    const output = parseWire(
      lines({ ...hello, later: 1 }, { type: 'histogram', bins: [] }, { ...measured, p99: 3 }, end),
    );
    expect(output).toMatchObject({ complete: true, metrics: [{ id: 'syscall.null' }] });
  });

  it('ignores a banner before and chatter after the results, with carriage returns too', () => {
    const text = `Welcome to board 7!\r\n{not json}\r\n${lines(hello, measured, end)}`;
    const output = parseWire(Buffer.from(`${text.replaceAll('\n', '\r\n')}Connection closed.\n`));
    expect(output).toMatchObject({ complete: true, metrics: [{ id: 'syscall.null' }] });
    expect(output.problem).toBeUndefined();
  });

  it('stops at an endless printer', () => {
    const output = parseWire(Buffer.from(`${lines(hello)}${'y\n'.repeat(5000)}${lines(end)}`));
    expect(output.problem).toMatch(/more than 1000 lines that are not results/);
    expect(output.complete).toBe(false);
  });

  it('refuses another major version and says both', () => {
    expect(parseWire(lines({ ...hello, wire: 3 }, measured, end))).toEqual({
      metrics: [],
      tail: [],
      complete: false,
      problem: 'it has wire version 3 and this syscall-gate reads version 2',
    });
  });

  it.each([
    ['no output', [], /no result lines/],
    ['arrays of unequal length', [hello, measuredWith({ cpuNs: [1] })], /cpuNs: not as long/],
    ['a wall time of zero', [hello, measuredWith({ wallNs: [0, 1] })], /wallNs\.0/],
    [
      'an infinite number',
      [hello, JSON.stringify(measured).replace('50000', '1e999')],
      /controlNs/,
    ],
    ['no batches', [hello, measuredWith({ wallNs: [], cpuNs: [], controlNs: [] })], /wallNs/],
    [
      'a wide loop of other batches',
      [hello, measuredWith({ width: { ns: [1], operations: 1 } })],
      /width: not as long/,
    ],
    ['an unknown status', [hello, { ...denied, status: 'fine' }], /status/],
    ['a metric before hello', [measured], /before hello/],
    ['two probes in one launch', [hello, end, hello], /more often than/],
    [
      'a result line with something in it',
      [hello, '{"type":"metric","id":"a[ 1.2] oops'],
      /damaged/,
    ],
    ['a hello without a clock', [{ ...hello, clock: undefined }], /hello: clock/],
  ])('says what is wrong with %s', (_, values, problem) => {
    const output = parseWire(lines(...values, end));
    expect(output.problem).toMatch(problem);
    expect(output.complete).toBe(false);
  });

  it('shortens what a probe says of a failure to what a record holds', () => {
    const [metric] = parseWire(
      lines(hello, { ...denied, reason: { ...denied.reason, message: 'x'.repeat(9999) } }),
    ).metrics;
    expect(metric).toMatchObject({ reason: { message: 'x'.repeat(300) } });
  });
});

describe('planArguments', () => {
  const plan = {
    metrics: [
      { id: 'syscall.null', rounds: 10 },
      { id: 'syscall.stat', rounds: 4 },
    ],
    ...{ batches: 10, batchUs: 200, seed: 7, cpu: 1, deadlineMs: 9000 },
    environment: false,
  };

  it('spells a plan as the arguments of the probe', () => {
    expect(planArguments(plan)).toEqual([
      '--metrics=syscall.null:10,syscall.stat:4',
      ...['--batches=10', '--batch-us=200', '--seed=7', '--cpu=1'],
      '--deadline-ms=9000',
    ]);
  });

  it('asks for the environment and for results in a mapping only when the plan does', () => {
    const words = planArguments({ ...plan, environment: true, resultsFd: 3 });
    expect(words.slice(-2)).toEqual(['--environment', '--results-fd=3']);
  });

  it('asks for several processes only when the plan does', () => {
    expect(planArguments({ ...plan, launches: 4 })).toEqual([
      ...planArguments(plan),
      '--launches=4',
    ]);
  });
});
