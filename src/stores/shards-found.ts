import type { Run } from '../record/run.js';

/** The records that shards left, whether they pair up or not. */
export interface FoundRuns {
  runs: Run[];
  /** One sentence for each record or archive that cannot be read: which, why. */
  skipped: string[];
  /** Where they were looked for, for people: "the folder shards", "this workflow run". */
  origin: string;
  /** How many shards there should be, where they say so themselves. */
  planned?: number;
}

/** @throws Failure when there is nowhere to look */
export type FindRuns = () => Promise<FoundRuns>;

/** More shards than a matrix has legs were not made by one. */
export const MOST_SHARDS = 256;
