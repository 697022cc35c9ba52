import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reportSchema } from '../../src/record/report.js';
import { cli, compileProgram, finished, startCli } from '../fixtures/cli.js';
import { processesWith } from '../fixtures/processes.js';

let neighbours: ChildProcess[];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-neighbour-'));
  neighbours = [];
});
afterEach(async () => {
  for (const neighbour of neighbours) neighbour.kill();
  await rm(folder, { recursive: true, force: true });
});

/** Bounded in time whatever becomes of its test. */
const SECONDS = 60;

function keepBusy(cpu: number): void {
  const loop = ['taskset', '-c', `${cpu}`, 'sh', '-c', 'while :; do :; done'];
  neighbours.push(spawn('timeout', [`${SECONDS}`, ...loop]));
}

test('a neighbour on every CPU does not make identical sides red', async () => {
  for (let cpu = 0; cpu < availableParallelism(); cpu++) keepBusy(cpu);
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

test.runIf(availableParallelism() > 1)(
  'one that comes late to the measured CPU does not hide a clear change',
  async () => {
    const slowed = `command:${compileProgram('slowdown')} 4 {probe}`;
    const child = startCli([
      ...['--baseline', 'host', '--candidate', slowed, '--metrics', 'syscall.*'],
      ...['--duration', '20s', '--fail-on', 'never', '--out', folder, '--json'],
    ]);
    const ended = finished(child);
    await vi.waitFor(() => expect(measuredCpu()).toBeDefined(), { timeout: 60_000, interval: 20 });
    await sleep(8000);
    keepBusy(measuredCpu() ?? 0);
    const { stdout } = await ended;
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report.verdict).toBe('regressed');
    expect(report.counts.regressed).toBeGreaterThan(3);
  },
);

/** The one CPU that a probe may run on now. */
function measuredCpu(): number | undefined {
  const allowed = processesWith('/probe --metrics=syscall').flatMap((pid) => {
    const path = `/proc/${pid}/status`;
    return existsSync(path)
      ? (/^Cpus_allowed_list:\s*(\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? [])
      : [];
  });
  return allowed[0] === undefined ? undefined : Number(allowed[0]);
}
