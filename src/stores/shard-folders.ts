import { reasonOf, usageFailure } from '../failure.js';
import { EVIDENCE, RUN_SUFFIX } from '../record/file.js';
import type { Run } from '../record/run.js';
import {
  findRecords,
  MAX_NAMES,
  passedOver,
  type RecordFiles,
  readRecord,
} from './record-files.js';
import { type FindShards, MAX_SHARDS } from './shard-records.js';

/** Both records of each shard, and as many records again that belong to no shard. */
const MAX_RECORDS = 4 * MAX_SHARDS;

/** Unpacked artifacts nest a few folders. */
const LIMITS = { levels: 6, names: MAX_NAMES };

/** Copies of a report's records are in its folder. They count only if the user names their folder. */
const COPIES: readonly string[] = [EVIDENCE];

/**
 * Reads every run record in folders and in the folders below them.
 * @throws Failure (usage) when a folder cannot be read, or holds more records than shards ever leave
 */
export const shardsInFolders =
  (folders: readonly string[]): FindShards =>
  async () => {
    const found = await recordsIn(folders);
    const runs: Run[] = [];
    const skipped: string[] = [];
    for (const path of found.paths) {
      const { run, why } = await readRecord(path);
      if (run) runs.push(run);
      else skipped.push(passedOver(path, why));
    }
    return { runs, skipped: [...skipped, ...found.skipped], origin: folders.join(', ') };
  };

async function recordsIn(
  folders: readonly string[],
): Promise<Pick<RecordFiles, 'paths' | 'skipped'>> {
  const paths: string[] = [];
  const skipped: string[] = [];
  for (const folder of folders) {
    const found = await recordsInOne(folder, MAX_RECORDS - paths.length);
    if (found.more) {
      throw usageFailure(
        `The folders ${folders.join(', ')} hold more than ${MAX_RECORDS} run records: give the folders of the shards of one comparison.`,
      );
    }
    paths.push(...found.paths);
    skipped.push(...found.skipped);
  }
  return { paths: [...new Set(paths)].sort(), skipped };
}

async function recordsInOne(folder: string, files: number): Promise<RecordFiles> {
  try {
    return await findRecords(folder, folder, { ...LIMITS, files }, COPIES);
  } catch (error) {
    throw usageFailure(
      `${folder} cannot be read (${reasonOf(error)}): give folders that hold the records of shards (*${RUN_SUFFIX}).`,
    );
  }
}
