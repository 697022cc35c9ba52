import { relative } from 'node:path';
import { readWhole } from '../files/read.js';
import { type Walked, type WalkLimits, walk } from '../files/walk.js';
import { RUN_SUFFIX } from '../record/file.js';
import { MAX_RUN_BYTES, parseRun, type Run } from '../record/run.js';
import { countOf } from '../text/units.js';

/** The limit of names that are read. A folder with more may be a whole disk, which takes minutes. */
export const MAX_NAMES = 20_000;

export interface RecordFiles {
  /** Paths of run records, each of which begins with the folder's own. */
  paths: string[];
  /** Whether there are more than the limit allows. */
  more: boolean;
  /** One sentence for each subfolder that could not be read, and one for what the limits left out. */
  skipped: string[];
}

/**
 * Finds the run records in a folder and in the folders below it.
 *
 * @param shown the folder as the user wrote it
 * @param closed names of subfolders that are not opened
 * @throws the system call's error when the folder itself cannot be read
 */
export async function findRecords(
  folder: string,
  shown: string,
  limits: WalkLimits,
  closed: readonly string[],
): Promise<RecordFiles> {
  const filter = { isWanted: (name: string) => name.endsWith(RUN_SUFFIX), closed };
  const walked = await walk(folder, filter, limits);
  const unreadable = walked.unreadable.map(({ path, reason }) =>
    passedOver(relative(folder, path), `it cannot be read (${reason})`),
  );
  return {
    paths: walked.files,
    more: walked.stoppedBy === 'files',
    skipped: [...unreadable, ...leftOut(shown, walked, limits)],
  };
}

/** No limit is silent: a record that was not found could be the baseline. */
function leftOut(shown: string, { deeper, stoppedBy }: Walked, limits: WalkLimits): string[] {
  const tooMany = {
    names: `it holds more than ${limits.names} files and folders`,
    files: `it holds more than ${limits.files} run records`,
  };
  const why = [
    ...(deeper > 0
      ? [
          `${countOf(deeper, 'folder')} ${deeper === 1 ? 'lies' : 'lie'} below level ${limits.levels}`,
        ]
      : []),
    ...(stoppedBy === undefined ? [] : [tooMany[stoppedBy]]),
  ];
  if (why.length === 0) return [];
  return [
    `Not all of the folder ${shown} was searched for run records, since ${why.join(' and ')}: give a folder that holds run records and little else.`,
  ];
}

export const passedOver = (what: string, why: string): string => `${what} was passed over: ${why}.`;

/** A record, or one clause that says why there is none. */
type RecordRead = { run: Run; why?: never } | { run?: never; why: string };

/** Reads one file as a run record. For any other file it returns a clause and does not throw. */
export async function readRecord(path: string): Promise<RecordRead> {
  const { text, why } = await readWhole(path, MAX_RUN_BYTES);
  if (text === undefined) return { why };
  const parse = parseRun(text);
  return parse.ok ? { run: parse.run } : { why: parse.reason };
}
