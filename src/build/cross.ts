import { join } from 'node:path';
import type { Architecture } from '../probe/architecture.js';
import type { Build, BuildOptions } from './build.js';
import { buildKey, keepBuild } from './cache.js';
import { findCrossCompiler } from './cross-compiler.js';
import { makeProducts, PROBE, probeProduct } from './products.js';
import { nativeSources, PROBE_FLAGS, PROBE_LINK_FLAGS } from './sources.js';

/**
 * Compiles the probe for an architecture other than this machine's, or finds it compiled. Only an
 * emulator can run it here.
 *
 * @throws Failure of kind `measurement` if something is missing to compile it, or no folder can
 *   hold it
 */
export async function buildProbeFor(
  architecture: Architecture,
  { cacheDir, progress, signal }: BuildOptions = {},
): Promise<Omit<Build, 'addon'>> {
  const started = performance.now();
  const [compiler, sources] = await Promise.all([findCrossCompiler(architecture), nativeSources()]);
  const how = [architecture, compiler, PROBE_FLAGS, PROBE_LINK_FLAGS];
  const key = await buildKey(how, [...sources.probe, ...sources.probeHeaders]);
  const make = (work: string) =>
    makeProducts([probeProduct(compiler, sources)], { work, root: sources.root, progress, signal });
  const { folder, cached } = await keepBuild({ key, files: [PROBE], cacheDir, make });
  return {
    ...{ probe: join(folder, PROBE), compiler: compiler.version, cached },
    elapsedMs: performance.now() - started,
  };
}
