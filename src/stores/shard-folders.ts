import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, usageFailure } from '../failure.js';
import { EVIDENCE, RUN_SUFFIX } from '../record/file.js';
import type { Run } from '../record/run.js';
import { readRecord } from './directory.js';
import { type FindRuns, type FoundRuns, MOST_SHARDS } from './shards-found.js';

/** Unpacked artifacts nest a few folders; deeper is somebody's whole disk. */
const DEEPEST = 6;

/** Both records of so many shards, and as many again of other things. */
const MOST_RECORDS = 4 * MOST_SHARDS;

/**
 * Reads every run record in folders and in the folders below them.
 * @throws Failure (usage) when a folder cannot be read, or holds more records than shards ever are
 */
export const runsInFolders =
  (folders: readonly string[]): FindRuns =>
  async () => {
    const runs: Run[] = [];
    const skipped: string[] = [];
    for (const path of await recordPaths(folders)) {
      const { run, why } = await readRecord(path);
      if (run) runs.push(run);
      else skipped.push(`${path} was passed over: ${why}.`);
    }
    return { runs, skipped, origin: folders.join(', ') } satisfies FoundRuns;
  };

async function recordPaths(folders: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    try {
      await walk(folder, DEEPEST, paths);
    } catch (error) {
      throw usageFailure(
        `${folder} cannot be read (${reasonOf(error)}): give folders that hold the records of shards (*${RUN_SUFFIX}).`,
      );
    }
    if (paths.length > MOST_RECORDS) {
      throw usageFailure(
        `${folder} holds more than ${MOST_RECORDS} run records: give the folders of the shards of one comparison.`,
      );
    }
  }
  return [...new Set(paths)].sort();
}

/** Links are not followed, so that no loop of them is walked. */
async function walk(folder: string, levels: number, paths: string[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (paths.length > MOST_RECORDS) return;
    const path = join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith(RUN_SUFFIX)) paths.push(path);
    else if (isWalked(entry) && levels > 1) await walk(path, levels - 1, paths);
  }
}

/** What lies beside a report are copies, unless somebody names their folder. */
const isWalked = (entry: Dirent): boolean => entry.isDirectory() && entry.name !== EVIDENCE;
