import { expect, test } from 'vitest';
import { reproduction, settlingCommand } from '../../../src/report/reproduce.js';
import { regressedReport } from './fixtures.js';

const report = regressedReport();

const commandFor = (metricGlobs?: string[]): string => {
  const candidate = { ...report.candidate, ...(metricGlobs ? { metricGlobs } : {}) };
  return reproduction({ ...report, candidate }).command;
};

test('the command measures all metrics where all were measured', () => {
  expect(commandFor()).not.toContain('--metrics');
});

test('the command measures the metrics that were asked for', () => {
  expect(commandFor(['syscall.*', 'sendfile.{tcp,unix}_64k'])).toContain(
    " --metrics 'syscall.*,sendfile.{tcp,unix}_64k'",
  );
});

test('what stored runs leave open is settled by a command that measures both sides', () => {
  const stored = (spec: string, facts: Record<string, string>, choice?: string) =>
    settlingCommand({
      ...report,
      design: 'stored',
      baseline: { ...report.baseline, facts, ...(choice ? { choice } : {}) },
      candidate: { ...report.candidate, spec, metricGlobs: ['syscall.*'] },
    });
  const image = 'localhost/base@sha256:00ff';
  expect(stored('container:head --network none', { image })).toEqual([
    {
      kind: 'command',
      text: 'To settle it, measure both sides in one job:',
      command: `npm start -- --baseline 'container:${image} --network none' --candidate 'container:head --network none' --metrics 'syscall.*'`,
    },
  ]);
  const [kernel] = stored('kernel:/boot/new quiet', { sha256: '0123456789abcdef0123' }, 'Chosen.');
  expect(kernel?.text).toBe(
    'To settle it, measure both sides in one job, which could not be done here, with the earlier kernel (SHA-256 0123456789abcdef…) as the file "earlier-kernel":',
  );
  expect(kernel?.command).toContain("--baseline 'kernel:earlier-kernel quiet'");
  expect(stored('host', {})).toEqual([]);
  expect(settlingCommand({ ...report, design: 'paired' })).toEqual([]);
});

test('a baseline that was built again is named by its commit', () => {
  const { text, command } = reproduction({
    ...report,
    design: 'paired',
    baseline: { ...report.baseline, spec: 'command:./built {probe}', facts: { commit: 'aaa' } },
    candidate: { ...report.candidate, spec: 'command:./built {probe}', facts: { commit: 'bbb' } },
  });
  expect(text).toContain('commit aaa built in the folder "before" and bbb in the folder "after":');
  expect(command).toContain(
    "--baseline 'command:env --chdir=before ./built {probe}' --candidate 'command:env --chdir=after ./built {probe}'",
  );
});

test('a kernel that was booted from its copy is named as a copy, whatever the paths', () => {
  const { text, command } = reproduction({
    ...report,
    design: 'paired',
    baseline: {
      ...report.baseline,
      spec: 'kernel:/boot/old quiet',
      facts: { 'copy kept in': 'the artifact a' },
    },
    candidate: { ...report.candidate, spec: 'kernel:/boot/new quiet' },
  });
  expect(text).toContain('kept-kernel');
  expect(command).toContain("--baseline 'kernel:kept-kernel quiet' --candidate 'kernel:/boot/new");
});
