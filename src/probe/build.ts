import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { measurementFailure, usageFailure } from '../failure.js';
import type { Progress } from '../progress.js';
import { cacheFolders, findBuild, publishBuild } from './cache.js';
import { type Catalogue, catalogueSchema } from './catalogue.js';
import { type Compiler, compile, findCompilers } from './compiler.js';
import { WIRE_VERSION } from './lines.js';
import {
  ADDON_FLAGS,
  ADDON_LINK_FLAGS,
  type NativeSources,
  nativeSources,
  PROBE_FLAGS,
  PROBE_LINK_FLAGS,
} from './sources.js';

const PROBE = 'probe';
const ADDON = 'addon.node';
const FILES = [PROBE, ADDON];

export interface BuildOptions {
  /** Keeps the build here instead of the runner's or the user's cache folder. */
  cacheDir?: string;
  /** Is told a step for each source file. */
  progress?: Progress;
  /** Aborting it ends the compilers and rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What was compiled; the paths are absolute. */
export interface Build {
  probe: string;
  addon: string;
  /** The C compiler, as it calls itself. */
  compiler: string;
  /** Whether an earlier build from the same sources, flags and compilers was there. */
  cached: boolean;
  elapsedMs: number;
}

/**
 * Compiles the probe and the addon that launches it, or finds them compiled.
 *
 * @throws Failure of kind `usage` on a system that is not Linux, of kind `measurement` when something
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
  const key = await buildKey(compilers, sources);
  const { cacheDir } = options;
  const folders = cacheDir ? [cacheDir] : cacheFolders();
  const found = await findBuild(folders, key, FILES);
  const folder =
    found ??
    (await publishBuild(folders, key, FILES, (work) =>
      compileInto(work, compilers, sources, options),
    ));
  return {
    probe: join(folder, PROBE),
    addon: join(folder, ADDON),
    compiler: compilers.c.version,
    cached: found !== undefined,
    elapsedMs: performance.now() - started,
  };
}

/**
 * Asks the probe what it can measure.
 *
 * @throws Failure of kind `measurement` when it cannot be run or speaks another wire version
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

async function buildKey(compilers: Compilers, sources: NativeSources): Promise<string> {
  const hash = createHash('sha256');
  const flags = [PROBE_FLAGS, PROBE_LINK_FLAGS, ADDON_FLAGS, ADDON_LINK_FLAGS];
  hash.update(JSON.stringify([process.arch, compilers, flags]));
  const contents = await Promise.all(sources.all.map((path) => readFile(path)));
  for (const [index, content] of contents.entries()) {
    // The length keeps the end of one file from passing for the beginning of the next.
    hash.update(`${basename(sources.all[index] ?? '')} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}

/** One program to be linked from objects that are compiled one source file each. */
interface Product {
  file: string;
  compiler: Compiler;
  units: readonly string[];
  flags: readonly string[];
  linkFlags: readonly string[];
}

async function compileInto(
  work: string,
  { c, cxx }: Compilers,
  sources: NativeSources,
  { progress, signal }: BuildOptions,
): Promise<void> {
  const includes = sources.includes.flatMap((folder) => ['-isystem', folder]);
  const products: Product[] = [
    {
      ...{ file: ADDON, compiler: cxx, units: sources.addon },
      ...{ flags: [...ADDON_FLAGS, ...includes], linkFlags: ADDON_LINK_FLAGS },
    },
    {
      ...{ file: PROBE, compiler: c, units: sources.probe },
      ...{ flags: PROBE_FLAGS, linkFlags: PROBE_LINK_FLAGS },
    },
  ];
  const jobs = products.flatMap((product) => compileJobs(product, sources.root, work, signal));
  await inParallel(jobs, (done, name) => progress?.step(done, jobs.length, name));
  await Promise.all(products.map((product) => link(product, work, signal)));
  const objects = products.flatMap(({ units }) => units.map((unit) => objectOf(unit, work)));
  await Promise.all(objects.map((object) => rm(object)));
}

interface Job {
  name: string;
  run(): Promise<void>;
}

function compileJobs(
  { compiler, units, flags }: Product,
  root: string,
  work: string,
  signal: AbortSignal | undefined,
): Job[] {
  return units.map((unit) => {
    const name = relative(root, unit);
    const options = [...flags, '-c', unit, '-o', objectOf(unit, work)];
    return { name, run: () => compile(compiler, options, { what: name, temporary: work, signal }) };
  });
}

const objectOf = (unit: string, work: string): string => join(work, `${basename(unit)}.o`);

function link(
  { file, compiler, units, linkFlags }: Product,
  work: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const objects = units.map((unit) => objectOf(unit, work));
  const options = [...linkFlags, ...objects, '-o', join(work, file)];
  return compile(compiler, options, { what: file, temporary: work, signal });
}

/** Runs jobs on all CPUs; after a failure no further one starts, and those under way are awaited. */
async function inParallel(
  jobs: readonly Job[],
  onDone: (done: number, name: string) => void,
): Promise<void> {
  const waiting = [...jobs];
  let done = 0;
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      await job.run();
      done += 1;
      onDone(done, job.name);
    }
  };
  const stopAll = (error: unknown) => {
    waiting.length = 0;
    throw error;
  };
  const workers = Array.from({ length: availableParallelism() }, () => work().catch(stopAll));
  const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
