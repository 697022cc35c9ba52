import type { EarlierRuns } from '../record/earlier-runs.js';

/** What a store of earlier runs holds. */
export interface StoredRuns extends EarlierRuns {
  /** Where they came from, for people: "the directory .syscall-gate", "12 runs of gate on main". */
  origin: string;
}

/** A store of earlier runs. Nothing stored yet is an empty list, not a failure. */
export type ReadStoredRuns = () => Promise<StoredRuns>;
