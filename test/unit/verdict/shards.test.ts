import { describe, expect, test } from 'vitest';
import { judgeEvidence } from '../../../src/flows/judge.js';
import { makeRun, type Platform, type Run } from '../../../src/record/run.js';
import { renderComment } from '../../../src/render/comment.js';
import { renderTerminal } from '../../../src/render/terminal.js';
import type { Comparison, MeasuredFinding } from '../../../src/verdict/comparison.js';
import { shardsEvidence } from '../../../src/verdict/evidence.js';
import { judge } from '../../../src/verdict/judge.js';
import type { Shard } from '../../../src/verdict/shard-set.js';
import { compareShards } from '../../../src/verdict/shards.js';
import { type MetricShape, type ShardShape, syntheticShard } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };
const AMD = { cpuModel: 'AMD EPYC 7763' };
const INTEL = { cpuModel: 'Intel Xeon 8370C' };

const shapes = (changes: Record<string, number> = {}, noise = 0.003): MetricShape[] =>
  ['syscall.null', 'syscall.stat', 'context.pipe_self'].map((id, i) => ({
    id,
    ns: 100 * (i + 1) * (changes[id] ?? 1),
    noise,
  }));

const shard = (
  machine: number,
  changes: Record<string, number> = {},
  more: Partial<ShardShape> = {},
): Shard =>
  syntheticShard({
    machine,
    baseline: shapes(),
    candidate: shapes(changes),
    platform: AMD,
    ...more,
  });

function compare(shards: Shard[], skipped: string[] = []): Comparison<MeasuredFinding> {
  const [first, ...rest] = shards;
  if (first === undefined) throw new Error('no shard');
  return compareShards([first, ...rest], SETTINGS, skipped);
}

function metricOf(comparison: Comparison<MeasuredFinding>, id: string): MeasuredFinding {
  const metric = comparison.findings.find((one) => one.id === id);
  if (metric === undefined) throw new Error(`no ${id}`);
  return metric;
}

const verdicts = (comparison: Comparison<MeasuredFinding>) =>
  comparison.findings.map(({ verdict }) => verdict);

describe('shards of three machines', () => {
  test('are regressed where all of them slowed down, and not where none did', () => {
    const slow = { 'syscall.null': 1.1 };
    const comparison = compare([shard(1, slow), shard(2, slow), shard(3, slow)]);
    const metric = metricOf(comparison, 'syscall.null');
    expect(metric).toMatchObject({ verdict: 'regressed' });
    expect(metric.because).toContain('36 pairs of launches on 3 machines');
    expect(metric.change?.low).toBeGreaterThan(1.08);
    expect(metric.change?.high).toBeLessThan(1.12);
    expect(metricOf(comparison, 'syscall.stat').verdict).not.toBe('regressed');
    expect(judge(comparison, 'regression')).toEqual({ verdict: 'regressed', passed: false });
  });

  test('are not called by their estimates alone: their pairs have to be able to say so too', () => {
    const strict = { alpha: 1e-5, margins: [] };
    const doubled = (rounds: number): MeasuredFinding => {
      const [first, ...rest] = [1, 2, 3].map((machine) =>
        shard(machine, { 'syscall.null': 2 }, { rounds }),
      );
      if (first === undefined) throw new Error('no shard');
      return metricOf(compareShards([first, ...rest], strict, []), 'syscall.null');
    };
    // Six pairs each are 2^-6 a machine, 1e-4 for three of them together.
    expect(doubled(3)).toMatchObject({ verdict: 'inconclusive', mde80: Number.POSITIVE_INFINITY });
    expect(doubled(3).replicatesToSettle).toBeGreaterThan(3);
    expect(doubled(6).verdict).toBe('regressed');
  });

  test('improve when the sides are swapped', () => {
    const slow = { baseline: shapes({ 'syscall.null': 1.1 }) };
    const comparison = compare([1, 2, 3].map((machine) => shard(machine, {}, slow)));
    expect(metricOf(comparison, 'syscall.null').verdict).toBe('improved');
  });

  test('are unchanged, by equivalence, when there are enough of them', () => {
    const comparison = compare([1, 2, 3, 4, 5].map((machine) => shard(machine)));
    expect(new Set(verdicts(comparison))).toEqual(new Set(['unchanged']));
  });

  test('are inconclusive about a change near the margin, with the machines that would settle it', () => {
    const slow = { 'syscall.null': 1.022 };
    const comparison = compare([shard(1, slow), shard(2, slow), shard(3, slow)]);
    const metric = metricOf(comparison, 'syscall.null');
    expect(metric.verdict).toBe('inconclusive');
    expect(metric.replicatesToSettle).toBeGreaterThan(3);
    expect(metric.because).toMatch(/About \d+ machines in total would settle it\.$/);
  });

  test('see smaller changes the more of them there are', () => {
    const mde = (count: number): number => {
      const machines = Array.from({ length: count }, (_, i) => shard(i + 1));
      return metricOf(compare(machines), 'syscall.null').mde80 ?? Number.NaN;
    };
    expect(mde(3)).toBeLessThan(mde(1));
    expect(mde(8)).toBeLessThan(mde(3));
  });

  test('carry the floor of all their identical neighbours', () => {
    const { floor } = metricOf(compare([shard(1), shard(2), shard(3)]), 'syscall.null');
    expect(floor).toMatchObject({ pairs: 3 * 11, rejections: 0 });
  });
});

