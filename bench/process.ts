import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Host } from './fidelity/peer.ts';

/** More than twice the time of any launch, even on a shared CPU. */
const LIMIT_S = 120;

interface Order {
  argv: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Gets all of standard output so far. It ends a process that will print nothing useful any more. */
  enough?: (stdout: string) => boolean;
}

interface Output {
  stdout: string;
  stderr: string;
}

/**
 * Runs a process, pinned, to its end; whatever it leaves running ends with it.
 * @throws Error when it fails; the signal's reason when that is aborted
 */
export async function runPinned(host: Host, order: Order): Promise<Output> {
  const child = startPinned(host, order, ['ignore', 'pipe', 'pipe']);
  const output = { stdout: '', stderr: '' };
  let stopped = false;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
    stopped ||= order.enough?.(output.stdout) ?? false;
    if (stopped) endGroup(child);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const code = await ending(host, child, 'close');
  if (code === 0 || stopped) return output;
  const said = `${output.stdout}\n${output.stderr}`.trim().split('\n').at(-1) ?? '';
  throw new Error(`${order.argv.join(' ')} ended with ${code}, saying "${said}"`);
}

/**
 * Runs a process, pinned, that leaves a server running, and waits for the end of the former.
 * @returns ends the server
 */
export async function leavePinned(host: Host, order: Order): Promise<() => void> {
  const child = startPinned(host, order, 'ignore');
  const end = () => {
    host.signal.removeEventListener('abort', end);
    endGroup(child);
  };
  host.signal.addEventListener('abort', end);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code === 0) return end;
  end();
  host.signal.throwIfAborted();
  throw new Error(`${order.argv.join(' ')} ended with ${code}`);
}

/**
 * Keeps a process running, pinned, until `work` has ended.
 * @throws what `work` throws
 */
export async function besidePinned<T>(
  host: Host,
  order: Order,
  work: () => Promise<T>,
  seconds: number,
): Promise<T> {
  const child = startPinned(host, order, 'ignore', seconds);
  const ended = ending(host, child, 'exit');
  try {
    const result = await work();
    if (child.exitCode === null) return result;
    throw new Error(`${order.argv.join(' ')} ended too early`);
  } finally {
    endGroup(child);
    await ended.catch(() => undefined);
  }
}

/** timeout(1) bounds it should this process be killed; a group of its own takes what it forks. */
function startPinned(
  host: Host,
  { argv, env = {} }: Order,
  stdio: SpawnOptions['stdio'],
  seconds = LIMIT_S,
): ChildProcess {
  host.signal.throwIfAborted();
  const bounded = ['--kill-after=5', String(Math.ceil(seconds))];
  const pinned = ['taskset', '--cpu-list', String(host.cpu)];
  return spawn('timeout', [...bounded, ...pinned, ...argv], {
    cwd: host.folder,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...env },
    detached: true,
    stdio: stdio ?? 'ignore',
  });
}

async function ending(
  host: Host,
  child: ChildProcess,
  event: 'exit' | 'close',
): Promise<number | string | null> {
  const end = () => endGroup(child);
  host.signal.addEventListener('abort', end);
  try {
    const [code, signal] = (await once(child, event)) as [number | null, string | null];
    host.signal.throwIfAborted();
    return code ?? signal;
  } finally {
    host.signal.removeEventListener('abort', end);
    endGroup(child);
  }
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, and all that it started.
  }
}
