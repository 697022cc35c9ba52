import type { Run } from '../record/run.js';

/** What a store of earlier runs holds, oldest first, and what it held but could not be used. */
export interface StoredRuns {
  runs: Run[];
  /** One sentence for each record or archive that was passed over: which, why, what to do. */
  skipped: string[];
  /** Where they came from, for people: "the directory .syscall-gate", "12 runs of gate on main". */
  origin: string;
}

/** A store of earlier runs. Nothing stored yet is an empty list, not a failure. */
export type ReadStoredRuns = () => Promise<StoredRuns>;
