import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runPinned } from '../../process.ts';
import type { Host, Pair, Peer } from '../peer.ts';
import { readNumber } from './report.ts';

const FOLDER = 'WILL_IT_SCALE_DIR';

/** Where all test cases make their files, and which of them. */
const FILES = { folder: '/tmp', prefix: 'willitscale.' };

type Testcase = Omit<Pair, 'theirOperation' | 'launch'> & { name: string };

/** Each counts its iterations in shared memory and goes through libc's wrappers. */
const TESTCASES: readonly Testcase[] = [
  { name: 'getppid1', ourMetric: 'syscall.null', includes: "libc's wrapper, a shared counter" },
  {
    name: 'getppid1',
    ourMetric: 'syscall.null_libc',
    includes: "libc's wrapper in a shared library, a shared counter",
  },
  { name: 'lseek1', ourMetric: 'syscall.lseek', includes: "libc's wrapper; a file below /tmp" },
  {
    name: 'pread1',
    ourMetric: 'syscall.pread_4k',
    includes: "libc's wrapper; a file below /tmp instead of memory",
  },
  {
    name: 'open1',
    ourMetric: 'syscall.open_close',
    includes: 'a file below /tmp, for writing, instead of /dev/null',
  },
  {
    name: 'poll1',
    ourMetric: 'syscall.poll_1',
    includes: 'a file, which is always ready, instead of an empty pipe',
  },
  {
    name: 'futex1',
    ourMetric: 'syscall.futex_wake_0',
    includes: 'a shared futex, whose page is looked up, instead of a private one',
  },
  { name: 'sched_yield', ourMetric: 'syscall.sched_yield', includes: "libc's wrapper" },
  {
    name: 'signal1',
    ourMetric: 'signal.raise',
    includes: "libc's raise(3), which masks signals before and after",
  },
  { name: 'pipe1', ourMetric: 'context.pipe_self', includes: "libc's wrappers" },
  {
    name: 'context_switch1',
    ourMetric: 'context.pipe_2p_0k',
    includes: "libc's wrappers, a shared counter",
  },
  {
    name: 'page_fault1',
    ourMetric: 'memory.anon_fault',
    includes: 'mmap and munmap of 128 MB, shared out among its 32,768 faults',
  },
];

export const willItScale: Peer = {
  name: 'will-it-scale',
  async find() {
    const folder = process.env[FOLDER];
    if (!folder) return { absent: `${FOLDER} names no folder with its programs` };
    try {
      await access(join(folder, 'getppid1_processes'));
    } catch {
      return { absent: `${FOLDER} is ${folder}, which has no getppid1_processes` };
    }
    return {
      version: 'unversioned',
      pairs: TESTCASES.map((testcase) => pair(folder, testcase)),
    };
  },
};

const pair = (folder: string, { name, ...metric }: Testcase): Pair => ({
  ...metric,
  theirOperation: `will-it-scale ${name} -t 1`,
  launch: (host) => withoutLeftovers(() => run(host, join(folder, `${name}_processes`))),
});

/**
 * It counts second by second, and calls the first six warming up. One is enough for a single task:
 * the second one is what is read here, and then it is stopped. It would wait for the end to print
 * into a pipe.
 */
async function run(host: Host, program: string): Promise<number> {
  const second = /warmup\n.*\n.*total:(\d+)\n/;
  const argv = ['stdbuf', '-oL', program, '-t', '1', '-s', '1', '-n'];
  const { stdout } = await runPinned(host, { argv, enough: (said) => second.test(said) });
  return 1e9 / readNumber(stdout, second);
}

/** A test case that is stopped leaves its file. */
async function withoutLeftovers<T>(work: () => Promise<T>): Promise<T> {
  const files = async () =>
    (await readdir(FILES.folder)).filter((name) => name.startsWith(FILES.prefix));
  const before = new Set(await files());
  try {
    return await work();
  } finally {
    const left = (await files()).filter((name) => !before.has(name));
    await Promise.all(left.map((name) => rm(join(FILES.folder, name), { force: true })));
  }
}
