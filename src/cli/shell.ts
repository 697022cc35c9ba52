import { CommanderError } from 'commander';
import { Failure, measurementFailure, reasonOf } from '../failure.js';
import type { Progress } from '../progress.js';
import { terminalProgress } from './progress.js';

/** What every verb of the command line needs from its process. */

export const EXIT = {
  fine: 0,
  regressed: 1,
  untrusted: 1,
  usage: 2,
  measurement: 3,
  interrupted: 130,
} as const;

export const terminal = (): { color: boolean; columns: number } => ({
  color: process.stdout.isTTY === true && !process.env['NO_COLOR'],
  columns: process.stdout.columns ?? 100,
});

export const asJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** Shows progress on standard error while something is measured; Ctrl-C and SIGTERM stop it. */
export async function withProgress<T>(
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

/** Ctrl-C and SIGTERM end every launch and then this process, and leave nothing half-written. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new Interruption()));
  }
  return controller.signal;
}

class Interruption extends Error {}

/**
 * Prints what went wrong, in one sentence if it was foreseeable.
 *
 * @returns the exit code
 */
export function exitCodeOf(error: unknown): number {
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

/**
 * Lets a reader stop early, as `| head` does. The verdict is still stored and told by the exit code.
 * Without a listener, Node ends the process with a stack trace and exit code 1, which means regressed.
 */
export function tolerateClosedReaders(): void {
  // A failed write to standard output is seen in `print`, and one to standard error has nobody to tell.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** Prints an answer on standard output. A full disk is an error; a reader that stopped early is not. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error || reasonOf(error) === 'EPIPE') resolve();
      else reject(measurementFailure(unprintable(error), error));
    });
  });
}

const unprintable = (error: Error): string =>
  `The text could not be written to standard output (${reasonOf(error)}): free some space and run the command again, or look for report.json in the out folder.`;
