import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import type { Progress } from '../progress.js';
import { type Compiler, compile } from './compiler.js';
import { type NativeSources, PROBE_FLAGS, PROBE_LINK_FLAGS } from './sources.js';

export const PROBE = 'probe';

/** A program that is linked from one object for each source file. */
export interface Product {
  file: string;
  compiler: Compiler;
  units: readonly string[];
  flags: readonly string[];
  linkFlags: readonly string[];
}

/** The probe for the machine that the compiler compiles for. */
export const probeProduct = (compiler: Compiler, { probe }: NativeSources): Product => ({
  ...{ file: PROBE, compiler, units: probe, flags: PROBE_FLAGS, linkFlags: PROBE_LINK_FLAGS },
});

interface Workplace {
  /** Folder for the products, and for the objects while they are needed. */
  work: string;
  /** Folder of the sources. Names of sources are shown relative to it. */
  root: string;
  /** Gets a step for each source file. */
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
  workplace: Workplace,
): Promise<void> {
  const jobs = products.flatMap((product) => compileJobs(product, workplace));
  await inParallel(jobs, (done, name) => workplace.progress?.step(done, jobs.length, name));
  await Promise.all(products.map((product) => link(product, workplace)));
  const units = products.flatMap((product) => product.units);
  await Promise.all(units.map((unit) => rm(objectOf(unit, workplace))));
}

interface Job {
  name: string;
  run(): Promise<void>;
}

function compileJobs({ compiler, units, flags }: Product, workplace: Workplace): Job[] {
  const { root, work, signal } = workplace;
  return units.map((unit) => {
    const name = relative(root, unit);
    const options = [...flags, '-c', unit, '-o', objectOf(unit, workplace)];
    return { name, run: () => compile(compiler, options, { what: name, temporary: work, signal }) };
  });
}

/** Named after the room too: files of two rooms may have the same name. */
const objectOf = (unit: string, { root, work }: Workplace): string =>
  join(work, `${relative(root, unit).replaceAll('/', '-')}.o`);

function link({ file, compiler, units, linkFlags }: Product, workplace: Workplace): Promise<void> {
  const { work, signal } = workplace;
  const objects = units.map((unit) => objectOf(unit, workplace));
  const options = [...linkFlags, ...objects, '-o', join(work, file)];
  return compile(compiler, options, { what: file, temporary: work, signal });
}

/** Runs jobs on all CPUs. After a failure no further job starts; it waits for those that run. */
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
