import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measurementFailure, usageFailure } from '../failure.js';
import { type Catalogue, catalogueSchema } from '../probe/catalogue.js';
import { WIRE_VERSION } from '../probe/lines.js';
import type { Progress } from '../progress.js';
import { buildKey, keepBuild } from './cache.js';
import { type Compiler, findCompilers } from './compiler.js';
import { makeProducts, PROBE, type Product, probeProduct } from './products.js';
import {
  ADDON_FLAGS,
  ADDON_LINK_FLAGS,
  type NativeSources,
  nativeSources,
  PROBE_FLAGS,
  PROBE_LINK_FLAGS,
} from './sources.js';

const ADDON = 'addon.node';
const FILES = [PROBE, ADDON];

export interface BuildOptions {
  /** Keeps the build here, not in the runner's or the user's cache folder. */
  cacheDir?: string;
  /** Gets a step for each source file. */
  progress?: Progress;
  /** Aborting it ends the compilers and rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A build. Paths are absolute. */
export interface Build {
  probe: string;
  addon: string;
  /** The first line that the C compiler prints for --version. */
  compiler: string;
  /** Whether an earlier build of the same sources, flags and compilers was found. */
  cached: boolean;
  elapsedMs: number;
}

/**
 * Compiles the probe and the addon that launches it, or finds them compiled.
 *
 * @throws Failure of kind `usage` on a system other than Linux, of kind `measurement` if something
 *   is missing to compile them or no folder can hold them
 */
export async function buildProbe(options: BuildOptions = {}): Promise<Build> {
  const started = performance.now();
  if (process.platform !== 'linux') {
    throw usageFailure(
      `syscall-gate measures the Linux kernel and this is ${process.platform}: run it on Linux.`,
    );
  }
  const [compilers, sources] = await Promise.all([findCompilers(), nativeSources()]);
  const key = await keyOf(compilers, sources);
  const { folder, cached } = await keepBuild({
    ...{ key, files: FILES, cacheDir: options.cacheDir },
    make: (work) => compileInto(work, compilers, sources, options),
  });
  return {
    probe: join(folder, PROBE),
    addon: join(folder, ADDON),
    compiler: compilers.c.version,
    cached,
    elapsedMs: performance.now() - started,
  };
}

/**
 * Asks the probe what it can measure.
 *
 * @throws Failure of kind `measurement` if it cannot be run or speaks another wire version
 */
export async function readCatalogue(probe: string): Promise<Catalogue> {
  const listing = await listMetrics(probe);
  const { wire } = listing as { wire?: unknown };
  if (wire !== WIRE_VERSION) {
    throw measurementFailure(
      `The probe ${probe} speaks wire version ${String(wire)} and this syscall-gate version ${WIRE_VERSION}: use the probe that belongs to it.`,
    );
  }
  const catalogue = catalogueSchema.safeParse(listing);
  if (catalogue.success) return catalogue.data;
  const [issue] = catalogue.error.issues;
  throw measurementFailure(
    `The catalogue of the probe ${probe} is damaged (${issue?.path.join('.')}: ${issue?.message}): remove ${probe} to have it compiled again.`,
  );
}

async function listMetrics(probe: string): Promise<object> {
  try {
    const { stdout } = await promisify(execFile)(probe, ['--list'], { timeout: 10_000 });
    const listing: unknown = JSON.parse(stdout);
    return typeof listing === 'object' && listing !== null ? listing : {};
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw measurementFailure(
      `The probe ${probe} does not list its metrics (${why}): remove it to have it compiled again, and if its folder is mounted noexec set XDG_CACHE_HOME to one that is not.`,
      error,
    );
  }
}

interface Compilers {
  c: Compiler;
  cxx: Compiler;
}

async function keyOf(compilers: Compilers, sources: NativeSources): Promise<string> {
  const flags = [PROBE_FLAGS, PROBE_LINK_FLAGS, ADDON_FLAGS, ADDON_LINK_FLAGS];
  return buildKey([process.arch, compilers, flags], sources.all);
}

async function compileInto(
  work: string,
  { c, cxx }: Compilers,
  sources: NativeSources,
  { progress, signal }: BuildOptions,
): Promise<void> {
  const includes = sources.includes.flatMap((folder) => ['-isystem', folder]);
  const addon: Product = {
    ...{ file: ADDON, compiler: cxx, units: sources.addon },
    ...{ flags: [...ADDON_FLAGS, ...includes], linkFlags: ADDON_LINK_FLAGS },
  };
  const products = [addon, probeProduct(c, sources)];
  await makeProducts(products, { work, root: sources.root, progress, signal });
}
