import type { TimedMetric } from '../record/run.js';
import { MACHINE_PRIOR_STANDARD_DEVIATION } from '../stats/assumptions.js';
import { formatShare } from '../text/units.js';
import type { MachineMetric } from './machine-metric.js';
import { metricOf } from './samples.js';
import type { Shard } from './shard-set.js';
import { filteredUnevenly, validityCaveats } from './validity.js';

/** The CPU model of a machine, or its architecture where the kernel names none. */
export const cpuOf = ({ candidate: { platform } }: Shard): string =>
  platform.cpuModel === '' || platform.cpuModel === 'unknown'
    ? platform.architecture
    : platform.cpuModel;

/** `machine 2 (AMD EPYC 7763)`: machines are numbered as the report lists them. */
export const machineName = (shard: Shard, shards: readonly Shard[]): string =>
  `machine ${shards.indexOf(shard) + 1} (${cpuOf(shard)})`;

interface Tested {
  metric: TimedMetric;
  machines: readonly MachineMetric[];
}

/** What weakens a comparison over machines as a whole, one sentence each. */
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
    `There is one machine: how far a change differs between machines is not estimated but taken to be ${formatShare(MACHINE_PRIOR_STANDARD_DEVIATION)} (one standard deviation), so that only large changes show.`,
  ];
}

function severalTools(shards: readonly Shard[]): string[] {
  const tools = [...new Set(shards.map(({ candidate }) => candidate.tool))];
  if (tools.length < 2) return [];
  return [
    `The shards were measured by different versions of syscall-gate (${tools.join(', ')}): metrics of different definitions are not compared, and the others may be estimated differently.`,
  ];
}

/** Machines need not be alike, but a change of the kernel then means something else on each. */
function severalKernels(shards: readonly Shard[]): string[] {
  const kernels = [...new Set(shards.map(({ candidate }) => candidate.subject.kernelRelease))];
  if (kernels.length < 2) return [];
  return [
    `The candidate ran on different kernels (${kernels.join(', ')}): a change that only some of them have shows as machines that disagree.`,
  ];
}

/** A metric that rests on fewer machines than there are should not look as if it rested on all. */
function leftOut(shards: readonly Shard[], tested: ReadonlyMap<string, Tested>): string[] {
  return shards.flatMap((shard) => {
    const missing = [...tested.values()].filter(
      ({ machines }) => !machines.some((machine) => machine.shard === shard),
    );
    if (missing.length === 0) return [];
    const otherwise = missing.every(({ metric }) => otherVersion(shard, metric));
    const how = otherwise ? 'by another definition' : 'on one side only, or in too few pairs,';
    return [
      `Measured ${how} on ${machineName(shard, shards)} and judged without it: ${missing.map(({ metric }) => metric.id).join(', ')}.`,
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
    ...filteredUnevenly(baseline, candidate),
  ];
  return said.map((sentence) => `On ${name}: ${sentence}`);
}
