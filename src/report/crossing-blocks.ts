import type { CrossingReport, TransferReport } from '../record/report.js';
import { formatCount, formatFactor, formatNs, formatRate, formatShare } from '../text/units.js';
import { type Block, type Fact, facts, grid, type Table } from './blocks.js';
import { IN_2003 } from './crossing.js';

/** What a crossing costs, then vmstat's line during the run, and header + file at each size. */
export const crossingBlocks = (crossing: CrossingReport): Block[] => [
  ...facts('The crossing', crossingFacts(crossing)),
  ...(crossing.vmstat === null ? [] : vmstatTables(crossing.vmstat)),
  ...crossing.transfers.map(transferTable),
];

function crossingFacts(crossing: CrossingReport): Fact[] {
  const { callNs, hopNs, switchesPerSecond, withoutSwitchNs, hostSwitchesPerSecond } = crossing;
  const all: (Fact | undefined)[] = [
    ['crossing', `two system calls and one switch in ${formatNs(hopNs)}`],
    ['a second', `${rate(switchesPerSecond)} switches on one CPU`],
    [
      'in 2003',
      `${formatNs(IN_2003.crossingNs)}, ${rate(IN_2003.switchesPerSecond)} (LMbench on a ${IN_2003.machine})`,
    ],
    ['null call', formatNs(callNs)],
    withoutSwitchNs === null
      ? undefined
      : ['no switch', `the same two calls on its own pipe: ${formatNs(withoutSwitchNs)}`],
    hostSwitchesPerSecond === null
      ? undefined
      : ['the machine', `${rate(hostSwitchesPerSecond)} switches while the two processes ran`],
  ];
  return all.filter((fact) => fact !== undefined);
}

const rate = (perSecond: number): string => formatRate(1e9 / perSecond);

/** The columns that vmstat(8) prints, from the facts that host.vmstat notes. */
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
  const title = 'Meanwhile, in the columns of vmstat, all CPUs';
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
      ? `Here ${best.label} wins, by ${formatShare(second.ns / best.ns - 1)} over ${second.label}.`
      : '',
    oneCall === null
      ? ''
      : `One call for header and file would save three of the four calls around TCP_CORK: at this machine's call cost ${formatNs(oneCall.savedNs)}, ${formatShare(oneCall.share)} of it.`,
  ];
  return grid(
    `A header of 256 B and a file of ${size.replace('k', ' KB')}, loopback TCP`,
    ['strategy', 'time', 'to the best', 'segments', 'entries'],
    rows,
    says.filter((sentence) => sentence !== ''),
  );
}
