import { describe, expect, test } from 'vitest';
import { alwaysCpu, IdlestCpu } from '../../../src/measure/cpu.js';
import type { CpuTimes } from '../../../src/probe/addon.js';
import type { Cpu } from '../../../src/probe/topology.js';

/** Load of each CPU, as shares of its time, without our launches. */
type Loads = Readonly<Record<number, number>>;

const PAIR_MS = 200;
/** Of a pair's time, what the launches themselves use. */
const OWN_SHARE = 0.9;

interface Machine {
  kinds?: Readonly<Record<number, string>>;
  /** The threads of each core that has more than one. */
  cores?: readonly (readonly number[])[];
  begin?: number;
  /** How much of its CPU time a launch accounts for. */
  accounted?: number;
}

/** The CPUs of the pairs after each of these loads, from CPU 1 on. */
function moves(loads: readonly Loads[], machine: Machine = {}): number[] {
  const { kinds = {}, cores = [], begin = 1, accounted = 1 } = machine;
  const cpus = Object.keys(loads[0] ?? {}).map(Number);
  const times = new Map(
    cpus.map((cpu) => [cpu, { cpu, busyTicks: 1000, interruptTicks: 300, stealTicks: 0 }]),
  );
  let nowMs = 5000;
  const topology = new Map(
    cpus.map((cpu): [number, Cpu] => {
      const core = cores.find((threads) => threads.includes(cpu)) ?? [];
      return [cpu, { kind: kinds[cpu] ?? '', siblings: core.filter((one) => one !== cpu) }];
    }),
  );
  const addon = { cpuTimes: (): CpuTimes[] => [...times.values()].map((one) => ({ ...one })) };
  const choice = new IdlestCpu(addon, () => nowMs, topology, begin);
  return loads.map((load) => {
    const own = OWN_SHARE * PAIR_MS;
    for (const one of times.values()) {
      const others = (load[one.cpu] ?? 0) * PAIR_MS;
      one.busyTicks += Math.round((others + (one.cpu === choice.current ? own : 0)) / 10);
    }
    nowMs += PAIR_MS;
    return choice.choose(accounted * own);
  });
}

describe('pairs of launches', () => {
  test('stay where nobody else works', () => {
    expect(
      moves([
        { 0: 0, 1: 0 },
        { 0: 0.1, 1: 0.1 },
        { 0: 1, 1: 0.1 },
      ]),
    ).toEqual([1, 1, 1]);
  });

  test('leave a CPU on which a neighbour came, and stay where they went', () => {
    const late = { 0: 0.05, 1: 1 };
    expect(moves([{ 0: 0, 1: 0 }, late, late, late])).toEqual([1, 0, 0, 0]);
  });

  test('go to the idlest of several', () => {
    expect(moves([{ 0: 0.3, 1: 1, 2: 0.05, 3: 0.1 }])).toEqual([2]);
  });

  test('stay where every other CPU is about as busy', () => {
    expect(moves([{ 0: 0.6, 1: 1 }])).toEqual([1]);
  });

  test('do not go to a CPU of another kind', () => {
    const kinds = { 0: '512', 1: '1024', 2: '1024' };
    expect(moves([{ 0: 0, 1: 1, 2: 0.3 }], { kinds })).toEqual([2]);
    expect(moves([{ 0: 0, 1: 1, 2: 0.9 }], { kinds })).toEqual([1]);
  });

  test('leave a core of which another thread is busy, and do not go to such a one', () => {
    const cores = [
      [0, 2],
      [1, 3],
      [4, 5],
    ];
    expect(moves([{ 0: 0, 1: 0, 2: 1, 3: 1, 4: 0.1, 5: 0 }], { cores })).toEqual([5]);
  });

  test('stay for good if the load follows them: it is their own', () => {
    const idle = { 0: 0, 1: 0 };
    const seen = moves([idle, idle, idle, idle, idle], { accounted: 0.1 });
    expect(seen).toEqual([0, 0, 0, 0, 0]);
  });

  test('can be kept on one CPU', () => {
    const choice = alwaysCpu(3);
    expect([choice.current, choice.choose(0)]).toEqual([3, 3]);
  });
});
