import type { Run } from './run.js';

/** If two runs began in the same instant, their ids decide, so that a store has only one order. */
export const oldestFirst = (one: Run, other: Run): number =>
  Date.parse(one.startedAt) - Date.parse(other.startedAt) || compareText(one.id, other.id);

const compareText = (one: string, other: string): number =>
  one === other ? 0 : one < other ? -1 : 1;

/** Earlier runs, oldest first, and what was found but could not be used. */
export interface EarlierRuns {
  runs: Run[];
  /** One sentence for each record or archive that was passed over: which, why, what to do. */
  skipped: string[];
}
