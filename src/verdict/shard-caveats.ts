import type { TimedMetric } from '../record/run.js';
import { isUnknown } from '../record/unread.js';
import { MACHINE_PRIOR_STANDARD_DEVIATION } from '../stats/assumptions.js';
import { formatShare } from '../text/units.js';
import type { MachineMetric } from './machine-metric.js';
import { metricOf } from './samples.js';
import type { Shard } from './shard-set.js';
import { unevenFilterCaveats, validityCaveats } from './validity.js';

export const isCpuRead = ({ candidate: { platform } }: Shard): boolean =>
  !isUnknown(platform.cpuModel);

/** The CPU model of a machine, or its architecture if the kernel names no model. */
export const cpuOf = (shard: Shard): string =>
  isCpuRead(shard) ? shard.candidate.platform.cpuModel : shard.candidate.platform.architecture;

/** `machine 2 (AMD EPYC 7763)`, with the numbers of the report's list. */
export const machineName = (shard: Shard, shards: readonly Shard[]): string =>
  `machine ${shards.indexOf(shard) + 1} (${cpuOf(shard)})`;

interface Tested {
  metric: TimedMetric;
  machines: readonly MachineMetric[];
}

/** What weakens the whole comparison over machines, one sentence each. */
export function shardCaveats(
  shards: readonly Shard[],
  tested: ReadonlyMap<string, Tested>,
): string[] {
  return [
    ...oneMachine(shards),
    ...severalTools(shards),
    ...severalKernels(shards),
    ...leftOut(shards, tested),
    ...shards.flatMap((shard) => ofMachine(shard, shards)),
  ];
}

function oneMachine(shards: readonly Shard[]): string[] {
  if (shards.length > 1) return [];
  return [
    `There is only one machine. How much a change differs between machines cannot be estimated; it is assumed to be ${formatShare(MACHINE_PRIOR_STANDARD_DEVIATION)} (one standard deviation), so only large changes show.`,
  ];
}

function severalTools(shards: readonly Shard[]): string[] {
  const tools = [...new Set(shards.map(({ candidate }) => candidate.tool))];
  if (tools.length < 2) return [];
  return [
    `The shards were measured by different versions of syscall-gate (${tools.join(', ')}): metrics with different definitions are not compared, and the others may be estimated differently.`,
  ];
}

/** Machines may differ, but on different kernels a change does not mean the same thing. */
function severalKernels(shards: readonly Shard[]): string[] {
  const kernels = [...new Set(shards.map(({ candidate }) => candidate.subject.kernelRelease))];
  if (kernels.length < 2) return [];
  return [
    `The candidate ran on different kernels (${kernels.join(', ')}): if only some of them have a change, the machines disagree.`,
  ];
}

/** Names the metrics that rest on fewer machines than there are. */
function leftOut(shards: readonly Shard[], tested: ReadonlyMap<string, Tested>): string[] {
  return shards.flatMap((shard) => {
    const missing = [...tested.values()].filter(
      ({ machines }) => !machines.some((machine) => machine.shard === shard),
    );
    if (missing.length === 0) return [];
    const otherwise = missing.every(({ metric }) => otherVersion(shard, metric));
    const how = otherwise
      ? 'has another definition of these metrics'
      : 'measured these metrics on one side only, or in too few pairs';
    const ids = missing.map(({ metric }) => metric.id).join(', ');
    const name = machineName(shard, shards);
    return [
      `${name.charAt(0).toUpperCase()}${name.slice(1)} ${how}, so they are judged without it: ${ids}.`,
    ];
  });
}

function otherVersion({ candidate }: Shard, { id, version }: TimedMetric): boolean {
  const found = metricOf(candidate, id);
  return found !== undefined && found.version !== version;
}

function ofMachine(shard: Shard, shards: readonly Shard[]): string[] {
  const { baseline, candidate } = shard;
  const name = machineName(shard, shards);
  const said = [
    ...validityCaveats([baseline, candidate]),
    ...unevenFilterCaveats(baseline, candidate),
  ];
  return said.map((sentence) => `On ${name}: ${sentence}`);
}
