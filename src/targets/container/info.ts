import { z } from 'zod';
import { EngineError, explainError } from './errors.js';

/** What an engine reports about itself. */
export interface EngineInfo {
  version: string;
  /** Whether it runs without root privileges. */
  rootless: boolean;
  /** Whether files need an SELinux label before containers may use them. */
  selinux: boolean;
  /** Its default OCI runtime, and what it says about the runtime's version. */
  runtime: { name: string; says: string };
  /** Paths of the runtimes that are registered with it. */
  runtimePaths: ReadonlyMap<string, string>;
}

const podmanInfo = z.object({
  host: z.object({
    ociRuntime: z.object({ name: z.string(), version: z.string().default('') }),
    security: z.object({
      rootless: z.boolean().default(false),
      selinuxEnabled: z.boolean().default(false),
    }),
  }),
  version: z.object({ Version: z.string() }),
});

/** @throws EngineError */
export function readPodman(text: string): EngineInfo {
  const { host, version } = readAnswer(podmanInfo, text);
  return {
    version: version.Version,
    rootless: host.security.rootless,
    selinux: host.security.selinuxEnabled,
    runtime: { name: host.ociRuntime.name, says: firstLine(host.ociRuntime.version) },
    runtimePaths: new Map(),
  };
}

/**
 * docker's answer; nerdctl's has the same form. RuncCommit belongs to docker's default runtime,
 * whichever that is (moby/moby#39944).
 */
const dockerInfo = z.object({
  ServerVersion: z.string().default(''),
  DefaultRuntime: z.string().default(''),
  Runtimes: z.record(z.string(), z.object({ path: z.string().optional() })).nullish(),
  RuncCommit: z.object({ ID: z.string().default('') }).nullish(),
  SecurityOptions: z.array(z.string()).nullish(),
  ServerErrors: z.array(z.string()).nullish(),
});

/** @throws EngineError; some versions of the client exit with 0 although no daemon answered */
export function readDocker(text: string): EngineInfo {
  const info = readAnswer(dockerInfo, text);
  const [error] = info.ServerErrors ?? [];
  if (error !== undefined) throw new EngineError(explainError('it', error) ?? error, error);
  const has = (name: string): boolean =>
    (info.SecurityOptions ?? []).some((option) => option.split(',').includes(`name=${name}`));
  const name = info.DefaultRuntime || 'runc';
  const commit = info.RuncCommit?.ID;
  const paths = Object.entries(info.Runtimes ?? {}).flatMap(([one, { path }]) =>
    path === undefined ? [] : [[one, path] as const],
  );
  return {
    version: info.ServerVersion,
    rootless: has('rootless'),
    selinux: has('selinux'),
    runtime: { name, says: commit ? `${name}, commit ${commit}` : '' },
    runtimePaths: new Map(paths),
  };
}

/** @throws EngineError if the answer does not have the expected form */
export function readAnswer<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new EngineError('its answer does not have the expected form');
  }
}

export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
