import type { EarlierRuns } from '../record/earlier-runs.js';

/** What a store holds: for a baseline the runs are the earlier ones, oldest first. */
export interface StoredRuns extends EarlierRuns {
  /** Where they were looked for, for people: "the folder .syscall-gate", "12 runs of gate on main". */
  origin: string;
}

/** Reads a store. Nothing stored yet is an empty list, not a failure. */
export type ReadStoredRuns = () => Promise<StoredRuns>;
