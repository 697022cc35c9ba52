import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchResult } from '../../probe/addon.js';
import type { Workshop } from '../kind.js';
import type { Start } from '../target.js';
import { ask, type Engine } from './engine.js';
import { EngineError, explainError } from './errors.js';
import type { Image } from './image.js';

/** Where containers see the probe. */
const INSIDE = '/syscall-gate-probe';

/** Room for an engine that starts slowly on a busy machine, and for a kernel of its own in there. */
const FIRST_START_MS = 60_000;

/**
 * Podman's client makes the container itself. Killed in the middle of that it leaves one behind that
 * nobody knows of; told to end, it finishes what it is at. Once the container runs, removing it ends
 * the client.
 */
const GRACE_MS = 10_000;

/** An engine that is removing a container itself lets nobody else do so for a moment. */
const ATTEMPTS = 3;
const PAUSE_MS = 200;

const colonIn = (probe: string): string =>
  `the path of the probe, ${probe}, has a colon, at which engines cut it: set XDG_CACHE_HOME to a folder without one`;

/** The containers of a target: each has a name by which it is found again. */
export class Containers {
  private readonly prefix = `syscall-gate-${randomBytes(6).toString('hex')}`;
  private started = 0;
  private outlived = false;

  constructor(
    private readonly engine: Engine,
    private readonly image: Image,
    private readonly options: readonly string[],
    private readonly workshop: Pick<Workshop, 'probe' | 'progress' | 'signal'>,
  ) {
    workshop.signal.addEventListener('abort', this.sweepOnAbort, { once: true });
  }

  /** A client that waits for its container ends with it. */
  private readonly sweepOnAbort = (): void => void this.sweep();

  /** A client that was killed leaves its container running, beside which nothing may be measured. */
  async start(words: readonly string[]): Promise<Start> {
    if (this.outlived) await this.sweep();
    this.outlived = false;
    return { argv: this.commandLine(words), graceMs: GRACE_MS };
  }

  private commandLine(words: readonly string[]): string[] {
    const { brand, program, selinux } = this.engine;
    this.started += 1;
    return [
      ...[program, 'run', '--rm', '--name', `${this.prefix}-${this.started}`],
      // Results are read as they come; a copy of them would only be written to the disk.
      ...(brand === 'nerdctl' ? [] : ['--log-driver', 'none']),
      ...this.options,
      // With SELinux the probe gets a label that any container may use.
      ...['--volume', `${this.workshop.probe}:${INSIDE}:ro${selinux ? ',z' : ''}`],
      ...['--entrypoint', INSIDE, this.image.reference, ...words],
    ];
  }

  /**
   * Whatever is wrong with the options shows in the first start.
   * @throws EngineError; the signal's reason when that is aborted
   */
  async tryOut(): Promise<void> {
    const { probe, signal } = this.workshop;
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

  /** Once the probe has spoken, what went wrong is no matter of the engine. */
  explain({ timedOut, stderr, results }: LaunchResult): string | undefined {
    this.outlived = true;
    if (timedOut || results.length > 0) return undefined;
    return explainError(this.engine.program, stderr);
  }

  async close(): Promise<void> {
    this.workshop.signal.removeEventListener('abort', this.sweepOnAbort);
    await this.sweep();
  }

  /** Removes those that have not ended, or that their engine did not remove when they had. */
  private async sweep(): Promise<void> {
    const { brand, program } = this.engine;
    // The first process of a container is deaf to SIGTERM, for which podman waits.
    const force = ['--force', '--volumes', ...(brand === 'podman' ? ['--time', '0'] : [])];
    for (let attempt = 1; ; attempt++) {
      const names = await this.left();
      if (names.length === 0) return;
      if (attempt > ATTEMPTS) return this.tellLeft(names);
      await ask(program, ['rm', ...force, ...names]).catch(() => sleep(PAUSE_MS));
    }
  }

  private async left(): Promise<string[]> {
    const filter = ['--filter', `name=${this.prefix}`, '--format', '{{.Names}}'];
    const all = `${this.prefix}-*`;
    const names = await ask(this.engine.program, ['ps', '--all', ...filter]).catch(() => all);
    return names.split('\n').filter(Boolean);
  }

  private tellLeft(names: readonly string[]): void {
    this.workshop.progress.warn(
      `Containers may have been left behind (${names.join(', ')}): remove them with ${this.engine.program} rm --force.`,
    );
  }
}
