#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { DEFAULTS, parseConfig, type RawInputs } from './config/inputs.js';
import { measureCrossing } from './crossing.js';
import { Failure, measurementFailure, reasonOf } from './failure.js';
import { gate } from './gate.js';
import type { Progress } from './progress.js';
import { terminalProgress } from './report/progress-terminal.js';
import { renderCrossing, renderTerminal } from './report/terminal.js';
import { VERSION } from './version.js';

const EXIT = { fine: 0, regressed: 1, usage: 2, measurement: 3, interrupted: 130 } as const;

interface Options extends RawInputs {
  json?: boolean;
}

interface CrossingOptions {
  candidate: string;
  duration: string;
  json?: boolean;
}

let exitCode: number = EXIT.fine;

const candidate = ['--candidate <spec>', 'what is under test: host, command:CMD'] as const;
const json = 'as JSON, and nothing else, on standard output';

const program = new Command('syscall-gate')
  .description('Measures what it costs to enter this kernel and says whether it got slower.')
  .version(VERSION)
  .enablePositionalOptions()
  .configureOutput({
    outputError: (text, write) =>
      write(
        `syscall-gate: ${text.trim().replace(/^error: /, '')}; see --help.\n`.replace('.;', ';'),
      ),
  })
  .exitOverride()
  .option(...candidate, DEFAULTS.candidate)
  .option(
    '--baseline <spec>',
    'what it is compared with: host, command:CMD, directory:PATH, file:PATH (default: earlier runs in the out folder)',
  )
  .option('--duration <time>', 'how long to measure, such as 30s or 2m', DEFAULTS.duration)
  .option(
    '--margin <percent>',
    'smallest change that matters, or glob=percent,… (default: 2% side by side, 3% against stored runs)',
  )
  .option('--metrics <globs>', 'which metrics, such as "syscall.*,sendfile.tcp_4k" (default: all)')
  .option('--alpha <level>', 'family-wise error level of the verdict', DEFAULTS.alpha)
  .option('--fail-on <policy>', 'regression, inconclusive or never', DEFAULTS.failOn)
  .option('--seed <number>', 'seed of the metric order, to repeat a schedule')
  .option('--out <folder>', 'where run records and report.json go', DEFAULTS.out)
  .option('--json', `print the report ${json}`)
  .addHelpText('after', '\nExit codes: 0 fine, 1 regressed, 2 wrong usage, 3 could not measure.')
  .allowExcessArguments(false)
  .action(runGate);

program
  .command('crossing')
  .description(
    'only what a crossing costs (two system calls and a switch), and header + file by every strategy',
  )
  .option(...candidate, DEFAULTS.candidate)
  .option('--duration <time>', 'how long to measure, such as 10s', '10s')
  .option('--json', `print both blocks ${json}`)
  .allowExcessArguments(false)
  .action(runCrossing);

async function runGate(options: Options): Promise<void> {
  const config = parseConfig(options);
  const { report } = await withProgress((progress, signal) => gate(config, { progress, signal }));
  await print(options.json ? asJson(report) : renderTerminal(report, terminal()));
  if (!report.passed) exitCode = EXIT.regressed;
}

async function runCrossing({ json: asData, ...options }: CrossingOptions): Promise<void> {
  const config = parseConfig(options);
  const crossing = await withProgress((progress, signal) =>
    measureCrossing(config, { progress, signal }),
  );
  await print(asData ? asJson(crossing) : renderCrossing(crossing, terminal()));
}

const asJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

async function withProgress<T>(
  measure: (progress: Progress, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = interruptible();
  const progress = terminalProgress(process.stderr);
  try {
    return await measure(progress, signal);
  } finally {
    progress.end();
  }
}

const terminal = (): { color: boolean; columns: number } => ({
  color: process.stdout.isTTY === true && !process.env['NO_COLOR'],
  columns: process.stdout.columns ?? 100,
});

/** Ctrl-C and SIGTERM end every launch, leave nothing half-written, and then this process. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new Interruption()));
  }
  return controller.signal;
}

class Interruption extends Error {}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  if (error instanceof Interruption) {
    process.stderr.write('syscall-gate: interrupted; nothing was stored.\n');
    return EXIT.interrupted;
  }
  if (error instanceof Failure) {
    process.stderr.write(`syscall-gate: ${error.message}\n`);
    return EXIT[error.kind];
  }
  const trace = error instanceof Error ? error.stack : String(error);
  process.stderr.write(
    `syscall-gate: this is a bug in syscall-gate, please report it:\n${trace}\n`,
  );
  return EXIT.measurement;
}

/** A reader that has seen enough (`| head`) is no error; a full disk is. */
function print(text: string): Promise<void> {
  process.stdout.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error || reasonOf(error) === 'EPIPE') resolve();
      else reject(measurementFailure(unprintable(error), error));
    });
  });
}

const unprintable = (error: Error): string =>
  `The report could not be written to standard output (${reasonOf(error)}): it is in report.json of the out folder, where there was room for it.`;

process.exitCode = await program.parseAsync(process.argv).then(() => exitCode, exitCodeOf);
