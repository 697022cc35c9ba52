import { usageFailure } from '../failure.js';
import { RUN_SUFFIX } from '../record/file.js';
import type { Run } from '../record/run.js';
import { readRecord } from './record-files.js';

/** A run record and the path that the user gave. */
export interface GivenRecord {
  path: string;
  run: Run;
}

/**
 * Reads the run records that the user names, one after another, so that an error names the first wrong
 * one.
 *
 * @throws Failure (usage) when a file is no run record, or the same run is given twice
 */
export async function readGiven(paths: readonly string[]): Promise<GivenRecord[]> {
  const given: GivenRecord[] = [];
  for (const path of paths) given.push({ path, run: await readOne(path) });
  refuseTwins(given);
  return given;
}

async function readOne(path: string): Promise<Run> {
  const { run, why } = await readRecord(path);
  if (run) return run;
  throw usageFailure(
    `record "${path}" cannot be compared, since ${why}: give run records (*${RUN_SUFFIX}).`,
  );
}

/** A run that counts twice would make the baseline look steadier than it is. */
function refuseTwins(given: readonly GivenRecord[]): void {
  const seen = new Map<string, string>();
  for (const { path, run } of given) {
    const twin = seen.get(run.id);
    if (twin !== undefined) {
      throw usageFailure(
        `"${twin}" and "${path}" are one and the same run, ${run.id}, which says nothing about a change: give each run once.`,
      );
    }
    seen.set(run.id, path);
  }
}
