import { describe, expect, test } from 'vitest';
import type { CountedMetric, Platform, Run } from '../../../src/record/run.js';
import {
  type Comparison,
  isInstructions,
  type MeasuredFinding,
} from '../../../src/verdict/comparison.js';
import { compare as compareAll } from '../../../src/verdict/evidence.js';
import { judge } from '../../../src/verdict/judge.js';
import { compareStored } from '../../../src/verdict/stored.js';
import { type MetricShape, PLATFORM, syntheticRun } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };
const SCREEN = [4, 5, 6, 7, 8, 9, 10, 11];

const shapes = (factor = 1): MetricShape[] => [
  { id: 'control.alu_chain', ns: 0.5, gate: false },
  { id: 'syscall.null', ns: 100 * factor },
  { id: 'syscall.stat', ns: 300 * factor },
  { id: 'context.pipe_self', ns: 500 * factor },
];

const runOf = (seed: number, more: Partial<Parameters<typeof syntheticRun>[0]> = {}): Run =>
  syntheticRun({ metrics: shapes(), screen: SCREEN, seed, ...more });

const storedRuns = (count: number, platform: Partial<Platform> = {}): Run[] =>
  Array.from({ length: count }, (_, i) =>
    runOf(i + 1, { platform, startedAt: `2026-01-0${(i % 9) + 1}T00:00:00.000Z` }),
  );

const compare = (runs: Run[], candidate: Run): Comparison<MeasuredFinding> =>
  compareStored({ runs, skipped: [] }, candidate, SETTINGS);

const verdictOf = (comparison: Comparison<MeasuredFinding>, id: string) =>
  comparison.findings.find((metric) => metric.id === id)?.verdict;

