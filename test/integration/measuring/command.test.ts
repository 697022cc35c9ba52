import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseRun } from '../../../src/record/run.js';
import { cli } from '../../fixtures/cli.js';
import { reportIn } from '../../fixtures/report.js';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-command-'));
  out = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const FEW = ['--duration', '4', '--metrics', 'syscall.null,context.pipe_2p_0k'];

async function measured(candidate: string) {
  const run = await cli(['--out', out, '--json', ...FEW, '--candidate', candidate]);
  expect(run.stderr).not.toContain('syscall-gate:');
  const report = reportIn(run.stdout);
  const [record] = report.records;
  const parsed = parseRun(await readFile(join(out, record?.file ?? ''), 'utf8'));
  if (!parsed.ok) throw new Error(parsed.reason);
  return { run: parsed.run, progress: run.stderr };
}

test('a probe that a command copied elsewhere takes its plan from standard input', async () => {
  const elsewhere = join(folder, 'board');
  const script = `cp {probe} ${elsewhere} && exec ${elsewhere} -`;
  const { run } = await measured(`command:sh -c '${script}'`);
  expect(run.metrics.map(({ id, status }) => `${id} ${status}`)).toEqual([
    'syscall.null ok',
    'context.pipe_2p_0k ok',
  ]);
  expect(run.plan.processesPerLaunch).toBe(1);
});

test('where a start takes long, processes of the probe share it, and the plan says why', async () => {
  const { run, progress } = await measured(`command:sh -c 'sleep 0.4; exec {probe}'`);
  expect(run.plan.processesPerLaunch).toBeGreaterThan(1);
  expect(progress).toMatch(
    /A start takes \d+ ms beside [\d.]+ ms of measuring, so each holds \d processes of the probe/,
  );
  const [metric] = run.metrics;
  const replicates = metric?.status === 'ok' && 'replicates' in metric ? metric.replicates : [];
  // The batches of several processes stand behind one replicate. A busy neighbour may cost some of them.
  const batches = replicates.map(({ kept, rejected }) => kept + rejected);
  expect(Math.max(...batches)).toBeGreaterThan(run.plan.batchesPerRound);
});
