// How exact counts of a kernel's instructions are, and the smallest change they caught: npm run
// bench:counted -- /boot/vmlinuz-…
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { prepareBench } from '#src/measure/bench.js';
import { VERSION } from '#src/version.js';
import { type Change, type ChangeResult, judgeChange } from './counted/change.ts';
import { type Resolution, resolutionOf } from './counted/resolution.ts';
import { numberFrom } from './number-option.ts';
import { resultPath, writeResult } from './results.ts';
import { SILENT } from './silent.ts';

interface Options {
  boots: number;
  metrics: string;
  kernelOptions: string;
  changes: Change[];
  duration: string;
  out?: string;
}

/** From what anybody would see to what nobody times. */
const CHANGES: readonly Change[] = [
  { baseline: 'pti=off', candidate: 'pti=on' },
  { baseline: '', candidate: 'apparmor=0' },
];

const changeFrom = (text: string, before: readonly Change[]): Change[] => {
  const [baseline = '', candidate = ''] = text.split('|').map((line) => line.trim());
  return [...(before === CHANGES ? [] : before), { baseline, candidate }];
};

const program = new Command('bench:counted')
  .description(
    'Counts a kernel in boots of several seeds, and changes of its command line beside the time that they take.',
  )
  .argument('<kernel>', 'image')
  .option('--boots <count>', 'each seed twice, so half as many seeds', numberFrom(4), 10)
  .option('--metrics <globs>', 'of the changes', 'syscall.*')
  .option('--kernel-options <options>', 'as the gate takes them', '')
  .option(
    '--changes <a|b>',
    "command lines before and after: 'pti=off|pti=on'",
    changeFrom,
    CHANGES,
  )
  .option('--duration <time>', 'of timing each change; 0 for none', '2m')
  .option('--out <file>', 'where the result goes')
  .parse();
const options = program.opts<Options>();

async function run(signal: AbortSignal, folder: string): Promise<void> {
  const startedAt = new Date();
  const [kernel = ''] = program.args;
  const plan = { metrics: [], margins: [], seed: 1 };
  const bench = await prepareBench(plan, { signal, progress: SILENT });
  const resolution = await resolutionOf(bench, kernel, options);
  process.stdout.write(`${resolutionText(resolution)}\n`);
  const changes: ChangeResult[] = [];
  for (const change of options.changes) {
    const result = await judgeChange({ ...options, kernel, change, folder, signal });
    changes.push(result);
    process.stdout.write(`${changeText(result)}\n`);
  }
  const path = options.out ?? resultPath('counted', startedAt);
  await writeResult(path, {
    ...{ schema: 'syscall-gate/counted', version: 1, tool: VERSION },
    startedAt: startedAt.toISOString(),
    machine: { cpuModel: cpus()[0]?.model, cpuCount: cpus().length, kernelRelease: release() },
    ...{ resolution, changes },
    // Of a machine with other work every wall time is longer, and no count.
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
  });
  process.stderr.write(`written to ${path}\n`);
}

function resolutionText({ boots, seeds, secondsPerBoot, metrics }: Resolution): string {
  const lines = metrics.map(({ id, ...metric }) =>
    'why' in metric
      ? `${id}: ${metric.why}`
      : `${id}: ${metric.count}, apart by ${metric.repeats} with one seed and ${metric.seeds} with any`,
  );
  return [...lines, `${boots} boots with ${seeds} seeds, ${secondsPerBoot} s each`].join('\n');
}

function changeText({ baseline, candidate, counted, timed }: ChangeResult): string {
  const metrics = counted.metrics.map(({ id, difference, verdict }) => {
    const time = timed?.metrics.find((one) => one.id === id);
    const ratio = time?.change?.ratio;
    const beside =
      ratio === undefined ? '' : `; timed ×${ratio} (${time?.verdict}), MDE80 ${time?.mde80}`;
    return `  ${id}: ${difference} instructions (${verdict})${beside}`;
  });
  const seconds = `counted in ${counted.seconds} s${timed ? `, timed in ${timed.seconds} s` : ''}`;
  return [`"${baseline}" → "${candidate}", ${seconds}`, ...metrics].join('\n');
}

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => controller.abort(new Error('interrupted')));
}
const folder = await mkdtemp(join(tmpdir(), 'syscall-gate-counted-bench-'));
await run(controller.signal, folder)
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  })
  .finally(() => rm(folder, { recursive: true }));
