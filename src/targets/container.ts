import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerSpec } from '../config/config.js';
import { measurementFailure, usageFailure } from '../failure.js';
import type { LaunchResult } from '../probe/addon.js';
import { targetSchema } from '../record/run.js';
import { ask, type Engine, findEngine, runtimeText } from './container/engine.js';
import { EngineError, explainError } from './container/errors.js';
import { findImage, type Image } from './container/image.js';
import { optionValue, splitImage } from './container/options.js';
import { withoutSecrets } from './environment.js';
import type { TargetKind, Workshop } from './kind.js';
import type { Start, Target } from './target.js';
import { Refusal } from './words.js';

const MAX_SPEC = targetSchema.shape.spec.maxLength ?? 0;

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

/**
 * `container:IMAGE [engine options]`: each launch is a container of its own, in which the probe of
 * this machine, mounted read-only, is run as the entry point. It is static: nothing of the image is
 * needed, nor run. What follows the image goes to the engine's `run` as it is.
 */
export const containerTarget: TargetKind<ContainerSpec> = {
  syntax: 'container:IMAGE [engine options]',
  parse({ input, spec, rest = '', options: { containerEngine } }) {
    try {
      if (spec.length > MAX_SPEC) throw new Refusal(`it is longer than ${MAX_SPEC} characters`);
      return { kind: 'container', spec, ...splitImage(rest), engine: containerEngine };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw usageFailure(`${input} "${spec.slice(0, 200)}" cannot be run: ${error.message}.`);
    }
  },
  async open(spec, workshop) {
    const engine = await findEngine(spec.engine, workshop.signal);
    try {
      return await openContainers(spec, engine, workshop);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw measurementFailure(
        `${spec.spec} cannot be measured with ${engine.program}, because ${error.message}.`,
        error,
      );
    }
  },
};

async function openContainers(
  spec: ContainerSpec,
  engine: Engine,
  workshop: Workshop,
): Promise<Target> {
  const { signal } = workshop;
  const image = await findImage(engine, spec, workshop);
  const runtime = await runtimeText(engine, optionValue(spec.options, '--runtime'), signal);
  const containers = new Containers(engine, image, spec.options, workshop);
  // A client that waits for its container ends with it.
  signal.addEventListener('abort', () => void containers.sweep(), { once: true });
  await containers.tryOut(signal);
  return {
    record: {
      ...{ kind: spec.kind, spec: spec.spec },
      facts: bounded({
        engine: `${engine.brand} ${engine.version}${engine.rootless ? ', rootless' : ''}`,
        image: image.digest,
        platform: image.platform,
        runtime,
      }),
    },
    results: 'stdout',
    start: (words) => containers.start(words),
    environment: withoutSecrets,
    explain: (result) => containers.explain(result),
    close: () => containers.sweep(),
  };
}

/** As a record holds them: a runtime may be a long path. */
const bounded = (facts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(facts).map(([name, text]) => [name, text.slice(0, 512)]));

/** The containers of a target: each has a name by which it is found again. */
class Containers {
  private readonly prefix = `syscall-gate-${randomBytes(6).toString('hex')}`;
  private started = 0;
  private outlived = false;

  constructor(
    private readonly engine: Engine,
    private readonly image: Image,
    private readonly options: readonly string[],
    private readonly workshop: Pick<Workshop, 'probe' | 'progress'>,
  ) {}

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
  async tryOut(signal: AbortSignal): Promise<void> {
    const [program = '', ...words] = this.commandLine(['--list']);
    try {
      await ask(program, words, { timeoutMs: FIRST_START_MS });
      signal.throwIfAborted();
    } catch (error) {
      await this.sweep();
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

  /** Removes those that have not ended, or that their engine did not remove when they had. */
  async sweep(): Promise<void> {
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
