import { constants, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leavePinned, runPinned } from '../../process.ts';
import type { Host } from '../peer.ts';
import { readNumber } from './report.ts';

export interface Benchmark {
  ourMetric: string;
  program: string;
  options?: readonly string[];
  includes?: string;
  /** How many series of repetitions the program makes: another one for what it subtracts. */
  series?: number;
  /** It makes every repetition a second or two long whatever it is told: one has to do. */
  long?: true;
  /** Operations of ours in one of theirs. */
  hops?: number;
  /** µs of one operation of theirs. */
  read: (report: string) => number;
  /** Sets up what the program needs beside itself, and takes it down again. */
  around?: <T>(host: Host, run: () => Promise<T>) => Promise<T>;
}

const WRAPPER = "libc's wrapper";
const WRAPPERS = "libc's wrappers";

const micro = (report: string): number => readNumber(report, /: ([\d.]+) microseconds/);

export const benchmarks = (folder: string): readonly Benchmark[] => [
  ...calls(),
  ...switches(),
  ...processes(folder),
  ...memory(),
  ...network(folder),
];

function calls(): Benchmark[] {
  const call = (ourMetric: string, includes: string, ...options: string[]): Benchmark => ({
    ...{ ourMetric, program: 'lat_syscall', options, includes, read: micro },
  });
  return [
    call('syscall.null', WRAPPER, 'null'),
    call('syscall.null_libc', `${WRAPPER} in a shared library`, 'null'),
    call('syscall.read_zero', WRAPPER, 'read'),
    call('syscall.write_null', WRAPPER, 'write'),
    call(
      'syscall.fstat',
      "newfstatat(2) with an empty path, which libc's fstat is since glibc 2.33",
      'fstat',
      '/dev/null',
    ),
    call('syscall.stat', WRAPPER, 'stat', '/dev/null'),
    call('syscall.open_close', WRAPPERS, 'open', '/dev/null'),
    {
      ourMetric: 'syscall.select_100',
      program: 'lat_select',
      // It watches so many, but hands that number to select(2), and only 100 of them lie below it.
      options: ['-n', '109', 'file'],
      includes: 'a file that is always ready to be written to, instead of an empty pipe',
      read: micro,
    },
    {
      ourMetric: 'signal.install',
      program: 'lat_sig',
      options: ['install'],
      includes: `${WRAPPER}, which converts two structures; the handler before is read back`,
      read: micro,
    },
    {
      ourMetric: 'signal.raise',
      program: 'lat_sig',
      options: ['catch'],
      includes: 'kill(2) with signal 0, which sends nothing, is subtracted',
      series: 2,
      read: micro,
    },
  ];
}

/** Printed as `"size=0k ovr=0.30` and, for each number of processes, `2 0.95`. */
const overhead = (report: string): number => readNumber(report, /ovr=([\d.]+)/);
const net = (report: string): number => readNumber(report, /^\d+ ([\d.]+)$/m);
const gross = (report: string): number => net(report) + overhead(report);

function switches(): Benchmark[] {
  const context = (
    ourMetric: string,
    kilobytes: number,
    processes: number,
    includes: string,
    read = gross,
  ): Benchmark => ({
    ...{ ourMetric, program: 'lat_ctx', options: ['-s', String(kilobytes), String(processes)] },
    ...{ includes, series: 2, read },
  });
  const ring = (processes: number, kilobytes: number): Benchmark =>
    context(
      `context.ring_${processes}p_${kilobytes}k`,
      kilobytes,
      processes,
      `4 bytes; ${WRAPPERS}; no SCHED_BATCH, so some hops are two switches; what it subtracts added`,
    );
  return [
    context('context.pipe_2p_0k', 0, 2, `4 bytes; ${WRAPPERS}; what it subtracts added`),
    context('context.pipe_2p_0k_net', 0, 2, `4 bytes; ${WRAPPERS}`, net),
    ...[2, 8, 16].flatMap((processes) =>
      [0, 16, 64].map((kilobytes) => ring(processes, kilobytes)),
    ),
    {
      ourMetric: 'context.pipe_2p_0k',
      program: 'lat_pipe',
      ...{ includes: `two hops, halved; ${WRAPPERS}`, hops: 2, long: true, read: micro },
    },
    {
      ourMetric: 'context.unix_2p',
      program: 'lat_unix',
      ...{ includes: `two hops, halved; ${WRAPPERS}; no SCHED_BATCH`, hops: 2, read: micro },
    },
  ];
}

