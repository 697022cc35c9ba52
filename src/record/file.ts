import { createHash } from 'node:crypto';
import type { Run } from './run.js';

/** How a run is stored in a file: its name and the hash of its text. */

/** The ending that marks a file as a run record. */
export const RUN_SUFFIX = '.run.json';

/**
 * The subfolder of the records that the report next to it rests on. A store ignores them. They are
 * copies, which would count twice, or a baseline, which is no earlier run of the candidate.
 */
export const EVIDENCE = 'evidence';

/** The subfolder of both runs of a shard, which nobody has judged yet. */
export const SHARDS = 'shards';

/**
 * The subfolder of runs that were judged regressed. They are no baseline until somebody accepts
 * them by moving them up. Otherwise a second run would turn every red gate green.
 */
export const SET_ASIDE = 'regressed';

/** The subfolder of the kernel images that runs kept, each under its SHA-256. */
export const KERNELS = 'kernels';

/** A run's file name: it sorts by time, shows the candidate's kind and never collides. */
export function runFileName(run: Run): string {
  const stamp = run.startedAt.replace(/\.\d+Z$/, 'Z').replace(/[-:]/g, '');
  return `${stamp}-${run.target.kind}-${run.id}${RUN_SUFFIX}`;
}

/** SHA-256 of a text as UTF-8, in hexadecimal digits. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
