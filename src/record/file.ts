import { createHash } from 'node:crypto';
import type { Run } from './run.js';

/** How a run lies in a file: its name and its text's fingerprint. */

/** What marks a file as a run record among the others of a folder or an archive. */
export const RUN_SUFFIX = '.run.json';

/**
 * The subfolder of the records that the report beside it rests on. They are copies, or the
 * baseline's side of a paired comparison: taken for earlier runs, they would count twice, or for
 * what they are not.
 */
export const EVIDENCE = 'evidence';

/** The subfolder of both runs of a shard, which nobody has judged yet. */
export const SHARDS = 'shards';

/**
 * The subfolder of runs that were judged regressed. They are no baseline until somebody accepts
 * them by moving them up: else running again would turn every red gate green.
 */
export const SET_ASIDE = 'regressed';

/** The name under which a run is stored: sorts by time, tells the candidate's kind, never collides. */
export function runFileName(run: Run): string {
  const stamp = run.startedAt.replace(/\.\d+Z$/, 'Z').replace(/[-:]/g, '');
  return `${stamp}-${run.target.kind}-${run.id}${RUN_SUFFIX}`;
}

/** SHA-256 of a text as UTF-8, in hexadecimal digits. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