describe('machines that disagree', () => {
  const slow = { 'syscall.null': 1.2 };
  const mixedShards = () => [
    shard(1, slow),
    shard(2, {}, { platform: INTEL }),
    shard(3, {}, { platform: INTEL }),
  ];
  const mixed = () => compare(mixedShards());

  test('are not one number: inconclusive, with who says what and which model moved', () => {
    const comparison = mixed();
    const metric = metricOf(comparison, 'syscall.null');
    expect(metric.verdict).toBe('inconclusive');
    expect(metric.because).toMatch(
      /The machines disagree: \+(19|20)\.\d % on machine 1 \(AMD EPYC 7763\), .* on machine [23] \(Intel Xeon 8370C\); it moved on every AMD EPYC 7763, and on no Intel Xeon 8370C\.$/,
    );
    expect(comparison.caveats).toContainEqual(
      expect.stringMatching(/^The machines disagree about syscall\.null: /),
    );
    expect(metricOf(comparison, 'syscall.stat').because).not.toContain('disagree');
  });

  test('are not told apart by a CPU model that could not be read', () => {
    const because = (platform: Partial<Platform>): string => {
      const [first, ...others] = mixedShards();
      if (first === undefined) throw new Error('no shard');
      const moved = { ...first.candidate.platform, ...platform };
      const candidate = makeRun({ ...first.candidate, platform: moved });
      return metricOf(compare([{ ...first, candidate }, ...others]), 'syscall.null').because;
    };
    expect(because({ cpuModel: 'unknown' })).toMatch(/\(x86_64\), .* \(Intel Xeon 8370C\)\.$/);
    expect(because({ cpuModel: 'unknown', architecture: 'aarch64' })).toMatch(
      /; it moved on every aarch64, and on no Intel Xeon 8370C\.$/,
    );
  });

  test('are shown each by itself in every rendering', () => {
    const [first, ...rest] = mixedShards();
    if (first === undefined) throw new Error('no shard');
    const policy = { ...SETTINGS, failOn: 'regression' } as const;
    const specs = { baseline: 'host', candidate: 'host' };
    const { report } = judgeEvidence(shardsEvidence([first, ...rest], []), policy, specs);
    expect(report.machines.map(({ platform }) => platform.cpuModel)).toEqual([
      AMD.cpuModel,
      INTEL.cpuModel,
      INTEL.cpuModel,
    ]);
    expect(report.headline).toMatch(
      /; the machines disagree about syscall\.null, on 3 machines\.$/,
    );
    expect(report.disagreements).toEqual(['syscall.null']);
    const terminal = renderTerminal(report, { color: false, columns: 120 });
    expect(terminal).toContain('shards: both sides measured in turn on 3 machines');
    expect(terminal).toMatch(/^ {2}syscall\.null +\+(19|20)\.\d % \(.*\) /m);
    expect(terminal).toMatch(/^machine 2 +Intel Xeon 8370C, 2 CPUs/m);
    const comment = renderComment(report, {});
    expect(comment).toMatch(/^\| `syscall\.null` \| \+(19|20)\.\d/m);
    expect(comment).toContain('npm start -- merge shards');
  });

  test('do not, by the noise of identical machines', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const machines = [3 * seed, 3 * seed + 1, 3 * seed + 2].map((machine) =>
        shard(machine, {}, { baseline: shapes({}, 0.03), candidate: shapes({}, 0.03) }),
      );
      expect(compare(machines).caveats).toEqual([]);
    }
  });
});

describe('one machine alone', () => {
  test('says that the others are a guess, and still sees a large change', () => {
    const comparison = compare([shard(1, { 'syscall.null': 1.3 })]);
    expect(metricOf(comparison, 'syscall.null').verdict).toBe('regressed');
    expect(metricOf(comparison, 'syscall.stat').mde80).toBeGreaterThan(0.035);
    expect(comparison.caveats).toEqual([expect.stringMatching(/^There is only one machine\. /)]);
  });
});

