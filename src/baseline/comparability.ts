import type { Platform, Run } from '../record/run.js';

/**
 * How far stored runs can be held against a candidate.
 * - `same`: the same platform; every verdict is possible;
 * - `kindred`: the same CPU model, something else of the machine differs; red is out of reach;
 * - `foreign`: another machine; nothing is compared.
 */
export type Kinship = 'same' | 'kindred' | 'foreign';

export interface ComparableRuns {
  kinship: Kinship;
  runs: Run[];
  /** Platform fields that differ from the nearest stored run, as "field: theirs → ours". */
  differences: string[];
}

const CPU_MODEL: readonly (keyof Platform)[] = [
  'architecture',
  'cpuVendor',
  'cpuFamily',
  'cpuModelNumber',
  'cpuModel',
];

/** Picks the stored runs nearest to the candidate's platform: same before kindred before foreign. */
export function comparableRuns(candidate: Run, stored: readonly Run[]): ComparableRuns {
  const earlier = stored.filter((run) => run.id !== candidate.id);
  const same = earlier.filter((run) => platformDifferences(run, candidate).length === 0);
  if (same.length > 0) return { kinship: 'same', runs: same, differences: [] };
  const kindred = earlier.filter((run) => sameCpuModel(run, candidate));
  const nearest = (kindred.length > 0 ? kindred : earlier).at(-1);
  return {
    kinship: kindred.length > 0 ? 'kindred' : 'foreign',
    runs: kindred.length > 0 ? kindred : earlier,
    differences: nearest ? platformDifferences(nearest, candidate) : [],
  };
}

const sameCpuModel = (a: Run, b: Run): boolean =>
  CPU_MODEL.every((field) => a.platform[field] === b.platform[field]);

function platformDifferences(baseline: Run, candidate: Run): string[] {
  const fields = Object.keys(candidate.platform) as (keyof Platform)[];
  return fields
    .filter((field) => baseline.platform[field] !== candidate.platform[field])
    .map((field) => `${field}: ${baseline.platform[field]} → ${candidate.platform[field]}`);
}
