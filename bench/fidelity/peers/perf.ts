import { runPinned } from '../../process.ts';
import type { Found, Host, Pair, Peer } from '../peer.ts';
import { readNumber } from './report.ts';

interface Benchmark {
  ourMetric: string;
  /** Collection and benchmark. */
  name: readonly [string, string];
  includes: string;
  /** Operations of ours in one of theirs. */
  hops?: number;
  /** Loops of a first, short run that says how many fill the time. */
  fewLoops: number;
}

/**
 * From tools/perf/bench/{syscall,sched-pipe}.c. An operation of `sched pipe` is one iteration in
 * either process, a write and a read each: the token goes there and back.
 */
const BENCHMARKS: readonly Benchmark[] = [
  {
    ourMetric: 'syscall.null',
    name: ['syscall', 'basic'],
    includes: "libc's wrapper",
    fewLoops: 10_000,
  },
  {
    ourMetric: 'syscall.null_libc',
    name: ['syscall', 'basic'],
    includes: "libc's wrapper in a shared library",
    fewLoops: 10_000,
  },
  {
    ourMetric: 'context.pipe_2p_0k',
    name: ['sched', 'pipe'],
    includes: "two hops, halved; 4 bytes; libc's wrappers; fork and exit of the peer",
    hops: 2,
    fewLoops: 1000,
  },
  {
    ourMetric: 'process.fork_wait',
    name: ['syscall', 'fork'],
    includes: "perf's large address space; libc's fork and exit, with their handlers",
    fewLoops: 20,
  },
  {
    ourMetric: 'process.vfork_exec',
    name: ['syscall', 'execve'],
    includes:
      'fork instead of vfork; /bin/true and the dynamic linker instead of a bare executable',
    fewLoops: 20,
  },
];

export const perf: Peer = {
  name: 'perf',
  async find(host) {
    try {
      const { stdout } = await runPinned(host, { argv: ['perf', '--version'] });
      const listed = await Promise.all(['syscall', 'sched'].map((name) => list(host, name)));
      return { version: stdout.trim().replace('perf version ', ''), pairs: pairs(listed.join()) };
    } catch (error) {
      host.signal.throwIfAborted();
      return absent(error);
    }
  },
};

const absent = (error: unknown): Found => ({
  absent: `perf does not run (${error instanceof Error ? error.message : String(error)})`,
});

/** Without the name of a benchmark perf lists those of the collection. */
async function list(host: Host, collection: string): Promise<string> {
  const { stdout, stderr } = await runPinned(host, { argv: ['perf', 'bench', collection] });
  return stdout + stderr;
}

/** Older versions lack `syscall fork` and `execve`. */
const pairs = (listed: string): Pair[] =>
  BENCHMARKS.filter(({ name: [, name] }) => new RegExp(`\\b${name}: `).test(listed)).map(pairOf);

function pairOf({ ourMetric, name, includes, hops = 1, fewLoops }: Benchmark): Pair {
  const run = async (host: Host, loops: number): Promise<number> => {
    const argv = ['perf', 'bench', ...name, '--loop', String(loops)];
    const { stdout } = await runPinned(host, { argv });
    return 1000 * readNumber(stdout, /([\d.]+) usecs\/op/);
  };
  let loops: number | undefined;
  return {
    ourMetric,
    theirOperation: `perf bench ${name.join(' ')}`,
    includes,
    async launch(host, seconds) {
      loops ??= Math.ceil((seconds * 1e9) / (await run(host, fewLoops)));
      return (await run(host, loops)) / hops;
    },
  };
}
