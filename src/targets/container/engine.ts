import { type ExecFileException, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { measurementFailure } from '../../failure.js';
import { withoutSecrets } from '../environment.js';
import { EngineError, explainError } from './errors.js';
import { type EngineInfo, firstLine, readDocker, readPodman } from './info.js';

const BRANDS = ['docker', 'podman', 'nerdctl'] as const;
type Brand = (typeof BRANDS)[number];

/** A container engine that answers. */
export interface Engine extends EngineInfo {
  brand: Brand;
  /** Name or path of its client program. */
  program: string;
}

interface AskOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

const ANSWER_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Runs an engine's client to its end.
 *
 * @returns its standard output
 * @throws EngineError; the signal's reason if the signal is aborted
 */
export async function ask(
  program: string,
  words: readonly string[],
  { signal, timeoutMs = ANSWER_TIMEOUT_MS }: AskOptions = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, [...words], {
      env: withoutSecrets(process.env),
      maxBuffer: MAX_ANSWER_BYTES,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(signal ? { signal } : {}),
    });
    return stdout;
  } catch (error) {
    signal?.throwIfAborted();
    throw new EngineError(whyOf(program, error, timeoutMs), failureOf(error).stderr);
  }
}

const failureOf = (error: unknown): Partial<ExecFileException> =>
  error instanceof Error ? { ...error } : {};

function whyOf(program: string, error: unknown, timeoutMs: number): string {
  const { code, killed, stderr = '' } = failureOf(error);
  if (code === 'ENOENT') return 'it is not installed';
  if (code === 'EACCES') return 'it may not be executed';
  if (killed) return `it did not answer within ${timeoutMs / 1000} s`;
  return explainError(program, stderr) ?? `it ended with ${code} and said nothing`;
}

/**
 * Finds the named engine, or the first that works.
 *
 * @param named name or path; empty for the first that works
 * @throws Failure (measurement) that says why each engine that was tried does not work
 */
export async function findEngine(named: string, signal: AbortSignal): Promise<Engine> {
  const reasons: string[] = [];
  for (const program of named === '' ? BRANDS : [named]) {
    try {
      return await openEngine(program, signal);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      reasons.push(`${program}: ${error.message}`);
    }
  }
  throw measurementFailure(
    named === ''
      ? `No container engine works here (${reasons.join('; ')}): install one of them, or name another with container-engine.`
      : `The container engine cannot be used (${reasons.join('; ')}): give docker, podman or nerdctl, by name or path.`,
  );
}

async function openEngine(program: string, signal: AbortSignal): Promise<Engine> {
  const version = await ask(program, ['--version'], { signal });
  const brand = BRANDS.find((one) => version.toLowerCase().includes(one));
  if (brand === undefined) {
    throw new EngineError('its version output names neither docker nor podman nor nerdctl');
  }
  const text = await ask(program, ['info', '--format', '{{json .}}'], { signal });
  const about = brand === 'podman' ? readPodman(text) : readDocker(text);
  return { brand, program, ...about };
}

/**
 * Name and version of the runtime that containers get.
 *
 * @param named by the user, or undefined for the engine's own choice
 * @throws EngineError if podman does not find it; docker only says so when it starts a container
 */
export async function runtimeText(
  engine: Engine,
  named: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { brand, program, runtime, runtimePaths } = engine;
  if (named === undefined || named === runtime.name) return runtimeWithVersion(runtime);
  if (brand === 'podman') {
    const words = ['--runtime', named, 'info', '--format', '{{json .}}'];
    return runtimeWithVersion(readPodman(await ask(program, words, { signal })).runtime);
  }
  return runtimeWithVersion({
    name: named,
    says: await versionOf(runtimePaths.get(named), signal),
  });
}

const runtimeWithVersion = ({ name, says }: Engine['runtime']): string => {
  if (says === '') return name;
  return says.includes(name) ? says : `${name} (${says})`;
};

async function versionOf(path: string | undefined, signal: AbortSignal): Promise<string> {
  if (path === undefined) return '';
  try {
    return firstLine(await ask(path, ['--version'], { signal }));
  } catch (error) {
    if (error instanceof EngineError) return '';
    throw error;
  }
}
