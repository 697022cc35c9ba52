import Table from 'cli-table3';
import { formatChange, formatNs, formatShare } from '#src/text/units.js';
import type { Comparison } from './figures.ts';
import type { Fidelity, PairRecord, PeerRecord } from './record.ts';

/** The run as text for a wide terminal. */
export function render(fidelity: Fidelity): string {
  const { machine, pass, pairs, skipped } = fidelity;
  return [
    `${machine.cpuModel}, ${machine.cpuCount} CPUs, Linux ${machine.kernelRelease}, hypervisor ${machine.hypervisor || 'none'}; pinned to CPU ${fidelity.cpu}`,
    ...fidelity.peers.map(peerLine),
    ...titled(
      'Quiet',
      table(pairs, ({ quiet }) => quiet),
    ),
    ...titled(
      'Beside a busy neighbour on the same CPU',
      table(pairs, ({ busy }) => busy),
    ),
    '',
    ...skipped.map(({ ourMetric, peer, why }) => `not compared: ${ourMetric} with ${peer}: ${why}`),
    `a pass of ${pass.metrics} gated metrics: ${pass.medianSeconds.toFixed(3)} s`,
    ...fidelity.goals.map(({ goal, reached, found }) => `${goal}: ${word(reached)}, ${found}`),
  ].join('\n');
}

function word(reached: boolean | undefined): string {
  if (reached === undefined) return 'open';
  return reached ? 'reached' : 'NOT REACHED';
}

const peerLine = (peer: PeerRecord): string =>
  `${peer.name}: ${'absent' in peer ? `absent, since ${peer.absent}` : peer.version}`;

const titled = (title: string, text: string | undefined): string[] =>
  text === undefined ? [] : ['', title, text];

const HEAD = [
  ...['metric', 'peer', 'ours', 'theirs', 'ours over theirs (95 %)'],
  ...['spread of ours', 'of theirs', 'theirs over ours', 'what theirs includes'],
];

const REMARK_COLUMNS = 50;

function table(
  pairs: readonly PairRecord[],
  of: (pair: PairRecord) => Comparison | undefined,
): string | undefined {
  const rows = pairs.flatMap((pair) => {
    const comparison = of(pair);
    return comparison ? [row(pair, comparison)] : [];
  });
  if (rows.length === 0) return undefined;
  const drawn = new Table({
    head: HEAD,
    style: { head: [], border: [], compact: true },
    colWidths: [...HEAD.slice(1).map(() => null), REMARK_COLUMNS],
    wordWrap: true,
  });
  drawn.push(...rows);
  return drawn.toString();
}

/** Spreads: median absolute deviation, and standard deviation, of the launches. */
function row(pair: PairRecord, { ours, theirs, ratio, spreadRatio }: Comparison): string[] {
  const { estimate, low, high } = ratio;
  return [
    pair.ourMetric,
    pair.theirOperation,
    formatNs(ours.medianNs),
    formatNs(theirs.medianNs),
    formatChange({ ratio: estimate, low: low ?? 0, high }),
    `${formatShare(ours.madShare)}, ${formatShare(ours.sdShare)}`,
    `${formatShare(theirs.madShare)}, ${formatShare(theirs.sdShare)}`,
    `${times(spreadRatio.mad)}, ${times(spreadRatio.sd)}`,
    pair.includes ?? '',
  ];
}

const times = (factor: number | null): string =>
  factor === null ? '∞' : `×${Number(factor.toPrecision(2))}`;
