import { access, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { measurementFailure } from '../failure.js';

const NAME = 'syscall-gate';

/** A folder that may hold builds; a private one lies where others could have put it first. */
export interface CacheFolder {
  path: string;
  isPrivate: boolean;
}

/** Where builds are kept, best first: the runner's folders, the user's cache, a temporary folder. */
export function cacheFolders(): CacheFolder[] {
  const { RUNNER_TOOL_CACHE, RUNNER_TEMP, XDG_CACHE_HOME } = process.env;
  const homes = [RUNNER_TOOL_CACHE, RUNNER_TEMP, XDG_CACHE_HOME || join(homedir(), '.cache')];
  const own = homes.filter((home): home is string => Boolean(home));
  return [
    ...own.map((home) => ({ path: join(home, NAME), isPrivate: false })),
    { path: join(tmpdir(), `${NAME}-${userInfo().uid}`), isPrivate: true },
  ];
}

/** The folder of a complete build, if one of the cache folders has it. */
export async function findBuild(
  folders: readonly CacheFolder[],
  key: string,
  files: readonly string[],
): Promise<string | undefined> {
  for (const folder of folders) {
    const build = join(folder.path, key);
    if ((await isTrusted(folder)) && (await isComplete(build, files))) return build;
  }
  return undefined;
}

/**
 * Has a build made in the first cache folder that can be written, and publishes it by one rename, so
 * that a concurrent build sees all of it or nothing. A build that fails leaves nothing behind.
 *
 * @param make fills the empty folder that it is given
 * @returns the folder of the build, which may be that of a concurrent one with the same key
 * @throws Failure of kind `measurement` when no folder can be written
 */
export async function publishBuild(
  folders: readonly CacheFolder[],
  key: string,
  files: readonly string[],
  make: (work: string) => Promise<void>,
): Promise<string> {
  const { folder, work } = await makeWorkFolder(folders);
  try {
    await make(work);
    return await moveInto(join(folder, key), work, files);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function moveInto(build: string, work: string, files: readonly string[]): Promise<string> {
  try {
    await rename(work, build);
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (await isComplete(build, files)) return build;
    // Somebody removed files from it.
    await rm(build, { recursive: true, force: true });
    await rename(work, build);
  }
  return build;
}

async function makeWorkFolder(
  folders: readonly CacheFolder[],
): Promise<{ folder: string; work: string }> {
  let reason: unknown;
  for (const folder of folders) {
    try {
      await mkdir(folder.path, { recursive: true, mode: folder.isPrivate ? 0o700 : 0o755 });
      if (!(await isTrusted(folder))) continue;
      return { folder: folder.path, work: await mkdtemp(join(folder.path, 'building-')) };
    } catch (error) {
      reason ??= error;
    }
  }
  const tried = folders.map((folder) => folder.path).join(', ');
  throw measurementFailure(
    `The compiled probe has no place to go, since no cache folder can be written (${tried}): set XDG_CACHE_HOME to one that can.`,
    reason,
  );
}

async function isTrusted(folder: CacheFolder): Promise<boolean> {
  if (!folder.isPrivate) return true;
  try {
    const entry = await lstat(folder.path);
    return entry.isDirectory() && entry.uid === userInfo().uid && (entry.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

async function isComplete(build: string, files: readonly string[]): Promise<boolean> {
  try {
    await Promise.all(files.map((file) => access(join(build, file))));
    return true;
  } catch {
    return false;
  }
}

const isTaken = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
