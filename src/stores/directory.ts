import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { reasonOf, usageFailure } from '../failure.js';
import { readWhole } from '../files/read.js';
import { SET_ASIDE } from '../files/write.js';
import { oldestFirst } from '../record/earlier-runs.js';
import { EVIDENCE, RUN_SUFFIX, SHARDS } from '../record/file.js';
import { MAX_RUN_BYTES, parseRun, type Run } from '../record/run.js';
import { newerText } from '../record/strict.js';
import { countOf } from '../text/units.js';
import type { StoredRuns } from './stored.js';

/** Downloaded artifacts nest a folder or two; deeper is somebody's whole disk. */
const DEEPEST = 3;

/** How many of the newest records are pooled; older ones say little about the machine of today. */
const NEWEST = 50;

/**
 * Reads the run records of a folder and of the folders in it, oldest first.
 * @throws Failure (usage) when there is no such folder or it cannot be read
 */
export async function readDirectory(
  path: string,
  shown: string,
  wanted: (run: Run) => boolean = () => true,
): Promise<StoredRuns> {
  const names = await recordFiles(path, shown);
  const results = await Promise.all(names.map((name) => readRecord(name)));
  const runs = results.flatMap(({ run }) => (run && wanted(run) ? [run] : []));
  runs.sort(oldestFirst);
  return {
    runs: runs.slice(-NEWEST),
    skipped: [
      ...results.flatMap(({ why }, i) =>
        why ? [`${relative(path, names[i] ?? '')} was passed over: ${why}.`] : [],
      ),
      ...(runs.length === 0 ? await setAside(path, shown) : []),
    ],
    notes: results.flatMap(({ note }, i) =>
      note ? [`${relative(path, names[i] ?? '')} ${note}.`] : [],
    ),
    origin: `the folder ${shown}`,
  };
}

/** The default store: it may not be there yet, and only runs of the same candidate are earlier runs. */
export async function readOwnRuns(path: string, shown: string, spec: string): Promise<StoredRuns> {
  const exists = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!exists) return { runs: [], skipped: [], origin: `the folder ${shown}` };
  return readDirectory(path, shown, (run) => run.target.spec === spec);
}

/**
 * Reads one run record.
 * @throws Failure (usage) when the file is not there or is not a run record
 */
export async function readFileRun(path: string, shown: string): Promise<StoredRuns> {
  const { run, why, note } = await readRecord(path);
  const notes = note ? [`${shown} ${note}.`] : [];
  if (run) return { runs: [run], skipped: [], notes, origin: `the file ${shown}` };
  throw usageFailure(
    `baseline "file:${shown}" cannot be used, since ${why}: give a run record (*${RUN_SUFFIX}).`,
  );
}

/** An empty store that is not really empty should not be called so. */
async function setAside(path: string, shown: string): Promise<string[]> {
  const names = await readdir(join(path, SET_ASIDE)).catch((): string[] => []);
  const count = names.filter((name) => name.endsWith(RUN_SUFFIX)).length;
  if (count === 0) return [];
  return [
    `${countOf(count, 'regressed run')} set aside in ${join(shown, SET_ASIDE)} ${count === 1 ? 'is' : 'are'} no baseline: move the record up to accept it.`,
  ];
}

async function recordFiles(path: string, shown: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith(RUN_SUFFIX))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((name) => isCounted(relative(path, name).split('/')));
  } catch (error) {
    throw usageFailure(
      `baseline "directory:${shown}" cannot be read (${reasonOf(error)}): give a folder that holds run records (*${RUN_SUFFIX}).`,
    );
  }
}

/** Subfolders of an out folder whose records nobody took for earlier runs of the candidate. */
const NO_BASELINE: readonly string[] = [SET_ASIDE, EVIDENCE, SHARDS];

const isCounted = (parts: readonly string[]): boolean =>
  parts.length <= DEEPEST && !parts.some((part) => NO_BASELINE.includes(part));

export interface RecordRead {
  run?: Run;
  /** One clause, when there is no run. */
  why?: string;
  /** What was left out of the run, as a clause that goes on from the file's name. */
  note?: string;
}

/** Reads one file as a run record; whatever is wrong with it is an answer and not an error. */
export async function readRecord(path: string): Promise<RecordRead> {
  const { text, why } = await readWhole(path, MAX_RUN_BYTES);
  if (text === undefined) return { why };
  const result = parseRun(text);
  if (!result.ok) return { why: result.reason };
  const { run, newer } = result;
  return { run, ...(newer ? { note: newerText(newer) } : {}) };
}
