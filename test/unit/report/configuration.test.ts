import { expect, test } from 'vitest';
import { parseKernelConfiguration } from '../../../src/record/kernel-configuration.js';
import { parseReport } from '../../../src/record/report.js';
import { parseRun, type Run } from '../../../src/record/run.js';
import { renderComment } from '../../../src/render/comment.js';
import { renderSummary } from '../../../src/render/summary.js';
import { renderTerminal } from '../../../src/render/terminal.js';
import { buildReport } from '../../../src/report/build.js';
import { configurationText } from '../../../src/report/configuration.js';
import { compare } from '../../../src/verdict/evidence.js';
import { judge } from '../../../src/verdict/judge.js';
import { syntheticRun } from '../../fixtures/runs.js';

const POLICY = { alpha: 0.01, margins: [], failOn: 'regression' as const };

interface Kernel {
  /** What is in its .config. */
  options: string[];
  /** What a read calls, and how many instructions each function takes. */
  functions?: Record<string, number>;
}

function runOf(seed: number, { options, functions = {} }: Kernel): Run {
  const run = syntheticRun({ metrics: [], screen: [], seed });
  const text = options.map((option) => `CONFIG_${option}\n`).join('');
  const configuration = parseKernelConfiguration(text, 'file');
  const calls = Object.entries({ vfs_read: 100, ...functions });
  const count = calls.reduce((sum, [, own]) => sum + own, 0);
  return {
    ...run,
    target: { ...run.target, ...(configuration ? { configuration } : {}) },
    instructions: {
      conditions: { emulator: 'QEMU 7.2.22' },
      metrics: [
        {
          ...{ id: 'syscall.read_zero', version: 1, gate: true, status: 'ok', boots: [count] },
          traced: {
            operations: 1,
            functions: calls.map((_, index) => index),
            depths: calls.map((_, index) => index),
            instructions: calls.map(([, own]) => own),
          },
        },
      ],
      functions: calls.map(([name]) => ({ name, kernel: true })),
    },
  };
}

function reportOf(before: Kernel, after: Kernel) {
  const [baseline, candidate] = [runOf(1, before), runOf(2, after)];
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

const APPARMOR = { apparmor_file_permission: 24 };
const BEFORE = ['AUDIT=y', 'HZ=250', 'SECURITY=y', 'SECURITY_YAMA=y'];

test('options that name the subsystem of a function that came are told first', () => {
  const after = [...BEFORE, 'APPLE_MFI=m', 'HZ=1000', 'SECURITY_APPARMOR=y'];
  const report = reportOf({ options: BEFORE }, { options: after, functions: APPARMOR });
  expect(configurationText(report)).toBe(
    'The kernel configurations differ in 3 options. Near the functions that changed: CONFIG_SECURITY_APPARMOR not set → y. Others: CONFIG_APPLE_MFI not set → m, CONFIG_HZ 250 → 1000.',
  );
  expect(report.configuration?.options.map(({ name, near }) => [name, near])).toEqual([
    ['SECURITY_APPARMOR', true],
    ['APPLE_MFI', false],
    ['HZ', false],
  ]);
});

test('of near options the one comes first whose word the fewest others have', () => {
  const functions = { security_file_permission: 7, ...APPARMOR };
  const after = [...BEFORE, 'SECURITY_A=y', 'SECURITY_APPARMOR=y'];
  const report = reportOf({ options: BEFORE }, { options: after, functions });
  expect(report.configuration?.options.map(({ name }) => name)).toEqual([
    'SECURITY_APPARMOR',
    'SECURITY_A',
  ]);
});

test('a function that did not change says nothing of an option', () => {
  const kernel = { options: BEFORE, functions: APPARMOR };
  const report = reportOf(kernel, { ...kernel, options: [...BEFORE, 'SECURITY_APPARMOR=y'] });
  expect(configurationText(report)).toBe(
    'The kernel configurations differ in 1 option: CONFIG_SECURITY_APPARMOR not set → y.',
  );
});

test('it is in all renderings, and no text of an option is taken for markup', () => {
  const after = [...BEFORE, 'CC_VERSION_TEXT="<b>gcc</b> @someone"'];
  const report = reportOf({ options: BEFORE }, { options: after });
  expect(renderTerminal(report, { color: false, columns: 100 })).toContain(
    'The kernel configurations differ in 1 option',
  );
  for (const text of [renderSummary(report), renderComment(report, {})]) {
    expect(text).toContain('The kernel configurations differ in 1 option');
    expect(text).not.toContain('<b>');
    expect(text).not.toContain('@someone');
  }
});

test('nothing is said where the configurations are the same, or one is not known', () => {
  expect(reportOf({ options: BEFORE }, { options: BEFORE }).configuration).toBeNull();
  expect(reportOf({ options: [] }, { options: BEFORE }).configuration).toBeNull();
});

test('two flavours that differ in thousands of options fit into a report and a sentence', () => {
  const many = Array.from({ length: 9000 }, (_, index) => `OPTION_${index}=y`);
  const report = reportOf({ options: BEFORE }, { options: [...BEFORE, ...many] });
  expect(report.configuration).toMatchObject({ differing: 9000 });
  expect(report.configuration?.options).toHaveLength(500);
  expect(configurationText(report).length).toBeLessThan(500);
  expect(configurationText(report)).toMatch(/, 8996 more\.$/);
  expect(parseReport(JSON.stringify(report))).toMatchObject({ ok: true });
});

test('a record holds the whole configuration, and what is no option is refused', () => {
  const run = runOf(1, { options: [...BEFORE, 'LOCALVERSION=""'] });
  const parsed = parseRun(JSON.stringify(run));
  expect(parsed.ok && parsed.run.target.configuration).toEqual({
    ...{ source: 'file', builtIn: 'AUDIT SECURITY SECURITY_YAMA', modules: '' },
    values: { HZ: '250', LOCALVERSION: '""' },
  });
  const odd = JSON.stringify(run).replace('AUDIT SECURITY ', 'AUDIT <b> ');
  expect(parseRun(odd)).toMatchObject({ ok: false });
});
