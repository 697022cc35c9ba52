import type { EarlierRuns } from '../record/earlier-runs.js';

/** What a store of earlier runs holds. */
export interface StoredRuns extends EarlierRuns {
  /** Where they came from, for people: "the directory .syscall-gate", "12 runs of gate on main". */
  origin: string;
  /** What was left out of runs that were read, one sentence each. */
  notes?: string[];
}

/** A store of earlier runs. Nothing stored yet is an empty list, not a failure. */
export type ReadStoredRuns = () => Promise<StoredRuns>;
