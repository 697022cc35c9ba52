import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../../src/verdict/comparison.js';
import { diagnose } from '../../../src/verdict/diagnosis.js';
import { comparePaired } from '../../../src/verdict/paired.js';
import { type MetricShape, syntheticPair } from '../../fixtures/runs.js';

/** What an operation does, and takes, in ns. */
const CATALOGUE: readonly (MetricShape & { entries: number; switches: number; bytes: number })[] = [
  { id: 'clock.vdso_monotonic', ns: 25, entries: 0, switches: 0, bytes: 0 },
  { id: 'syscall.null', ns: 80, entries: 1, switches: 0, bytes: 0 },
  { id: 'syscall.read_zero', ns: 120, entries: 1, switches: 0, bytes: 1 },
  { id: 'syscall.stat', ns: 340, entries: 1, switches: 0, bytes: 144 },
  { id: 'syscall.open_close', ns: 610, entries: 2, switches: 0, bytes: 0 },
  { id: 'syscall.poll_1', ns: 150, entries: 1, switches: 0, bytes: 8 },
  { id: 'context.pipe_2p_0k', ns: 1200, entries: 2, switches: 1, bytes: 1 },
  { id: 'context.ring_8p_0k', ns: 1300, entries: 2, switches: 1, bytes: 1 },
  { id: 'context.futex_2p', ns: 1400, entries: 2, switches: 1, bytes: 0 },
  { id: 'context.yield_2p', ns: 700, entries: 1, switches: 1, bytes: 0 },
  { id: 'net.unix_rtt_1b', ns: 4000, entries: 4, switches: 2, bytes: 2 },
  { id: 'sendfile.tcp_4k', ns: 5100, entries: 2, switches: 0, bytes: 4096 },
  { id: 'sendfile.tcp_64k', ns: 8800, entries: 2, switches: 0, bytes: 65_536 },
  { id: 'sendfile.tcp_64k_copy', ns: 12_000, entries: 3, switches: 0, bytes: 65_536 },
  { id: 'sendfile.unix_64k', ns: 9000, entries: 2, switches: 0, bytes: 65_536 },
];
type Known = (typeof CATALOGUE)[number];

const moves64k = (name: string): Known => ({
  ...{ id: `sendfile.${name}`, ns: 9000, entries: 2, switches: 0, bytes: 65_536 },
});
const overTcp = ['tcp_64k_a', 'tcp_64k_b', 'tcp_64k_c', 'tcp_64k_d'].map(moves64k);
const throughPipes = ['to_pipe_64k', 'file_to_file_64k', 'copy_file_range_64k'].map(moves64k);

/** A confirmed paired comparison in which each metric costs so much more. */
function comparisonOf(
  more: (metric: Known) => number,
  catalogue: readonly Known[] = CATALOGUE,
): Comparison {
  const shapes = (extra: (metric: Known) => number): MetricShape[] =>
    catalogue.map((metric) => ({ ...metric, ns: metric.ns + extra(metric), noise: 0.002 }));
  const pair = syntheticPair({
    ...{ rounds: 10, confirmRounds: 10, seed: 3 },
    ...{ baseline: shapes(() => 0), candidate: shapes(more) },
  });
  return comparePaired(pair.baseline, pair.candidate, { alpha: 0.01, margins: [] });
}

