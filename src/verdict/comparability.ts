import type { MachineRecord, Platform, Run } from '../record/run.js';
import { isUnknown } from '../record/unread.js';

/**
 * How the machine of the stored runs matches the candidate's, by the fields that both could read. A
 * field that one side could not read is no evidence of another machine.
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
  /**
   * Where the CPU model could not be read: "the stored runs", "this run". If it could not, nothing is
   * called regressed or improved by its time. Lost operations and exact counts still count.
   */
  cpuUnreadIn: string[];
}

const CPU_MODEL: readonly (keyof Platform)[] = [
  'architecture',
  'cpuVendor',
  'cpuFamily',
  'cpuModelNumber',
  'cpuModel',
];

/** Any of these sets tells one CPU model from all others. arm64 shows no name, some clouds hide it. */
const CPU_NAMES: readonly (readonly (keyof Platform)[])[] = [
  ['cpuVendor', 'cpuFamily', 'cpuModelNumber'],
  ['cpuModel'],
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
  const fits: [MachineMatch, (run: Run) => boolean][] = [
    ['same', (run) => isSame(run, candidate) && readAlike(run, candidate)],
    ['same', (run) => isSame(run, candidate) && cpuUnread(run, candidate).length === 0],
    ['same', (run) => isSame(run, candidate)],
    [
      'same-cpu-model',
      (run) => hasSameCpu(run, candidate) && cpuUnread(run, candidate).length === 0,
    ],
    ['same-cpu-model', (run) => hasSameCpu(run, candidate)],
  ];
  for (const [match, fit] of fits) {
    const runs = earlier.filter(fit);
    if (runs.length > 0) return matched(match, runs, candidate);
  }
  return matched('other-machine', earlier, candidate);
}

function matched(match: MachineMatch, runs: Run[], candidate: Run): ComparableRuns {
  const newest = runs.at(-1);
  return {
    match,
    runs,
    differences: newest ? machineDifferences(newest, candidate) : [],
    cpuUnreadIn: [...new Set(runs.flatMap((run) => cpuUnread(run, candidate)))],
  };
}

const isSame = (baseline: Run, candidate: Run): boolean =>
  machineDifferences(baseline, candidate).length === 0;

const hasSameCpu = (baseline: Run, candidate: Run): boolean =>
  CPU_MODEL.every((field) => !differs(field, baseline, candidate)) &&
  emulationDifferences(baseline, candidate).length === 0;

/** Whether every field was read on both sides, or on neither. */
const readAlike = (baseline: Run, candidate: Run): boolean =>
  cpuUnread(baseline, candidate).length === 0 &&
  fieldsOf(candidate).every((field) => isUnread(baseline, field) === isUnread(candidate, field));

/**
 * Where the two runs cannot be shown to have one CPU model, because it could not be read. On an
 * emulated machine the processor below and the emulator belong to it.
 */
function cpuUnread(baseline: Run, candidate: Run): string[] {
  const sides: [Run, string][] = [
    [baseline, 'the stored runs'],
    [candidate, 'this run'],
  ];
  const isNamed = CPU_NAMES.some((name) => sides.every(([run]) => isRead(run, name)));
  const nameless = sides.filter(([run]) => !CPU_NAMES.some((name) => isRead(run, name)));
  const unnamed = nameless.length > 0 ? nameless : sides;
  const emulated = [baseline, candidate].some(isEmulated);
  const unread = sides.filter(
    (side) =>
      (!isNamed && unnamed.includes(side)) ||
      (emulated && emulationOf(side[0]).some(([, value]) => isUnknown(value))),
  );
  return unread.map(([, words]) => words);
}

const isRead = (run: Run, fields: readonly (keyof Platform)[]): boolean =>
  fields.every((field) => !isUnread(run, field));

/** Whether the run was measured on an emulated processor. */
export const isEmulated = ({ target }: Run): boolean => target.machine?.accelerator === 'tcg';

const machineDifferences = (baseline: Run, candidate: Run): string[] => [
  ...platformDifferences(baseline, candidate),
  ...emulationDifferences(baseline, candidate),
];

function emulationDifferences(baseline: Run, candidate: Run): string[] {
  if (!isEmulated(baseline) && !isEmulated(candidate)) return [];
  const after = new Map(emulationOf(candidate));
  return emulationOf(baseline).flatMap(([name, before]) =>
    differ(before, after.get(name) ?? NONE) ? [`${name}: ${before} → ${after.get(name)}`] : [],
  );
}

const emulationOf = ({ target: { machine } }: Run): [name: string, value: string][] =>
  Object.entries(EMULATION).map(([name, textOf]) => [
    name,
    machine === undefined ? NONE : textOf(machine),
  ]);

const NONE = 'none';

const platformDifferences = (baseline: Run, candidate: Run): string[] =>
  fieldsOf(candidate)
    .filter((field) => differs(field, baseline, candidate))
    .map((field) => `${field}: ${baseline.platform[field]} → ${candidate.platform[field]}`);

const fieldsOf = ({ platform }: Run): (keyof Platform)[] =>
  Object.keys(platform) as (keyof Platform)[];

/** Without a known architecture, two runs have nothing in common. */
function differs(field: keyof Platform, baseline: Run, candidate: Run): boolean {
  const [before, after] = [baseline.platform[field], candidate.platform[field]];
  const isVital = field === 'architecture';
  return differ(before, after) || (isVital && [before, after].map(String).some(isUnknown));
}

const differ = (before: string | number, after: string | number): boolean =>
  before !== after && !isUnknown(`${before}`) && !isUnknown(`${after}`);

const isUnread = ({ platform }: Run, field: keyof Platform): boolean =>
  isUnknown(`${platform[field]}`);
