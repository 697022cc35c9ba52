import { studentCdf } from '../stats/student.js';
import { formatRatio } from '../text/units.js';
import type { MachineMetric } from './machine-metric.js';
import { cpuOf, isCpuRead, machineName } from './shard-caveats.js';
import type { Shard } from './shard-set.js';

interface Judged {
  metric: { id: string; gate: boolean };
  marginRatio: number;
  machines: readonly MachineMetric[];
}

/**
 * The metrics that the machines disagree about: the two most different machines differ by more than
 * the margin, and the noise inside them does not explain it. The test is a t test of their difference,
 * with the degrees of freedom of the smaller sample and with Bonferroni's correction over all pairs of
 * machines and all metrics.
 *
 * @returns by metric id, a clause that names the two machines and, if the CPU model tells the moved
 *   machines from the others, that model
 */
export function disagreements(
  metrics: readonly Judged[],
  shards: readonly Shard[],
  alpha: number,
): Map<string, string> {
  const found = new Map<string, string>();
  const pairs = (shards.length * (shards.length - 1)) / 2;
  const level = alpha / Math.max(1, pairs * metrics.length);
  for (const { metric, marginRatio, machines } of metrics) {
    const sorted = machines.toSorted((a, b) => a.estimate - b.estimate);
    const [low, high] = [sorted[0], sorted.at(-1)];
    if (low === undefined || high === undefined || low === high) continue;
    const gap = high.estimate - low.estimate;
    if (gap <= Math.log1p(marginRatio) || 2 * tail(low, high) > level) continue;
    found.set(metric.id, clause([high, low], marginRatio, machines, shards));
  }
  return found;
}

/** One-sided p of the difference between two machines. Without any noise inside them it is 0. */
function tail(low: MachineMetric, high: MachineMetric): number {
  const error = Math.hypot(low.standardError, high.standardError);
  if (error === 0) return 0;
  const pairs = Math.min(low.between.length, high.between.length);
  return studentCdf((low.estimate - high.estimate) / error, pairs - 1);
}

/** One cause can make many metrics disagree: all are named, and the first one with its clause. */
export function disagreementCaveats(found: ReadonlyMap<string, string>): string[] {
  const [first] = found;
  if (first === undefined) return [];
  const [id, clauseText] = first;
  if (found.size === 1) return [`The machines disagree about ${id}: ${clauseText}.`];
  return [
    `The machines disagree about ${found.size} metrics (${[...found.keys()].join(', ')}). For example ${id}: ${clauseText}.`,
  ];
}

function clause(
  extremes: readonly MachineMetric[],
  marginRatio: number,
  machines: readonly MachineMetric[],
  shards: readonly Shard[],
): string {
  const [first, second] = extremes.map(
    ({ estimate, shard }) => `${formatRatio(Math.exp(estimate))} on ${machineName(shard, shards)}`,
  );
  return `${first}, ${second}${kindThatMoved(marginRatio, machines)}`;
}

/** The CPU models that moved beyond the margin, if the model alone separates them from the others. */
function kindThatMoved(marginRatio: number, machines: readonly MachineMetric[]): string {
  const isMoved = ({ estimate }: MachineMetric): boolean =>
    Math.abs(estimate) > Math.log1p(marginRatio);
  const moved = machines.filter(isMoved);
  const others = machines.filter((machine) => !isMoved(machine));
  if (moved.length === 0 || others.length === 0) return '';
  if (moved.some((machine) => others.some((other) => mayBeAlike(machine, other)))) return '';
  return `; it moved on every ${modelsOf(moved, ' and ')}, and on no ${modelsOf(others, ' or ')}`;
}

/** A CPU model that could not be read may be that of any machine of its architecture. */
function mayBeAlike(...pair: readonly [MachineMetric, MachineMetric]): boolean {
  const [first, second] = pair.map(({ shard }) => shard.candidate.platform);
  if (first?.architecture !== second?.architecture) return false;
  return first?.cpuModel === second?.cpuModel || pair.some(({ shard }) => !isCpuRead(shard));
}

const modelsOf = (machines: readonly MachineMetric[], join: string): string =>
  [...new Set(machines.map(({ shard }) => cpuOf(shard)))].join(join);
