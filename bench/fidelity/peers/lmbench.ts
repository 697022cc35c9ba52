import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runPinned } from '../../process.ts';
import type { Host, Pair, Peer } from '../peer.ts';
import { type Benchmark, benchmarks } from './lmbench-list.ts';

const FOLDER = 'LMBENCH_DIR';

/**
 * The repetitions that LMbench makes unless told otherwise, and how much longer than asked for each
 * of them is (src/lib_timing.c). It reports their median.
 */
const REPETITIONS = 11;
const LONGER = 1.1;

export const lmbench: Peer = {
  name: 'LMbench',
  async find(host) {
    const folder = process.env[FOLDER];
    if (!folder) return { absent: `${FOLDER} names no folder with its programs` };
    try {
      const version = await versionOf(join(folder, 'lat_syscall'));
      const overheads = await measureOverheads(host, folder);
      return { version, pairs: benchmarks(folder).map((each) => pair(folder, each, overheads)) };
    } catch (error) {
      host.signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      return { absent: `${FOLDER} is ${folder}, which cannot be used (${why})` };
    }
  },
};

/** Its licence wants published results to carry the version that is in the program's SCCS id. */
async function versionOf(program: string): Promise<string> {
  await access(program);
  const [, id] = /\$Id: s\.([^$]+?) \$/.exec(await readFile(program, 'latin1')) ?? [];
  return id ?? 'unversioned';
}

/**
 * What its clock and its loop cost is taken off each figure. Every program would find that out for
 * itself, for seconds; LMbench's own driver has them measured once and hands them on.
 */
async function measureOverheads(host: Host, folder: string): Promise<Record<string, string>> {
  const measured = async (program: string): Promise<string> => {
    const { stdout } = await runPinned(host, { argv: [join(folder, program)] });
    return stdout.trim();
  };
  return { TIMING_O: await measured('timing_o'), LOOP_O: await measured('loop_o') };
}

function pair(folder: string, benchmark: Benchmark, overheads: Record<string, string>): Pair {
  const { program, options = [], series = 1, hops = 1, read, around } = benchmark;
  const repetitions = benchmark.long ? 1 : REPETITIONS;
  const run = async (host: Host, seconds: number): Promise<number> => {
    const us = (seconds * 1e6) / series / REPETITIONS / LONGER;
    const { stderr } = await runPinned(host, {
      argv: [join(folder, program), '-N', String(repetitions), ...options],
      env: { ...overheads, ENOUGH: String(Math.round(us)) },
    });
    return (1000 * read(stderr)) / hops;
  };
  return {
    ourMetric: benchmark.ourMetric,
    theirOperation: [program, ...options].join(' '),
    ...(benchmark.includes === undefined ? {} : { includes: benchmark.includes }),
    launch: (host, seconds) =>
      around === undefined ? run(host, seconds) : around(host, () => run(host, seconds)),
  };
}
