import { expect, test } from 'vitest';
import { reproduction } from '../../../src/report/reproduce.js';
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
