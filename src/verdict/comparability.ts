import type { MachineRecord, Platform, Run } from '../record/run.js';

/**
 * How the machine of the stored runs matches the candidate's.
 * - `same`: the same platform; every verdict is possible;
 * - `same-cpu-model`: something else of the machine differs; nothing is called regressed or improved;
 * - `other-machine`: another CPU, or another emulation of one; nothing is compared.
 */
type MachineMatch = 'same' | 'same-cpu-model' | 'other-machine';

export interface ComparableRuns {
  match: MachineMatch;
  runs: Run[];
  /** What differs from the newest of these runs, as "field: stored → candidate". */
  differences: string[];
}

const CPU_MODEL: readonly (keyof Platform)[] = [
  'architecture',
  'cpuVendor',
  'cpuFamily',
  'cpuModelNumber',
  'cpuModel',
];

/**
 * On an emulated machine, times depend on these facts. The guest sees the same processor everywhere,
 * but its speed depends on the emulator and on the processor below it.
 */
const EMULATION: Readonly<Record<string, (machine: MachineRecord) => string>> = {
  accelerator: ({ accelerator }) => accelerator,
  qemu: ({ emulator }) => emulator.version,
  machine: ({ emulator }) => emulator.machine,
  cpu: ({ emulator }) => emulator.cpu,
  'host cpu': ({ emulator }) => emulator.hostCpu,
};

/** Picks the stored runs whose machine matches the candidate's best. */
export function comparableRuns(candidate: Run, stored: readonly Run[]): ComparableRuns {
  const earlier = stored.filter((run) => run.id !== candidate.id);
  const same = earlier.filter((run) => machineDifferences(run, candidate).length === 0);
  if (same.length > 0) return { match: 'same', runs: same, differences: [] };
  const sameModel = earlier.filter((run) => sameCpuModel(run, candidate));
  const runs = sameModel.length > 0 ? sameModel : earlier;
  const newest = runs.at(-1);
  return {
    match: sameModel.length > 0 ? 'same-cpu-model' : 'other-machine',
    runs,
    differences: newest ? machineDifferences(newest, candidate) : [],
  };
}

const sameCpuModel = (a: Run, b: Run): boolean =>
  CPU_MODEL.every((field) => a.platform[field] === b.platform[field]) &&
  emulationDifferences(a, b).length === 0;

/** Whether the run was measured on an emulated processor. */
export const isEmulated = ({ target }: Run): boolean => target.machine?.accelerator === 'tcg';

const machineDifferences = (baseline: Run, candidate: Run): string[] => [
  ...platformDifferences(baseline, candidate),
  ...emulationDifferences(baseline, candidate),
];

function emulationDifferences(baseline: Run, candidate: Run): string[] {
  if (!isEmulated(baseline) && !isEmulated(candidate)) return [];
  return Object.entries(EMULATION).flatMap(([name, textOf]) => {
    const [before, after] = [baseline, candidate].map(({ target: { machine } }) =>
      machine === undefined ? 'none' : textOf(machine),
    );
    return before === after ? [] : [`${name}: ${before} → ${after}`];
  });
}

function platformDifferences(baseline: Run, candidate: Run): string[] {
  const fields = Object.keys(candidate.platform) as (keyof Platform)[];
  return fields
    .filter((field) => baseline.platform[field] !== candidate.platform[field])
    .map((field) => `${field}: ${baseline.platform[field]} → ${candidate.platform[field]}`);
}
