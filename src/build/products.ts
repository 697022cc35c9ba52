import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, relative } from 'node:path';
import type { Progress } from '../progress.js';
import { type Compiler, compile } from './compiler.js';
import { type NativeSources, PROBE_FLAGS, PROBE_LINK_FLAGS } from './sources.js';

export const PROBE = 'probe';

/** One program to be linked from objects that are compiled one source file each. */
export interface Product {
  file: string;
  compiler: Compiler;
  units: readonly string[];
  flags: readonly string[];
  linkFlags: readonly string[];
}

/** The probe as a compiler for its machine makes it. */
export const probeProduct = (compiler: Compiler, { probe }: NativeSources): Product => ({
  ...{ file: PROBE, compiler, units: probe, flags: PROBE_FLAGS, linkFlags: PROBE_LINK_FLAGS },
});

interface Workplace {
  /** Folder for the products, and for objects while they are needed. */
  work: string;
  /** Folder of the sources, which their names are told from. */
  root: string;
  /** Is told a step for each source file. */
  progress: Progress | undefined;
  signal: AbortSignal | undefined;
}

/**
 * Compiles and links programs, on all CPUs.
 *
 * @throws Failure of kind `measurement` with the compiler's first error line
 */
export async function makeProducts(
  products: readonly Product[],
  { work, root, progress, signal }: Workplace,
): Promise<void> {
  const jobs = products.flatMap((product) => compileJobs(product, root, work, signal));
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
