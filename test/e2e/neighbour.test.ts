import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reportSchema } from '../../src/record/report.js';
import { cli } from '../fixtures/cli.js';

/** A neighbour on every CPU, bounded in time whatever becomes of this test. */
const SECONDS = 60;
let neighbours: ChildProcess[];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-neighbour-'));
  neighbours = Array.from({ length: availableParallelism() }, (_, cpu) =>
    spawn('timeout', [`${SECONDS}`, 'taskset', '-c', `${cpu}`, 'sh', '-c', 'while :; do :; done']),
  );
});
afterEach(async () => {
  for (const neighbour of neighbours) neighbour.kill();
  await rm(folder, { recursive: true, force: true });
});

test('a neighbour on every CPU does not make identical sides red', async () => {
  const metrics = 'syscall.*,context.pipe_self,sendfile.tcp_4k';
  const args = ['--baseline', 'host', '--duration', '15', '--metrics', metrics];
  const run = await cli([...args, '--out', folder, '--json']);
  const report = reportSchema.parse(JSON.parse(run.stdout));
  expect(run.code).toBe(0);
  expect(report.counts.regressed).toBe(0);
  expect(report.counts.improved).toBe(0);
  expect(
    report.findings.filter(({ candidate }) => candidate.status === 'ok').length,
  ).toBeGreaterThan(5);
});
