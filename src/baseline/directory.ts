import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { reasonOf, usageFailure } from '../failure.js';
import { MAX_RUN_BYTES, parseRun, type Run } from '../record/run.js';
import type { StoredRuns } from './stored.js';
import { RUN_SUFFIX, SET_ASIDE } from './write.js';

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
  const results = await Promise.all(names.map((name) => readRecord(name, relative(path, name))));
  const runs = results.flatMap(({ run }) => (run && wanted(run) ? [run] : []));
  runs.sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id));
  return {
    runs: runs.slice(-NEWEST),
    skipped: results.flatMap((result) => (result.skipped ? [result.skipped] : [])),
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
  const { run, skipped } = await readRecord(path, shown);
  if (run) return { runs: [run], skipped: [], origin: `the file ${shown}` };
  throw usageFailure(`baseline "file:${shown}" cannot be used: ${skipped ?? 'it is empty'}`);
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

const isCounted = (parts: readonly string[]): boolean =>
  parts.length <= DEEPEST && !parts.includes(SET_ASIDE);

async function readRecord(path: string, shown: string): Promise<{ run?: Run; skipped?: string }> {
  try {
    const { size } = await stat(path);
    if (size > MAX_RUN_BYTES) return { skipped: `${shown} was passed over: it is too large.` };
    const result = parseRun(await readFile(path, 'utf8'));
    if (result.ok) return { run: result.run };
    return { skipped: `${shown} was passed over: ${result.reason}.` };
  } catch (error) {
    return { skipped: `${shown} was passed over: ${reasonOf(error)}.` };
  }
}
