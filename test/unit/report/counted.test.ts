import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/record/run.js';
import { renderComment } from '../../../src/render/comment.js';
import { renderSummary } from '../../../src/render/summary.js';
import { renderTerminal } from '../../../src/render/terminal.js';
import { buildReport } from '../../../src/report/build.js';
import { compare } from '../../../src/verdict/evidence.js';
import { judge } from '../../../src/verdict/judge.js';
import { syntheticRun } from '../../fixtures/runs.js';

const POLICY = { alpha: 0.01, margins: [], failOn: 'regression' as const };

function countedRun(seed: number, boots: Record<string, number>): Run {
  return {
    ...syntheticRun({ metrics: [], screen: [], seed }),
    instructions: {
      conditions: { emulator: 'QEMU 7.2.22', cpu: 'max' },
      metrics: Object.entries(boots).map(([id, count]) => ({
        ...{ id, version: 1, gate: true, status: 'ok', boots: [count, count] },
      })),
    },
  };
}

const reportOf = (before: Record<string, number>, after: Record<string, number>) =>
  reportOfRuns(countedRun(1, before), countedRun(2, after));

function reportOfRuns(baseline: Run, candidate: Run) {
  const comparison = compare({ design: 'paired', baseline, candidate }, POLICY);
  return buildReport(comparison, judge(comparison, 'regression'), {
    specs: { baseline: 'kernel:/a', candidate: 'kernel:/b' },
    policy: POLICY,
    exhibits: [
      { role: 'baseline', run: baseline },
      { role: 'candidate', run: candidate },
    ],
  });
}

describe('a report of counts', () => {
  const before = { 'syscall.null': 337.16, 'syscall.read_zero': 669.33, 'syscall.fstat': 3480 };

  test('says which metrics take more instructions, and by how many', () => {
    const report = reportOf(before, { ...before, 'syscall.null': 345.16, 'syscall.fstat': 3482 });
    expect(report.verdict).toBe('regressed');
    expect(report.headline).toBe(
      '1 of 3 gated metrics takes more instructions: syscall.null, +8 (337.16 → 345.16).',
    );
    const terminal = renderTerminal(report, { color: false, columns: 100 });
    expect(terminal).toMatch(/syscall\.null +\+8 +\+2\.37 % +337\.16 +345\.16 +0\.01/);
    // Below the margin, and still told.
    expect(terminal).toMatch(/syscall\.fstat +\+2 +\+0\.06 % +3,480 +3,482 +0\.01/);
    expect(terminal).not.toMatch(/syscall\.read_zero +\+/);
    for (const text of [renderSummary(report), renderComment(report, { wasRegressed: false })]) {
      expect(text).toContain('More instructions');
      expect(text).toContain('QEMU 7.2.22');
    }
  });

  test('says that nothing differs where nothing does', () => {
    const report = reportOf(before, before);
    expect(report.headline).toBe('All 3 gated metrics take as many instructions as before.');
    expect(renderTerminal(report, { color: false, columns: 100 })).toContain(
      'The counts of 3 metrics are the same on both sides.',
    );
  });

  test('says once what all metrics cannot be compared for, and not that nothing differs', () => {
    const [baseline, other] = [countedRun(1, before), countedRun(2, before)];
    const candidate = { ...other, platform: { ...other.platform, architecture: 'aarch64' } };
    const terminal = renderTerminal(reportOfRuns(baseline, candidate), {
      ...{ color: false, columns: 500 },
    });
    const text = terminal.replace(/\s+/g, ' ');
    const told = text.split('Instructions not comparable')[1];
    expect(told?.match(/instruction counts cannot be compared/g)).toHaveLength(1);
    expect(told).toContain('one architecture: syscall.null, syscall.read_zero, syscall.fstat');
    expect(text).not.toContain('the same on both sides');
  });

  test('gives the reason of a loss that is for information only, and of what none could count', () => {
    const lost = (run: Run, ...ids: string[]): Run => ({
      ...run,
      instructions: {
        conditions: {},
        ...run.instructions,
        metrics: (run.instructions?.metrics ?? []).map(({ id }) =>
          ids.includes(id)
            ? {
                ...{ id, version: 1, gate: false, status: 'denied' },
                reason: { operation: 'read', errno: 1, message: 'Operation not permitted' },
              }
            : { id, version: 1, gate: true, status: 'ok', boots: [100, 100] },
        ),
      },
    });
    const baseline = lost(countedRun(1, before), 'syscall.fstat');
    const candidate = lost(countedRun(2, before), 'syscall.read_zero', 'syscall.fstat');
    const report = reportOfRuns(baseline, candidate);
    expect(report.passed).toBe(true);
    const text = renderTerminal(report, { color: false, columns: 500 }).replace(/\s+/g, ' ');
    expect(text).toContain(
      'Instructions of one side only syscall.read_zero: denied on the candidate: read: Operation not permitted (EPERM)',
    );
    expect(text).toMatch(/Instructions not counted syscall\.fstat: denied: read: .* \(EPERM\)/);
    expect(text).not.toContain('changed, for information only');
    expect(text).toContain('The count of 1 metric is the same on both sides.');
  });
});