describe('what not every machine has', () => {
  const without = ({ baseline, candidate }: Shard, id: string): Shard => ({
    baseline,
    candidate: makeRun({
      ...candidate,
      metrics: candidate.metrics.filter((metric) => metric.id !== id),
    }),
  });

  test('is judged by those that have it, and the report says by whom not', () => {
    const slow = { 'syscall.null': 1.15 };
    const machines = [shard(1, slow), shard(2, slow), without(shard(3, slow), 'syscall.null')];
    const comparison = compare(machines);
    const metric = metricOf(comparison, 'syscall.null');
    expect(metric).toMatchObject({ verdict: 'regressed' });
    expect(metric.because).toContain('on 2 machines');
    expect(comparison.caveats).toEqual([
      expect.stringMatching(
        /^Machine 3 .* measured these metrics on one side only, .* without it: syscall\.null\.$/,
      ),
    ]);
  });

  test('and was measured by another definition there, is judged by the usual one', () => {
    const redefined = ({ baseline, candidate }: Shard): Shard => {
      const next = (run: Run): Run =>
        makeRun({ ...run, metrics: run.metrics.map((metric) => ({ ...metric, version: 2 })) });
      return { baseline: next(baseline), candidate: next(candidate) };
    };
    const comparison = compare([shard(1), shard(2), redefined(shard(3, { 'syscall.null': 3 }))]);
    expect(metricOf(comparison, 'syscall.null').verdict).not.toBe('regressed');
    expect(comparison.caveats).toEqual([
      expect.stringMatching(
        /^Machine 3 .* has another definition of these metrics, .*syscall\.stat/,
      ),
    ]);
  });

  test('because the candidate is refused it on one machine, is a finding', () => {
    const denied = shapes().map((metric) =>
      metric.id === 'syscall.stat' ? { ...metric, unavailable: 'denied' as const } : metric,
    );
    const comparison = compare([shard(1), shard(2, {}, { candidate: denied }), shard(3)]);
    const metric = metricOf(comparison, 'syscall.stat');
    expect(metric).toMatchObject({ verdict: 'blocked', candidate: { status: 'denied' } });
    expect(metric.because).toMatch(
      /^On machine 2 \(AMD EPYC 7763\): Measured on the baseline, but/,
    );
    expect(judge(comparison, 'regression')).toEqual({ verdict: 'blocked', passed: false });
  });

  test('hides no regression of the others by that', () => {
    const slow = { 'syscall.stat': 1.2 };
    const denied = shapes().map((metric) =>
      metric.id === 'syscall.stat' ? { ...metric, unavailable: 'denied' as const } : metric,
    );
    const machines = [shard(1, slow), shard(2, {}, { candidate: denied }), shard(3, slow)];
    const metric = metricOf(compare(machines), 'syscall.stat');
    expect(metric.verdict).toBe('blocked');
    expect(metric.because).toMatch(
      /^On machine 2 .* On the machines that can measure it: Slower by more than/,
    );
  });

  test('a machine without enough pairs of anything does not count as one', () => {
    const slow = { 'syscall.null': 1.15 };
    const machines = [shard(1, slow), shard(2, slow), shard(3, slow, { rounds: 2 })];
    const comparison = compare(machines);
    expect(comparison.machines).toHaveLength(2);
    expect(comparison.caveats).toEqual([
      expect.stringMatching(/no metric has at least 5 pairs of launches/),
    ]);
    expect(compare([shard(3, slow, { rounds: 2 })]).findings).toContainEqual(
      expect.objectContaining({
        verdict: 'incomparable',
        because: expect.stringMatching(/^No machine has enough pairs/),
      }),
    );
  });
});

test('other kernels and other versions of the gate are said', () => {
  const { baseline, candidate } = shard(3);
  const subject = { ...candidate.subject, kernelRelease: '6.8.0' };
  const other = { baseline, candidate: makeRun({ ...candidate, subject, tool: '9.9.9' }) };
  const comparison = compare([shard(1), shard(2), other]);
  expect(comparison.caveats).toEqual([
    expect.stringMatching(/different versions of syscall-gate \(0\.0\.0, 9\.9\.9\)/),
    expect.stringMatching(/different kernels \(6\.1\.0, 6\.8\.0\)/),
  ]);
});

describe('counts', () => {
  const counting = (machine: number, before: number, after: number): Shard => {
    const { baseline, candidate } = shard(machine);
    const counted = (run: Run, count: number): Run => {
      const counts = [0, 1, 2].map((sequence) => ({ sequence, count, agreeing: 10, counts: 10 }));
      const metric = {
        ...{ id: 'exact.segments_per_op', version: 1, gate: true },
        ...{ status: 'ok' as const, unit: 'count' as const, counts },
      };
      return makeRun({ ...run, metrics: [...run.metrics, metric] });
    };
    return { baseline: counted(baseline, before), candidate: counted(candidate, after) };
  };
  const countOn = (...machines: Shard[]) => metricOf(compare(machines), 'exact.segments_per_op');

  test('are a finding when one machine counts another number', () => {
    const metric = countOn(counting(1, 1, 1), counting(2, 1, 2), counting(3, 1, 1));
    expect(metric.verdict).toBe('regressed');
    expect(metric.because).toContain('on 1 of 3 machines, first machine 2 (AMD EPYC 7763)');
  });

  test('are unchanged when they are the same on each', () => {
    const metric = countOn(counting(1, 1, 1), counting(2, 1, 1));
    expect(metric).toMatchObject({ verdict: 'unchanged' });
    expect(metric.because).toContain('on each of 2 machines');
  });
});

test('identical sides are never called changed over machines', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const noisy = { baseline: shapes({}, 0.02), candidate: shapes({}, 0.02) };
    const machines = [3 * seed, 3 * seed + 1, 3 * seed + 2].map((id) => shard(id, {}, noisy));
    expect(verdicts(compare(machines)).filter((one) => /regressed|improved/.test(one))).toEqual([]);
  }
});