function processes(folder: string): Benchmark[] {
  return [
    {
      ourMetric: 'process.fork_wait',
      program: 'lat_proc',
      options: ['fork'],
      includes: "a dynamically linked process; libc's fork and exit, with their handlers",
      read: micro,
    },
    {
      ourMetric: 'process.vfork_exec',
      program: 'lat_proc',
      options: ['exec'],
      includes: 'fork instead of vfork; the dynamic linker instead of a bare executable',
      read: micro,
      around: (_host, run) => withHello(join(folder, 'hello'), run),
    },
  ];
}

/** What lat_proc starts. */
const HELLO = '/tmp/hello';

async function withHello<T>(program: string, run: () => Promise<T>): Promise<T> {
  await copyFile(program, HELLO, constants.COPYFILE_EXCL);
  try {
    return await run();
  } finally {
    await rm(HELLO);
  }
}

function memory(): Benchmark[] {
  return [
    {
      ourMetric: 'memory.mmap_munmap',
      program: 'lat_mmap',
      options: ['320k', 'mapped'],
      includes: '320 KB of a shared file instead of 64 KB of memory, and writing to 2 of its pages',
      // Megabytes and µs.
      read: (report) => readNumber(report, /^[\d.]+ ([\d.]+)$/m),
      around: withMapped,
    },
    {
      ourMetric: 'memory.file_fault',
      program: 'lat_pagefault',
      options: ['mapped'],
      includes:
        'times 16, the pages that a fault maps; also reads those, in random order; a disk file',
      series: 2,
      hops: 1 / 16,
      read: micro,
      around: withMapped,
    },
  ];
}

async function withMapped<T>({ folder }: Host, run: () => Promise<T>): Promise<T> {
  const path = join(folder, 'mapped');
  await writeFile(path, Buffer.alloc(1024 * 1024));
  try {
    return await run();
  } finally {
    await rm(path);
  }
}

function network(folder: string): Benchmark[] {
  return [
    {
      ourMetric: 'net.unix_rtt_1b',
      program: 'lat_unix',
      includes: `a stream instead of datagrams; ${WRAPPERS}; no SCHED_BATCH`,
      read: micro,
    },
    {
      ourMetric: 'net.tcp_rtt_1b',
      program: 'lat_tcp',
      ...{ options: ['localhost'], long: true, read: micro },
      includes: `${WRAPPERS}; no TCP_NODELAY; no SCHED_BATCH`,
      around: (host, run) => withServer(host, join(folder, 'lat_tcp'), 'tcp', 31234, run),
    },
    {
      ourMetric: 'net.udp_rtt_1b',
      program: 'lat_udp',
      ...{ options: ['localhost'], long: true, read: micro },
      includes: '4 bytes, numbered; a server that is not connected; no SCHED_BATCH',
      around: (host, run) => withServer(host, join(folder, 'lat_udp'), 'udp', 34298, run),
    },
  ];
}

const SERVER_START_MS = 5000;

/**
 * The server listens on all interfaces, for as long as the launch takes. The ports are those of
 * src/bench.h, negated; lat_udp forgets to negate and binds what is left of it in 16 bits.
 */
async function withServer<T>(
  host: Host,
  program: string,
  protocol: 'tcp' | 'udp',
  port: number,
  run: () => Promise<T>,
): Promise<T> {
  const end = await leavePinned(host, { argv: [program, '-s'] });
  try {
    await untilBound(host, protocol, port);
    const result = await run();
    await runPinned(host, { argv: [program, '-S', 'localhost'] });
    return result;
  } finally {
    end();
  }
}

async function untilBound(host: Host, protocol: 'tcp' | 'udp', port: number): Promise<void> {
  const socket = new RegExp(`: 00000000:${port.toString(16).toUpperCase().padStart(4, '0')} `);
  const end = performance.now() + SERVER_START_MS;
  while (!socket.test(await readFile(`/proc/net/${protocol}`, 'utf8'))) {
    if (performance.now() > end) throw new Error(`nothing listens on ${protocol} port ${port}`);
    await sleep(10, undefined, { signal: host.signal });
  }
}
