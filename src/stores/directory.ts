import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { reasonOf, usageFailure } from '../failure.js';
import { oldestFirst } from '../record/earlier-runs.js';
import { EVIDENCE, RUN_SUFFIX, runFileName, SET_ASIDE, SHARDS } from '../record/file.js';
import type { Run } from '../record/run.js';
import { countOf } from '../text/units.js';
import {
  findRecords,
  MAX_NAMES,
  passedOver,
  type RecordFiles,
  readRecord,
} from './record-files.js';
import type { StoredRuns } from './stored-runs.js';

/** Downloaded artifacts nest a folder or two. */
const LIMITS = { levels: 3, names: MAX_NAMES, files: 10_000 };

/** Subfolders of an out folder. Nobody has accepted their records as earlier runs. */
const NO_BASELINE: readonly string[] = [SET_ASIDE, EVIDENCE, SHARDS];

/** The limit of records that are read, even if few of them are wanted. */
const MAX_READ = 1000;
/** The limit of records that are in memory as text at one time. */
const AT_ONCE = 16;

/** Which runs of a folder are pooled. */
interface Pool {
  /** How many at most: the newest. */
  history: number;
  isWanted?: (run: Run) => boolean;
}

/**
 * Reads the newest run records of a folder and of the folders in it, oldest first.
 *
 * @param shown the folder as the user wrote it
 * @throws Failure (usage) when there is no such folder or it cannot be read
 */
export async function readDirectory(path: string, shown: string, pool: Pool): Promise<StoredRuns> {
  const found = await recordsIn(path, shown);
  const { runs, skipped } = await readNewest(path, shown, found.paths, pool);
  return {
    runs,
    skipped: [
      ...skipped,
      ...found.skipped,
      ...(runs.length === 0 ? await setAside(path, shown) : []),
    ],
    origin: `the folder ${shown}`,
  };
}

/**
 * Reads the default store, the out folder: only runs of the same candidate are earlier runs, and the
 * folder may not be there yet.
 */
export async function readOwnRuns(
  path: string,
  shown: string,
  { spec, history }: { spec: string; history: number },
): Promise<StoredRuns> {
  const exists = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!exists) return { runs: [], skipped: [], origin: `the folder ${shown}` };
  return readDirectory(path, shown, { history, isWanted: ({ target }) => target.spec === spec });
}

/**
 * Reads one run record.
 * @throws Failure (usage) when the file is not there or is not a run record
 */
export async function readFileRun(path: string, shown: string): Promise<StoredRuns> {
  const { run, why } = await readRecord(path);
  if (run) return { runs: [run], skipped: [], origin: `the file ${shown}` };
  throw usageFailure(
    `baseline "file:${shown}" cannot be used, since ${why}: give a run record (*${RUN_SUFFIX}).`,
  );
}

async function recordsIn(path: string, shown: string): Promise<RecordFiles> {
  try {
    return await findRecords(path, shown, LIMITS, NO_BASELINE);
  } catch (error) {
    throw usageFailure(
      `baseline "directory:${shown}" cannot be read (${reasonOf(error)}): give a folder that holds run records (*${RUN_SUFFIX}).`,
    );
  }
}

/** Reads records from the newest name on, until enough of them are wanted. */
async function readNewest(
  folder: string,
  shown: string,
  paths: readonly string[],
  { history, isWanted = () => true }: Pool,
): Promise<{ runs: Run[]; skipped: string[] }> {
  const queue = paths.toSorted((one, other) => (ageOf(one) < ageOf(other) ? 1 : -1));
  const runs: Run[] = [];
  const skipped: string[] = [];
  const others: Run[] = [];
  let next = 0;
  for (; next < queue.length && !hasNewest(runs, history, queue[next] ?? ''); next += AT_ONCE) {
    if (next >= MAX_READ) {
      skipped.push(
        `Found ${runs.length} of ${history} stored runs among the newest ${MAX_READ} records of the folder ${shown} and looked no further: give a folder of one candidate's records.`,
      );
      break;
    }
    const names = queue.slice(next, next + AT_ONCE);
    const reads = await Promise.all(names.map(readRecord));
    for (const [index, { run, why }] of reads.entries()) {
      if (run === undefined) skipped.push(passedOver(relative(folder, names[index] ?? ''), why));
      else if (isWanted(run)) runs.push(run);
      else others.push(run);
    }
  }
  if (runs.length === 0) skipped.push(...otherCandidates(others, shown));
  return { runs: runs.sort(oldestFirst).slice(-history), skipped };
}

/** The folder would look empty otherwise. */
function otherCandidates(others: readonly Run[], shown: string): string[] {
  const specs = others.map(({ target }) => target.spec);
  return [...new Set(specs)].slice(0, MAX_OTHERS).map((spec) => {
    const count = specs.filter((one) => one === spec).length;
    return `Passed over ${countOf(count, 'run')} of ${spec} in the folder ${shown}, since this run measures another candidate: give baseline directory:${shown} to compare with ${count === 1 ? 'it' : 'them'} all the same.`;
  });
}

/** The most other candidates that are named. */
const MAX_OTHERS = 5;

/** Whether enough of the runs read so far are newer than a file. */
const hasNewest = (runs: readonly Run[], history: number, path: string): boolean =>
  runs.filter((run) => runFileName(run) > ageOf(path)).length >= history;

/** The name that the tool gives a record begins with its time. Any other name could be the newest. */
const ageOf = (path: string): string =>
  /^\d{8}T\d{4,6}Z-/.test(basename(path)) ? basename(path) : `~${path}`;

/** Says that a store's runs have all been set aside, since it would look empty otherwise. */
async function setAside(path: string, shown: string): Promise<string[]> {
  const names = await readdir(join(path, SET_ASIDE)).catch((): string[] => []);
  const count = names.filter((name) => name.endsWith(RUN_SUFFIX)).length;
  if (count === 0) return [];
  return [
    `${countOf(count, 'blocked or regressed run')} set aside in ${join(shown, SET_ASIDE)} ${count === 1 ? 'is' : 'are'} no baseline: move the record up to accept it.`,
  ];
}
