import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../failure.js';
import { Refusal } from '../words.js';
import { repositoryEnvironment } from './git.js';

/** The end of what a script printed that is kept to explain a failure. */
const MAX_TAIL = 4096;
const SHOWN_LINES = 10;

/** How long a script has to end after SIGTERM. */
const GRACE_MS = 2000;

/** How long to wait for output after the script, if a daemon that it started holds the pipe. */
const DRAIN_MS = 200;

/** A script that failed: one clause, and the last lines that it printed. */
export class SetupRefusal extends Refusal {
  constructor(
    clause: string,
    readonly lines: readonly string[],
  ) {
    super(clause);
  }
}

/**
 * Runs a script of `sh -e` in a folder, to its end. What is left of its process group is ended with it;
 * a daemon that left the group goes on.
 *
 * @throws SetupRefusal if it fails; the signal's reason if the signal is aborted
 */
export async function runSetup(script: string, folder: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn('sh', ['-e', '-c', script], {
    cwd: folder,
    env: repositoryEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that all of it can be ended.
    detached: true,
  });
  const tail = tailOf(child);
  const closed = once(child, 'close').catch(() => undefined);
  const how = await endOf(child, signal);
  signalGroup(child, 'SIGKILL');
  await Promise.race([closed, sleep(DRAIN_MS)]);
  signal.throwIfAborted();
  if (how === undefined) return;
  const lines = tail()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const last = lines.at(-1)?.slice(0, 200);
  throw new SetupRefusal(
    `baseline-setup ${how}${last === undefined ? '' : `, saying "${last}"`}`,
    lines.slice(-SHOWN_LINES),
  );
}

/** Waits for the script's end. Returns undefined if it succeeded, else how it ended. */
async function endOf(child: ChildProcess, signal: AbortSignal): Promise<string | undefined> {
  let killing: NodeJS.Timeout | undefined;
  const refused = new AbortController();
  const stop = () => {
    signalGroup(child, 'SIGTERM');
    killing = setTimeout(() => {
      // A program that sudo started cannot be ended by us. It ends when sudo sees that we are gone.
      if (!signalGroup(child, 'SIGKILL')) refused.abort();
    }, GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [code, killer] = (await once(child, 'exit', { signal: refused.signal })) as [
      number | null,
      NodeJS.Signals | null,
    ];
    if (code === 0) return undefined;
    return `ended with ${killer === null ? `exit code ${code}` : `signal ${killer}`}`;
  } catch (error) {
    return `could not be started (${reasonOf(error)})`;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(killing);
  }
}

/** Collects the end of what a process prints. */
function tailOf({ stdout, stderr }: ChildProcess): () => string {
  let tail = '';
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-MAX_TAIL);
    });
  }
  return () => tail;
}

/** Returns whether it was allowed. A group that has ended needs no signal. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    const why = reasonOf(error);
    if (why !== 'ESRCH' && why !== 'EPERM') throw error;
    return why === 'ESRCH';
  }
}
