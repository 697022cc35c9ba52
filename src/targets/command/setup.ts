import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../failure.js';
import { withoutSecrets } from '../environment.js';
import { Refusal } from '../words.js';

/** The end of what a script printed that is kept to explain a failure. */
const MAX_TAIL = 4096;

/** How long a script has to end after SIGTERM. */
const GRACE_MS = 2000;

/** How long to wait for output after the script, if a daemon that it started holds the pipe. */
const DRAIN_MS = 200;

/**
 * Runs a script of `sh -e` in a folder, to its end. What it leaves running in the background is ended
 * with it.
 *
 * @throws Refusal with a clause if it fails; the signal's reason if the signal is aborted
 */
export async function runSetup(script: string, folder: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn('sh', ['-e', '-c', script], {
    cwd: folder,
    env: withoutSecrets(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that all of it can be ended.
    detached: true,
  });
  const tail = tailOf(child);
  const closed = once(child, 'close');
  // Looked at only when the script has ended.
  closed.catch(() => undefined);
  const how = await endOf(child, signal);
  await Promise.race([closed, sleep(DRAIN_MS)]);
  signal.throwIfAborted();
  if (how === undefined) return;
  const last = tail().trim().split('\n').at(-1)?.trim().slice(0, 200);
  throw new Refusal(`baseline-setup ended with ${how}${last ? `, saying "${last}"` : ''}`);
}

/** Waits for the script's end. Returns undefined if it succeeded, else how it ended. */
async function endOf(child: ChildProcess, signal: AbortSignal): Promise<string | undefined> {
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    signalGroup(child, 'SIGTERM');
    killing = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [code, killer] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    signalGroup(child, 'SIGKILL');
    if (code === 0) return undefined;
    return killer === null ? `exit code ${code}` : `signal ${killer}`;
  } catch (error) {
    throw new Refusal(`baseline-setup could not be started (${reasonOf(error)})`);
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

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nothing of it is left.
    if (reasonOf(error) !== 'ESRCH') throw error;
  }
}
