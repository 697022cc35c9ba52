import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/record/run.js';
import { compare, type Evidence } from '../../../src/verdict/evidence.js';
import { compareInstructions } from '../../../src/verdict/instructions.js';
import { judge } from '../../../src/verdict/judge.js';
import type { JudgingSettings } from '../../../src/verdict/settings.js';
import { syntheticRun } from '../../fixtures/runs.js';

const SETTINGS: JudgingSettings = { alpha: 0.01, margins: [] };
const CONDITIONS = { emulator: 'QEMU 7.2', cpu: 'max' };

type Boots = Record<string, number[] | 'denied'>;

function countedRun(
  seed: number,
  boots: Boots,
  conditions: Record<string, string> = CONDITIONS,
): Run {
  const fields = { version: 1, gate: true };
  return {
    ...syntheticRun({ metrics: [], screen: [], seed }),
    instructions: {
      conditions,
      metrics: Object.entries(boots).map(([id, own]) =>
        own === 'denied'
          ? {
              ...{ id, ...fields, status: 'denied' },
              reason: { operation: 'open', errno: 13, message: 'Permission denied' },
            }
          : { id, ...fields, status: 'ok', boots: own },
      ),
    },
  };
}

const compared = (before: Boots, after: Boots, settings = SETTINGS) =>
  compareInstructions(countedRun(1, before), countedRun(2, after), settings);

const verdictOf = (before: number[], after: number[]): string | undefined =>
  compared({ 'syscall.null': before }, { 'syscall.null': after })?.findings[0]?.verdict;

