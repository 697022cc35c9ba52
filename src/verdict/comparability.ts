import type { MachineRecord, Platform, Run } from '../record/run.js';

/**
 * How far stored runs can be held against a candidate.
 * - `same`: the same platform; every verdict is possible;
 * - `kindred`: the same CPU model, something else of the machine differs; red is out of reach;
 * - `foreign`: another machine, or another emulation of one; nothing is compared.
 */
export type Kinship = 'same' | 'kindred' | 'foreign';

export interface ComparableRuns {
  kinship: Kinship;
  runs: Run[];
  /** What differs from the nearest stored run, as "field: theirs → ours". */
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
 * What times depend on where a machine is emulated: the guest sees the same processor wherever it is,
 * and how long its instructions take is up to the emulator and the processor under it.
 */
const EMULATION: Readonly<Record<string, (machine: MachineRecord) => string>> = {
  accelerator: ({ accelerator }) => accelerator,
  qemu: ({ emulator }) => emulator.version,
  machine: ({ emulator }) => emulator.machine,
  cpu: ({ emulator }) => emulator.cpu,
  'host cpu': ({ emulator }) => emulator.hostCpu,
};

/** Picks the stored runs nearest to the candidate's platform: same before kindred before foreign. */
export function comparableRuns(candidate: Run, stored: readonly Run[]): ComparableRuns {
  const earlier = stored.filter((run) => run.id !== candidate.id);
  const same = earlier.filter((run) => machineDifferences(run, candidate).length === 0);
  if (same.length > 0) return { kinship: 'same', runs: same, differences: [] };
  const kindred = earlier.filter((run) => sameCpuModel(run, candidate));
  const nearest = (kindred.length > 0 ? kindred : earlier).at(-1);
  return {
    kinship: kindred.length > 0 ? 'kindred' : 'foreign',
    runs: kindred.length > 0 ? kindred : earlier,
    differences: nearest ? machineDifferences(nearest, candidate) : [],
  };
}

const sameCpuModel = (a: Run, b: Run): boolean =>
  CPU_MODEL.every((field) => a.platform[field] === b.platform[field]) &&
  emulationDifferences(a, b).length === 0;

/** Whether the processor that the run was measured on is an emulated one. */
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