describe('a comparison with stored runs', () => {
  test('is never red on an unchanged machine, and settles as runs are stored', () => {
    const few = compare(storedRuns(1), runOf(99));
    expect(verdictOf(few, 'syscall.null')).toBe('inconclusive');
    const many = compare(storedRuns(30), runOf(99));
    expect(verdictOf(many, 'syscall.null')).toBe('unchanged');
    expect(judge(few, 'regression').passed).toBe(true);
    expect(judge(many, 'regression')).toEqual({ verdict: 'unchanged', passed: true });
  });

  test('is red for a strong regression from three stored runs on', () => {
    const slow = runOf(99, { metrics: shapes(1.6) });
    const few = compare(storedRuns(2), slow);
    expect(verdictOf(few, 'syscall.null')).toBe('inconclusive');
    expect(few.findings[1]?.because).toMatch(/^Only 2 stored runs have today's level/);
    expect(few.findings[1]?.mde80).toBe(Number.POSITIVE_INFINITY);
    const comparison = compare(storedRuns(3), slow);
    expect(verdictOf(comparison, 'syscall.null')).toBe('regressed');
    expect(judge(comparison, 'regression')).toEqual({ verdict: 'regressed', passed: false });
    expect(judge(comparison, 'never').passed).toBe(true);
  });

  test('is improved for a strong improvement', () => {
    const comparison = compare(storedRuns(3), runOf(99, { metrics: shapes(0.6) }));
    expect(verdictOf(comparison, 'syscall.stat')).toBe('improved');
    expect(judge(comparison, 'regression')).toEqual({ verdict: 'improved', passed: true });
  });

  test('leaves the candidate out of its own baseline', () => {
    const candidate = runOf(1);
    expect(compare([candidate], candidate).baseline).toEqual([]);
    expect(judge(compare([candidate], candidate), 'regression').verdict).toBe('incomparable');
  });

  test('with another machine is incomparable, whatever the numbers say', () => {
    const runs = storedRuns(3, { cpuModel: 'Another CPU' });
    const comparison = compare(runs, runOf(99, { metrics: shapes(3) }));
    expect(judge(comparison, 'regression')).toEqual({ verdict: 'incomparable', passed: true });
    expect(comparison.caveats.join()).toContain(`cpuModel: Another CPU → ${PLATFORM.cpuModel}`);
  });

  test('with another machine of the same CPU model is inconclusive at most', () => {
    const runs = storedRuns(5, { hypervisor: 'another' });
    const comparison = compare(runs, runOf(99, { metrics: shapes(3) }));
    expect(verdictOf(comparison, 'syscall.null')).toBe('inconclusive');
    expect(comparison.caveats.join()).toContain('hypervisor: another → KVMKVMKVM');
  });

  test('prefers runs of the same machine to runs of the same CPU model', () => {
    const sameModel = storedRuns(3, { hypervisor: 'another' });
    const own = runOf(50);
    expect(compare([...sameModel, own], runOf(99)).baseline.map(({ id }) => id)).toEqual([own.id]);
  });

  test('takes out a change of the processor speed, which the control loop shows', () => {
    const comparison = compare(storedRuns(8), runOf(99, { metrics: shapes(1.1), controlNs: 0.55 }));
    expect(judge(comparison, 'regression').verdict).not.toBe('regressed');
    expect(comparison.findings[1]?.change?.ratio).toBeCloseTo(1, 1);
  });

  test('blames the core when its wide loop and most metrics moved together', () => {
    const stored = storedRuns(5).map((run) => ({ ...run, coreWidth: 1.31 }));
    const busy = runOf(99, { metrics: shapes(1.4), coreWidth: 1.75 });
    const comparison = compare(stored, busy);
    expect(judge(comparison, 'regression')).toEqual({ verdict: 'inconclusive', passed: true });
    expect(comparison.caveats.join()).toContain('whole width of the core took +33.6 %');
    const same = runOf(99, { metrics: shapes(1.4), coreWidth: 1.32 });
    expect(judge(compare(stored, same), 'regression').verdict).toBe('regressed');
    const further = runOf(99, { metrics: shapes(3), coreWidth: 1.75 });
    expect(judge(compare(stored, further), 'regression').verdict).toBe('regressed');
    const untold = runOf(99, { metrics: shapes(1.4) });
    expect(judge(compare(stored, untold), 'regression').verdict).toBe('regressed');
  });

  test('does not blame the machine when the control loop stayed where it was', () => {
    const comparison = compare(storedRuns(5), runOf(99, { metrics: shapes(1.5) }));
    expect(judge(comparison, 'regression').verdict).toBe('regressed');
  });

  test('does not compare different definitions of a metric', () => {
    const [stored] = storedRuns(1);
    const old = {
      ...stored,
      metrics: stored?.metrics.map((metric) => ({ ...metric, version: 7 })),
    } as Run;
    const comparison = compare([old], runOf(99, { metrics: shapes(3) }));
    expect(verdictOf(comparison, 'syscall.null')).toBe('incomparable');
    expect(comparison.findings[1]?.because).toContain('definition 7');
  });
});

test('one regression among the stored runs does not hide the next', () => {
  const stored = storedRuns(19);
  const odd = runOf(77, { metrics: shapes(1.3) });
  const candidate = runOf(99, { metrics: shapes(1.15) });
  expect(verdictOf(compare([...stored, odd], candidate), 'syscall.null')).toBe('regressed');
});

test('the floor counts each pair of neighbouring launches once', () => {
  const [, metric] = compare(storedRuns(2), runOf(99)).findings;
  // Launches 4 to 11: the seams are 5-6, 7-8 and 9-10.
  expect(metric?.floor?.pairs).toBe(3);
});

test('the two sides of a row agree with its change', () => {
  for (const metric of compare(storedRuns(5), runOf(99, { metrics: shapes(1.2) })).findings) {
    const { baseline, candidate, change } = metric;
    if (baseline.status !== 'ok' || candidate.status !== 'ok') throw new Error('both measured');
    expect(candidate.estimate / baseline.estimate).toBeCloseTo(change?.ratio ?? 0, 10);
  }
});

describe('the target that the stored runs measured', () => {
  const container = { kind: 'container', spec: 'docker:debian' } as const;
  const elsewhere = runOf(50, { target: container });

  test('is said where one of them is another', () => {
    const caveat =
      'The stored runs measured docker:debian and this run measured host: every change includes the difference between the two.';
    expect(compare([elsewhere], runOf(99)).caveats).toContain(caveat);
    expect(compare([...storedRuns(2), elsewhere], runOf(99)).caveats).toContain(caveat);
  });

  test('is not said where it is the same', () => {
    expect(compare(storedRuns(3), runOf(99)).caveats).toEqual([]);
    expect(compare([elsewhere], runOf(99, { target: container })).caveats).toEqual([]);
  });
});

describe('an exact count', () => {
  const ID = 'exact.syscalls_per_op';
  const counting = (seed: number, count: number, platform: Partial<Platform> = {}): Run => {
    const run = runOf(seed, { platform });
    const counts = [4, 5].map((sequence) => ({ sequence, count, agreeing: 20, counts: 20 }));
    const metric: CountedMetric = {
      ...{ id: ID, version: 1, gate: true, status: 'ok', unit: 'count', counts },
    };
    return { ...run, metrics: [...run.metrics, metric] };
  };

  test('is compared with the newest stored run: what was merged long ago is no change', () => {
    expect(verdictOf(compare([counting(1, 4), counting(2, 5)], counting(99, 5)), ID)).toBe(
      'unchanged',
    );
    expect(verdictOf(compare([counting(1, 5), counting(2, 4)], counting(99, 5)), ID)).toBe(
      'regressed',
    );
  });

  test('is compared with the newest that has it', () => {
    const runs = [counting(1, 4), counting(2, 5), runOf(3)];
    expect(verdictOf(compare(runs, counting(99, 5)), ID)).toBe('unchanged');
  });

  test('is called nothing on another machine', () => {
    const sameModel = [counting(1, 4, { hypervisor: 'another' })];
    expect(verdictOf(compare(sameModel, counting(99, 5)), ID)).toBe('inconclusive');
    const other = [counting(1, 4, { cpuModel: 'Another CPU' })];
    expect(verdictOf(compare(other, counting(99, 5)), ID)).toBe('incomparable');
  });
});

describe('the figures of a metric', () => {
  const stored = storedRuns(5);
  const candidate = runOf(99, { metrics: shapes(1.1) });

  const found = (id: string) => compare(stored, candidate).findings.find((one) => one.id === id);

  test('never promise to detect less than the margin', () => {
    for (const { mde80, marginRatio } of compare(storedRuns(30), runOf(99)).findings) {
      expect(mde80).toBeGreaterThanOrEqual(marginRatio);
    }
  });

  test('are in ns of an operation', () => {
    const baseline = found('syscall.null')?.baseline;
    expect(baseline).toMatchObject({ estimate: expect.closeTo(100, -0.5), replicates: 5 * 8 });
  });
});

test('launches of the candidate that failed are said', () => {
  const { launches, ...candidate } = runOf(99);
  const failed = launches.map((launch) => ({ ...launch, failure: 'it was ended by signal 9' }));
  expect(compare(storedRuns(2), { ...candidate, launches: failed }).caveats).toEqual([
    expect.stringContaining('8 of 8 launches of host failed'),
  ]);
});

describe('runs of another machine with like counts', () => {
  const counted = (run: Run, boot: number, emulator = 'QEMU 7.2'): Run => ({
    ...run,
    instructions: {
      conditions: { emulator },
      metrics: [{ id: 'syscall.null', version: 1, gate: true, status: 'ok', boots: [boot, boot] }],
    },
  });
  const far = (seed: number, boot: number, emulator?: string): Run =>
    counted(runOf(seed, { platform: { cpuModel: 'Another CPU' } }), boot, emulator);
  const both = (runs: Run[], candidate: Run) =>
    compareAll({ design: 'stored', stored: { runs, skipped: [] }, candidate }, SETTINGS);
  const countedIn = ({ findings }: ReturnType<typeof both>) => findings.filter(isInstructions);

  test('are compared by these, and the caveat says that no time is', () => {
    const comparison = both([far(1, 337)], counted(runOf(99, { metrics: shapes(3) }), 345));
    expect(judge(comparison, 'regression')).toEqual({ verdict: 'regressed', passed: false });
    expect(countedIn(comparison)).toMatchObject([{ verdict: 'regressed', difference: 8 }]);
    expect(comparison.findings[1]).toMatchObject({ measure: 'time', verdict: 'incomparable' });
    expect(comparison.caveats.join()).toContain(
      'so no time is compared, only instructions, whose counts are the same on any machine. To compare times: store',
    );
  });

  test('are not mentioned where nothing but counts was asked for', () => {
    const { metrics: _, ...rest } = counted(runOf(99), 337);
    const comparison = both([far(1, 337)], { ...rest, metrics: [] } as unknown as Run);
    expect(comparison.caveats).toEqual([]);
    expect(judge(comparison, 'regression')).toEqual({ verdict: 'unchanged', passed: true });
  });

  test('of the same CPU model call times nothing, and counts what they are', () => {
    const near = counted(runOf(1, { platform: { hypervisor: 'another' } }), 337);
    const comparison = both([near], counted(runOf(99), 345));
    expect(judge(comparison, 'regression').verdict).toBe('regressed');
    expect(comparison.caveats.join()).toContain('and only counted instructions are called');
  });

  test('are the baseline before newer ones that another emulator counted', () => {
    const runs = [far(1, 337), far(2, 338), far(3, 500, 'QEMU 8.2'), runOf(4)];
    expect(both(runs, counted(runOf(99), 345)).counted?.baseline).toBe(runs[1]);
    expect(countedIn(both(runs.slice(2), counted(runOf(99), 345)))[0]?.because).toContain(
      'emulator: QEMU 8.2 → QEMU 7.2',
    );
  });
});