describe('counted instructions', () => {
  test('that agree are unchanged, whatever the machine', () => {
    expect(verdictOf([337.16, 337.16], [337.16, 337.16])).toBe('unchanged');
  });

  test('that differ by more than the boots of a side and than the margin are a fact', () => {
    const [metric] =
      compared({ 'syscall.null': [337.16, 337.16] }, { 'syscall.null': [345.16, 345.16] })
        ?.findings ?? [];
    expect(metric).toMatchObject({ verdict: 'regressed', difference: 8, resolution: 0.01 });
    expect(metric?.because).toBe('8 more instructions per operation, counted in 4 boots.');
    expect(verdictOf([345.16, 345.16], [337.16, 337.16])).toBe('improved');
  });

  test('that differ by less than the margin are listed, not flagged', () => {
    const [metric] = compared({ 'a.b': [669, 669] }, { 'a.b': [672, 672] })?.findings ?? [];
    expect(metric).toMatchObject({ verdict: 'unchanged', difference: 3 });
    expect(metric?.because).toContain('3 more instructions per operation');
    const strict = { ...SETTINGS, margins: [{ glob: 'a.*', ratio: 0.001 }] };
    expect(
      compared({ 'a.b': [669, 669] }, { 'a.b': [672, 672] }, strict)?.findings[0]?.verdict,
    ).toBe('regressed');
  });

  test('that differ by less than two boots of one side do say nothing', () => {
    expect(verdictOf([3480, 3488], [3491, 3484])).toBe('unchanged');
  });

  test('of what allocates say nothing below a share of the count, however well boots agree', () => {
    const boots = (count: number): Boots => ({ 'process.fork_wait': [count, count] });
    const [same] = compared(boots(250_000), boots(249_100))?.findings ?? [];
    expect(same).toMatchObject({ verdict: 'unchanged', difference: -900, resolution: 1000 });
    const [other] = compared(boots(250_000), boots(248_900))?.findings ?? [];
    expect(other?.because).toContain('1,100 fewer instructions per operation');
    const [exact] = compared(boots(250_000), boots(250_000))?.findings ?? [];
    expect(exact).toMatchObject({ verdict: 'unchanged', difference: 0, resolution: 0.01 });
  });

  test('that differ by just what boots of a side differ by say nothing', () => {
    const [metric] = compared({ 'a.b': [1000, 1004] }, { 'a.b': [1006, 1006] })?.findings ?? [];
    expect(metric).toMatchObject({ verdict: 'unchanged', difference: 4, resolution: 4 });
    expect(metric?.because).toMatch(/^Within boot-to-boot noise/);
  });

  test('are resolved no further than by the boots of either side, if their numbers differ', () => {
    const [one, some] = [[10_000], [10_000, 10_008, 10_004]];
    for (const [before, after] of [
      [one, some],
      [some, one],
    ] as const) {
      const [metric] = compared({ 'a.b': before }, { 'a.b': after })?.findings ?? [];
      expect(metric).toMatchObject({ verdict: 'unchanged', resolution: 8 });
    }
    expect(verdictOf([1000], [1100, 1100])).toBe('regressed');
  });

  test('that differ by just the margin are listed, with a rule and without', () => {
    const eighth = { ...SETTINGS, margins: [{ glob: '*', ratio: 0.125 }] };
    const by = (percent: number, settings: JudgingSettings) =>
      compared(
        { 'a.b': [1000, 1000] },
        { 'a.b': [1000 + 10 * percent, 1000 + 10 * percent] },
        settings,
      )?.findings[0]?.verdict;
    expect(by(12.5, eighth)).toBe('unchanged');
    expect(by(12.6, eighth)).toBe('regressed');
    expect(by(1, SETTINGS)).toBe('unchanged');
    expect(by(1.1, SETTINGS)).toBe('regressed');
  });

  test('of short operations may differ by a few', () => {
    expect(verdictOf([100, 100], [104, 104])).toBe('unchanged');
    expect(verdictOf([100, 100], [105, 105])).toBe('regressed');
  });

  test('of another definition are not compared', () => {
    const [before, after] = [countedRun(1, { 'a.b': [10] }), countedRun(2, { 'a.b': [20] })];
    for (const metric of after.instructions?.metrics ?? []) metric.version = 2;
    const [metric] = compareInstructions(before, after, SETTINGS)?.findings ?? [];
    expect(metric).toMatchObject({ verdict: 'incomparable' });
    expect(metric?.because).toContain('different definitions');
  });

  test('of a side whose boots disagree are no fact', () => {
    const [metric] = compared({ 'a.b': [1000, 1010] }, { 'a.b': [2000, 2000] })?.findings ?? [];
    expect(metric?.verdict).toBe('incomparable');
    expect(metric?.because).toBe(
      'Unstable: the boots of one side counted 1,000, 1,010, which are more than 0.5 % apart.',
    );
  });

  test('that agree boot by boot are the same, however far the boots lie apart', () => {
    const [metric] = compared({ 'a.b': [247, 241] }, { 'a.b': [247, 241] })?.findings ?? [];
    expect(metric).toMatchObject({ verdict: 'unchanged', difference: 0, resolution: 0.01 });
  });

  test('whose difference depends on the boot are resolved no further than that', () => {
    const [metric] = compared({ 'a.b': [1000, 1002] }, { 'a.b': [1014, 1012] })?.findings ?? [];
    expect(metric).toMatchObject({ verdict: 'regressed', difference: 12, resolution: 4 });
  });

  test('of other conditions are not held against each other', () => {
    const other = countedRun(1, { 'a.b': [1] }, { ...CONDITIONS, emulator: 'QEMU 9.0' });
    const comparison = compareInstructions(other, countedRun(2, { 'a.b': [500] }), SETTINGS);
    expect(comparison?.findings[0]?.verdict).toBe('incomparable');
    expect(comparison?.findings[0]?.because).toContain('emulator: QEMU 9.0 → QEMU 7.2');
  });

  test('of a condition that one side did not record say so', () => {
    const more = countedRun(2, { 'a.b': [1] }, { ...CONDITIONS, icount: '0' });
    const found = compareInstructions(countedRun(1, { 'a.b': [1] }), more, SETTINGS);
    expect(found?.findings[0]?.because).toContain('(icount: not recorded → 0)');
  });

  test('of another architecture neither, which is said before anything else', () => {
    const other = countedRun(1, { 'a.b': [1] }, { ...CONDITIONS, machine: 'virt' });
    const arm64 = { ...other, platform: { ...other.platform, architecture: 'aarch64' } };
    const comparison = compareInstructions(arm64, countedRun(2, { 'a.b': [500] }), SETTINGS);
    expect(comparison?.findings[0]?.verdict).toBe('incomparable');
    expect(comparison?.findings[0]?.because).toMatch(
      /^The baseline's kernel is for aarch64 and the candidate's for x86_64, .* count two kernels/,
    );
  });

  test('make the verdict of a gate, alone and beside times', () => {
    const before = countedRun(1, { 'a.b': [100, 100] });
    const after = countedRun(2, { 'a.b': [150, 150] });
    const judged = (baseline: Run, candidate: Run, failOn: 'regression' | 'inconclusive') =>
      judge(compare({ design: 'paired', baseline, candidate }, SETTINGS), failOn);
    expect(judged(before, after, 'regression')).toEqual({ verdict: 'regressed', passed: false });
    expect(judged(before, before, 'regression')).toEqual({ verdict: 'unchanged', passed: true });
    const lost = countedRun(3, { 'a.b': 'denied' });
    expect(judged(before, lost, 'regression')).toEqual({ verdict: 'blocked', passed: false });
    expect(judged(lost, before, 'inconclusive')).toEqual({ verdict: 'incomparable', passed: true });
  });

  test('of an earlier run on any machine are a baseline', () => {
    const earlier = { ...countedRun(1, { 'a.b': [100] }), startedAt: '2025-01-01T00:00:00.000Z' };
    const elsewhere = { ...earlier, platform: { ...earlier.platform, cpuModel: 'Another CPU' } };
    const candidate = countedRun(2, { 'a.b': [150] });
    const stored = { runs: [elsewhere], skipped: [] };
    const evidence: Evidence = { design: 'stored', stored, candidate };
    expect(judge(compare(evidence, SETTINGS), 'regression').verdict).toBe('regressed');
  });
});