describe('one cause behind many changes', () => {
  test('so much for every kernel entry', () => {
    const diagnosis = diagnose(comparisonOf(({ entries }) => 26 * entries));
    expect(diagnosis).toMatchObject({ terms: [{ quantity: 'entries' }] });
    expect(diagnosis?.terms[0]?.ns).toBeCloseTo(26, 0);
    expect(diagnosis?.terms[0]?.low).toBeLessThanOrEqual(26.5);
    expect(diagnosis?.terms[0]?.high).toBeGreaterThanOrEqual(25.5);
    expect(diagnosis?.share).toBeGreaterThan(0.9);
    expect(diagnosis?.explained).toContain('syscall.null');
  });

  test('so much for every context switch, and it may be less', () => {
    const slower = diagnose(comparisonOf(({ switches }) => 300 * switches));
    expect(slower).toMatchObject({ terms: [{ quantity: 'switches' }] });
    const faster = diagnose(comparisonOf(({ switches }) => -200 * switches));
    expect(faster?.terms[0]?.ns).toBeCloseTo(-200, -1);
  });

  test('so much for every kilobyte', () => {
    const diagnosis = diagnose(comparisonOf(({ bytes }) => (20 * bytes) / 1024));
    expect(diagnosis).toMatchObject({ terms: [{ quantity: 'kilobytes' }] });
    expect(diagnosis?.terms[0]?.ns).toBeCloseTo(20, 0);
  });

  test('so much for every kilobyte over TCP, where one through a pipe costs what it did', () => {
    const more = ({ id, bytes }: Known) => (id.includes('.tcp_64k_') ? (28 * bytes) / 1024 : 0);
    const counted = overTcp.map((metric) => ({ ...metric, segments: 2 }));
    const diagnosis = diagnose(comparisonOf(more, [...CATALOGUE, ...counted, ...throughPipes]));
    expect(diagnosis).toMatchObject({ terms: [{ quantity: 'tcpKilobytes' }] });
    expect(diagnosis?.terms[0]?.ns).toBeCloseTo(28, -1);
    const uncounted = comparisonOf(more, [...CATALOGUE, ...overTcp, ...throughPipes]);
    expect(diagnose(uncounted)).toBeUndefined();
  });

  test('two at once, where one alone does not explain it', () => {
    const both = ({ entries, bytes }: Known) => 40 * entries + (60 * bytes) / 1024;
    const diagnosis = diagnose(comparisonOf(both));
    expect(diagnosis?.terms.map(({ quantity }) => quantity)).toEqual(['entries', 'kilobytes']);
    expect(diagnosis?.terms[0]?.ns).toBeCloseTo(40, -1);
    expect(diagnosis?.terms[1]?.ns).toBeCloseTo(60, -1);
  });

  test('a metric with a cause of its own does not hide it, and is not counted in', () => {
    const odd = ({ id, entries }: Known) => 26 * entries + (id === 'syscall.stat' ? 900 : 0);
    const diagnosis = diagnose(comparisonOf(odd));
    expect(diagnosis).toMatchObject({ terms: [{ quantity: 'entries' }] });
    expect(diagnosis?.explained).not.toContain('syscall.stat');
    expect(diagnosis?.called).toBe((diagnosis?.explained.length ?? 0) + 1);
  });
});

describe('no cause', () => {
  test('where nothing changed, or too little', () => {
    expect(diagnose(comparisonOf(() => 0))).toBeUndefined();
    const one = ({ id }: Known) => (id === 'syscall.null' ? 30 : 0);
    expect(diagnose(comparisonOf(one))).toBeUndefined();
  });

  test('where changes are in proportion to nothing', () => {
    const scattered = new Map([
      ['syscall.null', 40],
      ['syscall.stat', -120],
      ['syscall.open_close', 400],
      ['context.yield_2p', -150],
      ['sendfile.tcp_4k', 900],
    ]);
    expect(diagnose(comparisonOf(({ id }) => scattered.get(id) ?? 0))).toBeUndefined();
  });

  test('where what stood still outweighs it, though it would move none of that clearly', () => {
    const known = (id: string, ns: number, entries: number): Known => ({
      ...{ id, ns, entries, switches: 0, bytes: 0 },
    });
    const slower = ['one', 'two', 'three'].map((name, i) =>
      known(`syscall.${name}`, 80 + 35 * i, 1),
    );
    const still = Array.from({ length: 9 }, (_, i) => known(`memory.m${i}`, 2000, 8));
    const more = ({ entries }: Known) => (entries === 1 ? 5 : 0);
    expect(diagnose(comparisonOf(more, slower))).toMatchObject({ called: 3 });
    expect(diagnose(comparisonOf(more, [...slower, ...still]))).toBeUndefined();
  });

  test('where most of what it would move stood still', () => {
    const some = new Set(['syscall.null', 'syscall.read_zero', 'syscall.poll_1']);
    const few = ({ id, entries }: Known) => (some.has(id) ? 26 * entries : 0);
    const others = comparisonOf(few).findings.filter(
      ({ verdict, gate }) => gate && verdict === 'unchanged',
    );
    expect(others.length).toBeGreaterThan(9);
    expect(diagnose(comparisonOf(few))).toBeUndefined();
  });
});
