import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchResult } from '../../probe/addon.js';
import type { TargetTools } from '../kind.js';
import type { LaunchCommand } from '../target.js';
import { ask, type Engine } from './engine.js';
import { EngineError, explainError } from './errors.js';
import type { Image } from './image.js';

/** Path of the probe in containers. */
const INSIDE = '/syscall-gate-probe';

/**
 * Long enough for an engine that starts slowly on a busy machine, and for a runtime that boots its
 * own kernel.
 */
const FIRST_START_MS = 60_000;

/**
 * Podman's client creates the container itself. If it is killed in the middle of that, it leaves a
 * container behind that nobody knows about; if it is told to stop, it finishes first. Once the
 * container runs, removing the container ends the client.
 */
const GRACE_MS = 10_000;

/** While an engine removes a container by itself, nobody else can remove it for a moment. */
const MAX_ATTEMPTS = 3;
const PAUSE_MS = 200;

const colonIn = (probe: string): string =>
  `the path of the probe, ${probe}, has a colon, where engines would cut it: set XDG_CACHE_HOME to a folder without one`;

/** The containers of a target. Each has a name, by which it is found later. */
export class Containers {
  private readonly prefix = `syscall-gate-${randomBytes(6).toString('hex')}`;
  private started = 0;
  private outlived = false;

  constructor(
    private readonly engine: Engine,
    private readonly image: Image,
    private readonly options: readonly string[],
    private readonly tools: Pick<TargetTools, 'probe' | 'progress' | 'signal'>,
  ) {
    tools.signal.addEventListener('abort', this.sweepOnAbort, { once: true });
  }

  /** Removing the containers also ends the clients that wait for them. */
  private readonly sweepOnAbort = (): void => void this.sweep();

  /** If a client was killed, its container still runs and would disturb the next measurement. */
  async start(words: readonly string[]): Promise<LaunchCommand> {
    if (this.outlived) await this.sweep();
    this.outlived = false;
    return { argv: this.commandLine(words), graceMs: GRACE_MS };
  }

  private commandLine(words: readonly string[]): string[] {
    const { brand, program, selinux } = this.engine;
    this.started += 1;
    return [
      ...[program, 'run', '--rm', '--name', `${this.prefix}-${this.started}`],
      // Results are read as they arrive; the engine need not also write them to disk.
      ...(brand === 'nerdctl' ? [] : ['--log-driver', 'none']),
      ...this.options,
      // With SELinux, the probe gets a label that every container may use.
      ...['--volume', `${this.tools.probe}:${INSIDE}:ro${selinux ? ',z' : ''}`],
      ...['--entrypoint', INSIDE, this.image.reference, ...words],
    ];
  }

  /**
   * Starts one container, which shows whatever is wrong with the options.
   * @throws EngineError; the signal's reason if the signal is aborted
   */
  async tryOut(): Promise<void> {
    const { probe, signal } = this.tools;
    if (probe.includes(':')) throw new EngineError(colonIn(probe));
    const [program = '', ...words] = this.commandLine(['--list']);
    try {
      await ask(program, words, { timeoutMs: FIRST_START_MS });
      signal.throwIfAborted();
    } catch (error) {
      await this.close();
      signal.throwIfAborted();
      throw error;
    }
  }

  /** Once the probe has sent results, a failure is not the engine's. */
  explain({ timedOut, stderr, results }: LaunchResult): string | undefined {
    this.outlived = true;
    if (timedOut || results.length > 0) return undefined;
    return explainError(this.engine.program, stderr);
  }

  async close(): Promise<void> {
    this.tools.signal.removeEventListener('abort', this.sweepOnAbort);
    await this.sweep();
  }

  /** Removes containers that still run, or that the engine did not remove after they ended. */
  private async sweep(): Promise<void> {
    const { brand, program } = this.engine;
    // The first process of a container ignores SIGTERM, and podman would wait for it.
    const force = ['--force', '--volumes', ...(brand === 'podman' ? ['--time', '0'] : [])];
    for (let attempt = 1; ; attempt++) {
      const names = await this.left();
      if (names.length === 0) return;
      if (attempt > MAX_ATTEMPTS) return this.warnAboutLeft(names);
      await ask(program, ['rm', ...force, ...names]).catch(() => sleep(PAUSE_MS));
    }
  }

  private async left(): Promise<string[]> {
    const filter = ['--filter', `name=${this.prefix}`, '--format', '{{.Names}}'];
    const all = `${this.prefix}-*`;
    const names = await ask(this.engine.program, ['ps', '--all', ...filter]).catch(() => all);
    return names.split('\n').filter(Boolean);
  }

  private warnAboutLeft(names: readonly string[]): void {
    this.tools.progress.warn(
      `Some containers may be left over (${names.join(', ')}): remove them with ${this.engine.program} rm --force.`,
    );
  }
}