describe('functions of what was counted', () => {
  /** A run that was traced, all instructions in one function. */
  function tracedRun(seed: number, counts: Record<string, number>, why?: string): Run {
    const run = countedRun(
      seed,
      Object.fromEntries(Object.entries(counts).map(([id, count]) => [id, [count, count]])),
    );
    const metrics = (run.instructions?.metrics ?? []).map((metric) => {
      if (metric.status !== 'ok') return metric;
      if (why !== undefined) return { ...metric, untraced: why };
      const instructions = [metric.boots[0] ?? 0];
      return {
        ...metric,
        traced: { operations: 1, functions: [0], depths: [0], instructions },
      };
    });
    const functions = [{ name: 'do_syscall_64', kernel: true }];
    return { ...run, instructions: { conditions: CONDITIONS, metrics, functions } };
  }

  const before = { 'syscall.null': 300, 'syscall.stat': 3000 };
  const after = { ...before, 'syscall.null': 320 };
  const metricsOf = (baseline: Run, candidate: Run) =>
    compareInstructions(baseline, candidate, SETTINGS)?.findings;

  test('are named where the count differs, and add up to it', () => {
    const [changed, same] = metricsOf(tracedRun(1, before), tracedRun(2, after)) ?? [];
    expect(changed?.operation).toMatchObject({
      ...{ difference: 20, remainder: 0 },
      functions: [{ name: 'do_syscall_64', difference: 20, change: 'grown' }],
    });
    expect(same).not.toHaveProperty('operation');
    expect(same).not.toHaveProperty('untraced');
  });

  test('are missed with a reason where a side was not traced', () => {
    const [failed] =
      metricsOf(tracedRun(1, before, 'it was not possible'), tracedRun(2, after)) ?? [];
    expect(failed).toMatchObject({ untraced: 'it was not possible' });
    const counts = { 'syscall.null': [300, 300] };
    const [old] = metricsOf(countedRun(1, counts), tracedRun(2, after)) ?? [];
    expect(old).toMatchObject({ untraced: 'the baseline was counted without a trace' });
    expect(old).not.toHaveProperty('operation');
    const [neither] =
      metricsOf(countedRun(1, counts), countedRun(2, { 'syscall.null': [9] })) ?? [];
    expect(neither).not.toHaveProperty('untraced');
  });
});
