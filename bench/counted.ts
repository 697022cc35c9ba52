// How exact counts of a kernel's instructions are, how often they raise a false alarm, and the smallest
// change they caught: npm run bench:counted -- /boot/vmlinuz-…
import { loadavg } from 'node:os';
import { Command } from 'commander';
import { prepareBench } from '#src/measure/bench.js';
import { VERSION } from '#src/version.js';
import { type Change, type ChangeResult, judgeChange } from './counted/change.ts';
import type { Phase } from './counted/phases.ts';
import { type Resolution, resolutionOf } from './counted/resolution.ts';
import { gateCopies, type SameKernel } from './counted/same.ts';
import { judgeUnrelated, type UnrelatedChanges } from './counted/unrelated.ts';
import { numberFrom } from './number-option.ts';
import { resultPath, writeResult } from './results.ts';
import { runBench, thisMachine } from './run.ts';
import { SILENT } from './silent.ts';

interface Options {
  boots: number;
  gates: number;
  unrelated: boolean;
  metrics: string;
  kernelOptions: string;
  changes: Change[];
  duration: string;
  out?: string;
}

/** From changes that anybody would notice to changes that no timing shows. */
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
    'Counts a kernel in boots of several seeds, against its copy, and under command lines that differ in nothing that is measured; and changes of its command line beside the time that they take.',
  )
  .argument('<kernel>', 'image')
  .option('--boots <count>', 'each seed twice, so half as many seeds', numberFrom(4), 10)
  .option('--gates <count>', 'of the kernel against its copy', numberFrom(1), 10)
  .option('--no-unrelated', 'command lines that differ in nothing that is measured are left out')
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

const print = (text: string) => process.stdout.write(`${text}\n`);

async function run(signal: AbortSignal, folder: string): Promise<void> {
  const startedAt = new Date();
  const [kernel = ''] = program.args;
  const plan = { metrics: [], margins: [], seed: 1 };
  const bench = await prepareBench(plan, { signal, progress: SILENT });
  const resolution = await resolutionOf(bench, kernel, options);
  print(resolutionText(resolution));
  const same = await gateCopies(kernel, options.gates, { ...options, folder, signal });
  print(sameText(same));
  const unrelated = options.unrelated ? await judgeUnrelated(bench, kernel, options) : undefined;
  if (unrelated) print(unrelatedText(unrelated));
  const changes: ChangeResult[] = [];
  for (const change of options.changes) {
    const result = await judgeChange({ ...options, kernel, change, folder, signal });
    changes.push(result);
    print(changeText(result));
  }
  const path = options.out ?? resultPath('counted', startedAt);
  await writeResult(path, {
    ...{ schema: 'syscall-gate/counted', version: 2, tool: VERSION },
    startedAt: startedAt.toISOString(),
    machine: thisMachine(),
    ...{ resolution, same, unrelated, changes },
    // Other work on the machine makes wall times longer, but changes no count.
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

const phasesText = (phases: readonly Phase[]): string =>
  phases.map(({ title, seconds }) => `${title.toLowerCase()} ${seconds} s`).join(', ');

const sameText = (same: SameKernel): string =>
  [
    `The kernel against its copy, ${same.gates} gates of four boots and ${same.metrics} metrics: ${same.gates - same.notUnchanged} unchanged;`,
    `${same.beyondResolution} differences beyond the resolution, the largest of ${same.largestDifference} instructions;`,
    `${same.secondsPerGate} s each (${phasesText(same.phases)})`,
  ].join(' ');

function unrelatedText({ metrics, ...all }: UnrelatedChanges): string {
  const lines = metrics
    .filter(({ share }) => share > 0)
    .map(
      ({ id, count, share, beyondResolution, red }) =>
        `${id}: ${count}, apart by ${(100 * share).toFixed(3)} %, ${beyondResolution} pairs beyond the resolution, ${red} red`,
    );
  const head = `${all.commandLines.length} command lines that differ in nothing measured, ${all.pairs} pairs: ${all.beyondResolution} of ${all.comparisons} differences beyond the resolution, ${all.redPairs} pairs red`;
  return [head, ...lines.map((line) => `  ${line}`)].join('\n');
}

function changeText({ baseline, candidate, counted, timed }: ChangeResult): string {
  const metrics = counted.metrics.map(({ id, difference, verdict }) => {
    const time = timed?.metrics.find((one) => one.id === id);
    const ratio = time?.change?.ratio;
    const beside =
      ratio === undefined ? '' : `; timed ×${ratio} (${time?.verdict}), MDE80 ${time?.mde80}`;
    return `  ${id}: ${difference} instructions (${verdict})${beside}`;
  });
  const seconds = `counted in ${counted.seconds} s (${phasesText(counted.phases)})${timed ? `, timed in ${timed.seconds} s` : ''}`;
  return [`"${baseline}" → "${candidate}", ${seconds}`, ...metrics].join('\n');
}

// Each gate loads the addon, which listens for the exit.
process.setMaxListeners(0);
await runBench('counted-bench', run);
