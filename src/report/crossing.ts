import type { CrossingReport, TransferReport } from '../record/report.js';
import { isTimed, type Run, type TimedMetric } from '../record/run.js';
import { figure } from '../text/units.js';
import { centreNs } from '../verdict/samples.js';

/**
 * Two questions of a kernel-list thread of 2003 ("TCP zero copy for mmapped files"): what it costs to
 * enter the kernel and to switch processes, and which way of sending a header and a file is then the
 * fastest.
 */

/** Larry McVoy's measurements in that thread, with LMbench on a 1.6 GHz Athlon. */
export const IN_2003 = {
  machine: '1.6 GHz Athlon',
  switchesPerSecond: 548_000,
  crossingNs: 1_800,
} as const;

/** The metrics that both blocks need, as globs. */
export const CROSSING_METRICS: readonly string[] = [
  'syscall.null',
  'context.pipe_self',
  'context.pipe_2p_0k*',
  'host.*',
  'sendfile.tcp_{4k,64k}_*',
];

const SIZES = ['4k', '64k'] as const;

/** Every way to send a header and a file that the catalogue has. A run may have measured only some. */
const STRATEGIES: readonly [suffix: string, label: string][] = [
  ['cork_header', 'TCP_CORK, send, sendfile, uncork'],
  ['more_header', 'send(MSG_MORE), sendfile'],
  ['writev_mmap', 'writev(header, mapped file)'],
  ['mmap_each', 'mmap, writev, munmap'],
  ['copy', 'pread, writev'],
  ['splice', 'send(MSG_MORE), splice through a pipe'],
  ['zerocopy', 'sendmsg(MSG_ZEROCOPY)'],
  ['uring', 'io_uring sendmsg'],
  ['uring_zc', 'io_uring sendmsg, zero copy'],
  ['nagle_header', 'send, sendfile, nothing else'],
];

/**
 * The calls that TCP_CORK takes: set it, send, sendfile, clear it. A single call could replace
 * them.
 */
const CALLS_OF_CORK = 4;

/**
 * The data for both blocks from one run.
 *
 * @returns undefined if the run did not measure the null call and the switch
 */
export function crossingOf(run: Run): CrossingReport | undefined {
  const call = timed(run, 'syscall.null');
  const hop = timed(run, 'context.pipe_2p_0k');
  if (call === undefined || hop === undefined) return undefined;
  const hopNs = shownNs(hop);
  return {
    callNs: shownNs(call),
    hopNs,
    switchesPerSecond: figure(1e9 / hopNs),
    withoutSwitchNs: numberOf(timed(run, 'context.pipe_self')),
    hostSwitchesPerSecond: rateOf(timed(run, 'host.switches_per_second')),
    vmstat: timed(run, 'host.vmstat')?.details ?? null,
    transfers: SIZES.flatMap((size) => transferOf(run, size, shownNs(call))),
  };
}

function transferOf(run: Run, size: string, callNs: number): TransferReport[] {
  const strategies = STRATEGIES.flatMap(([suffix, label]) => {
    const metric = timed(run, `sendfile.tcp_${size}_${suffix}`);
    if (metric === undefined) return [];
    const { id, entries = null, details } = metric;
    const segments = details?.['segments_per_op'] ?? null;
    return [{ id, label, ns: shownNs(metric), entries, segments }];
  }).sort((one, other) => one.ns - other.ns);
  if (strategies.length === 0) return [];
  const cork = strategies.find(({ id }) => id.endsWith('_cork_header'));
  const savedNs = figure((CALLS_OF_CORK - 1) * callNs);
  return [
    {
      size,
      strategies,
      oneCall: cork === undefined ? null : { savedNs, share: figure(savedNs / cork.ns) },
    },
  ];
}

function timed(run: Run, id: string): TimedMetric | undefined {
  const metric = run.metrics.find((one) => one.id === id);
  return isTimed(metric) ? metric : undefined;
}

const numberOf = (metric: TimedMetric | undefined): number | null =>
  metric === undefined ? null : shownNs(metric);

const rateOf = (metric: TimedMetric | undefined): number | null =>
  metric === undefined ? null : figure(1e9 / centreNs(metric));

const shownNs = (metric: TimedMetric): number => figure(centreNs(metric));
