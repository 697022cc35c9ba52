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
