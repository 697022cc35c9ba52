import type { CrossingReport, TransferReport } from '../record/report.js';
import { formatCount, formatFactor, formatNs, formatRate, formatShare } from '../text/units.js';
import { type Block, type Fact, facts, grid, type Table } from './blocks.js';
import { IN_2003 } from './crossing.js';

/** What entering the kernel costs, vmstat's line during the run, and header + file at each size. */
export const crossingBlocks = (crossing: CrossingReport): Block[] => [
  ...facts('What entering the kernel costs', crossingFacts(crossing)),
  ...(crossing.vmstat === null ? [] : vmstatTables(crossing.vmstat)),
  ...crossing.transfers.map(transferTable),
];

function crossingFacts(crossing: CrossingReport): Fact[] {
  const { callNs, hopNs, switchesPerSecond, withoutSwitchNs, hostSwitchesPerSecond } = crossing;
  const all: (Fact | undefined)[] = [
    ['switch', `two system calls and one context switch in ${formatNs(hopNs)}`],
    ['switch rate', `${rate(switchesPerSecond)} on one CPU`],
    [
      'in 2003',
      `${formatNs(IN_2003.crossingNs)}, ${rate(IN_2003.switchesPerSecond)} (LMbench on a ${IN_2003.machine})`,
    ],
    ['null call', formatNs(callNs)],
    withoutSwitchNs === null
      ? undefined
      : [
          'no switch',
          `the same two calls of one process on its own pipe: ${formatNs(withoutSwitchNs)}`,
        ],
    hostSwitchesPerSecond === null
      ? undefined
      : ['all CPUs', `${rate(hostSwitchesPerSecond)} switches while the two processes ran`],
  ];
  return all.filter((fact) => fact !== undefined);
}

const rate = (perSecond: number): string => formatRate(1e9 / perSecond);

/** The columns of vmstat(8), from the details of host.vmstat. */
const VMSTAT: readonly [head: string, fact: string, format: (value: number) => string][] = [
  ['load', 'load_1m', (value) => value.toFixed(2)],
  ['free', 'memory_free_kib', (value) => mebibytes(value)],
  ['buff', 'memory_buffers_kib', (value) => mebibytes(value)],
  ['cache', 'memory_cached_kib', (value) => mebibytes(value)],
  ['in', 'interrupts_per_second', (value) => value.toFixed(0)],
  ['cs', 'switches_per_second', (value) => value.toFixed(0)],
  ['us', 'user_percent', (value) => value.toFixed(0)],
  ['sy', 'system_percent', (value) => value.toFixed(0)],
  ['id', 'idle_percent', (value) => value.toFixed(0)],
  ['wa', 'iowait_percent', (value) => value.toFixed(0)],
  ['st', 'steal_percent', (value) => value.toFixed(0)],
];

const mebibytes = (kibibytes: number): string => `${(kibibytes / 1024).toFixed(0)} MiB`;

function vmstatTables(vmstat: Record<string, number>): Table[] {
  const known = VMSTAT.flatMap(([head, fact, format]) => {
    const value = vmstat[fact];
    return value === undefined ? [] : [[head, format(value)] as const];
  });
  const heads = known.map(([head]) => head);
  const row = known.map(([, text]) => text);
  const title = 'vmstat during the run, all CPUs';
  return known.length === 0 ? [] : [grid(title, heads, [row])];
}

function transferTable({ size, strategies, oneCall }: TransferReport): Table {
  const [best, second] = strategies;
  const rows = strategies.map(({ label, ns, entries, segments }) => [
    label,
    formatNs(ns),
    best === undefined ? '' : formatFactor(ns / best.ns),
    segments === null ? '' : formatCount(segments),
    entries === null ? '' : `${entries}`,
  ]);
  const says = [
    best && second
      ? `The fastest here is ${best.label}; ${second.label} takes ${formatShare(second.ns / best.ns - 1)} longer.`
      : '',
    oneCall === null
      ? ''
      : `A single call for header and file would save three of the four calls of the TCP_CORK strategy: ${formatNs(oneCall.savedNs)} on this machine, ${formatShare(oneCall.share)} of its time.`,
  ];
  return grid(
    `A header of 256 B and a file of ${size.replace('k', ' KB')}, loopback TCP`,
    ['strategy', 'time', 'vs fastest', 'segments', 'entries'],
    rows,
    says.filter((sentence) => sentence !== ''),
  );
}
