import { arch } from 'node:process';
import { z } from 'zod';
import type { Progress } from '../../progress.js';
import { ask, type Engine } from './engine.js';
import { EngineError } from './errors.js';
import { readAnswer } from './info.js';
import { optionValue } from './options.js';

/** An image that is on this machine and can run on it. */
export interface Image {
  /** What the engine is told to run: the id, since the name may move to another image meanwhile. */
  reference: string;
  /** Name and digest if a registry gave it one, else its id. */
  digest: string;
  /** Operating system and architecture, as in linux/amd64. */
  platform: string;
}

interface Wanted {
  image: string;
  options: readonly string[];
}

const inspected = z.tuple(
  [
    z.object({
      Id: z.string(),
      RepoDigests: z.array(z.string()).nullish(),
      Os: z.string().default(''),
      Architecture: z.string().default(''),
    }),
  ],
  z.unknown(),
);

const PULL_TIMEOUT_MS = 30 * 60_000;

/**
 * Finds an image, and pulls it if it is not on this machine.
 *
 * @throws EngineError if the registry does not provide it, or it is for another platform than the
 *   probe
 */
export async function findImage(
  engine: Engine,
  { image, options }: Wanted,
  { signal, progress }: { signal: AbortSignal; progress: Progress },
): Promise<Image> {
  let found = await inspect(engine, image, signal);
  if (found === undefined) {
    progress.phase(`Pull ${image}`);
    const platform = optionValue(options, '--platform');
    const words = platform === undefined ? [image] : ['--platform', platform, image];
    await ask(engine.program, ['pull', ...words], { signal, timeoutMs: PULL_TIMEOUT_MS });
    found = await inspect(engine, image, signal);
  }
  if (found === undefined) throw new EngineError('the engine pulled it but still does not find it');
  refuseOtherPlatform(found.platform);
  return found;
}

async function inspect(
  { brand, program }: Engine,
  image: string,
  signal: AbortSignal,
): Promise<Image | undefined> {
  const text = await ask(program, ['image', 'inspect', image], { signal }).catch(
    (error: unknown) => {
      if (error instanceof EngineError && NOT_HERE.test(error.stderr)) return undefined;
      throw error;
    },
  );
  if (text === undefined) return undefined;
  const [{ Id, RepoDigests, Os, Architecture }] = readAnswer(inspected, text);
  return {
    // nerdctl is only sure to accept names.
    reference: brand === 'nerdctl' ? image : Id,
    digest: RepoDigests?.[0] ?? Id,
    platform: `${Os || 'linux'}/${Architecture || PROBE_ARCHITECTURE}`,
  };
}

const NOT_HERE = /no such image|image not known|not found/i;

/** As the OCI image specification names it, which uses Go's names. */
const PROBE_ARCHITECTURE = { x64: 'amd64', arm64: 'arm64' }[arch as string] ?? arch;

function refuseOtherPlatform(platform: string): void {
  const here = `linux/${PROBE_ARCHITECTURE}`;
  if (platform === here) return;
  throw new EngineError(
    `the image is for ${platform}, but the probe of this machine is for ${here}: build or pull the image for ${here}, or measure on a machine of the image's platform`,
  );
}