describe('a host that was also timed', () => {
  /** Stored against stored of another machine, so that no time is compared. */
  function hostReport(before: Partial<Run>, after: Partial<Run>) {
    const timed = (seed: number): Run =>
      syntheticRun({ metrics: [{ id: 'syscall.null', ns: 100 }], screen: [0, 1, 2], seed });
    const far = timed(1);
    const baseline = { ...far, platform: { ...far.platform, cpuModel: 'Another CPU' }, ...before };
    const candidate = { ...timed(2), ...after };
    const stored = { runs: [baseline], skipped: [] };
    const comparison = compare({ design: 'stored', stored, candidate }, POLICY);
    return buildReport(comparison, judge(comparison, 'regression'), {
      specs: { baseline: 'artifact', candidate: 'host' },
      policy: POLICY,
      exhibits: [{ role: 'candidate', run: candidate }],
    });
  }
  const counts = (count: number): Partial<Run> => {
    const { instructions } = countedRun(1, { 'syscall.null': count });
    return instructions === undefined ? {} : { instructions };
  };
  const targetWith = (facts: Record<string, string>): Partial<Run> => ({
    target: { kind: 'host', spec: 'host', facts },
  });
  const QEMU = { 'counted kernel': '6.8 #1', 'counted with': 'mitigations=auto' };
  const WHY = { 'not counted': 'since QEMU is not installed (apt-get install qemu-system-x86)' };

  test('leads with its counts where they say more than its times', () => {
    const report = hostReport(counts(337), counts(345));
    expect(report.verdict).toBe('regressed');
    expect(report.headline).toBe(
      'The only gated metric takes more instructions: syscall.null, +8 (337 → 345); by time, none of 1 gated metric could be compared; syscall.null: The stored runs were measured on another machine.',
    );
    expect(hostReport(counts(337), counts(337)).headline).toMatch(
      /^The only gated metric takes as many instructions as before; by time, none of 1 /,
    );
  });

  test('says in every layout why it is not counted, and not as a difference', () => {
    const report = hostReport({ ...targetWith(QEMU), ...counts(337) }, targetWith(WHY));
    expect(report.counted).toBeNull();
    expect(report.candidate.facts).toEqual(WHY);
    expect(report.differences.map(({ field }) => field)).toEqual(['cpuModel']);
    const terminal = renderTerminal(report, { color: false, columns: 200 });
    expect(terminal).toMatch(/^not counted +instructions, since QEMU is not installed \(apt-get/m);
    for (const text of [renderSummary(report), renderComment(report, { wasRegressed: false })]) {
      expect(text).toContain('instructions, since QEMU is not installed');
    }
  });

  test('says it of the baseline, if that alone lacks counts', () => {
    const report = hostReport(targetWith(WHY), { ...targetWith(QEMU), ...counts(337) });
    expect(report.differences.map(({ field }) => field)).toEqual(['cpuModel']);
    expect(renderTerminal(report, { color: false, columns: 200 })).toMatch(
      /^not counted +instructions of the baseline, since QEMU is not installed/m,
    );
  });

  test('names what it was counted with only where the command line does not say it', () => {
    const words = (value: string) => targetWith({ ...QEMU, 'counted with': value });
    const fieldsOf = (report: ReturnType<typeof hostReport>) =>
      report.differences.map(({ field }) => field);
    const before = { ...words('mds=off'), ...counts(337) };
    const after = { ...words('mds=full'), ...counts(337) };
    expect(fieldsOf(hostReport(before, after))).toContain('target.counted with');
    const { subject } = countedRun(1, {});
    const line = { subject: { ...subject, kernelCommandLine: 'root=/dev/sda1 mds=full' } };
    const fields = fieldsOf(hostReport(before, { ...after, ...line }));
    expect(fields).toContain('kernelCommandLine');
    expect(fields).not.toContain('target.counted with');
  });
});
