import { createHash } from 'node:crypto';
import { access, chmod, lstat, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { measurementFailure } from '../failure.js';
import { makeFolder } from '../files/folder.js';

const NAME = 'syscall-gate';

/**
 * Folders for builds, best first. On a runner only its temporary folder, which is empty when a job
 * starts: a build from another job could be another pull request's code. Elsewhere the user's
 * cache, else the user's own folder among the temporary ones.
 */
function cacheFolders(): string[] {
  const { RUNNER_TEMP, XDG_CACHE_HOME } = process.env;
  if (RUNNER_TEMP) return [join(RUNNER_TEMP, NAME)];
  const home = XDG_CACHE_HOME || join(homedir(), '.cache');
  return [join(home, NAME), join(tmpdir(), `${NAME}-${userInfo().uid}`)];
}

/**
 * The key of a build: a hash of how it is made and of the content of its sources.
 *
 * @param how compilers and their flags, as JSON
 * @param sources absolute paths
 */
export async function buildKey(how: unknown, sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(how));
  const contents = await Promise.all(sources.map((path) => readFile(path)));
  for (const [index, content] of contents.entries()) {
    // With its length, the end of one file cannot pass for the start of the next.
    hash.update(`${basename(sources[index] ?? '')} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}

/** A build in the cache, or one to be added. */
interface KeptBuild {
  /** See {@link buildKey}. */
  key: string;
  /** The files of a complete build. */
  files: readonly string[];
  /** Used instead of the runner's or the user's cache folder. */
  cacheDir: string | undefined;
  /** Makes the files in an empty folder. */
  make(work: string): Promise<void>;
}

/**
 * Finds a build, or makes and keeps it.
 *
 * @returns its folder, and whether it was found
 * @throws Failure of kind `measurement` if no folder can be written
 */
export async function keepBuild({
  key,
  files,
  cacheDir,
  make,
}: KeptBuild): Promise<{ folder: string; cached: boolean }> {
  const folders = cacheDir ? [cacheDir] : cacheFolders();
  const found = await findBuild(folders, key, files);
  const folder = found ?? (await publishBuild(folders, key, files, make));
  return { folder, cached: found !== undefined };
}

/** The folder of a complete build, if one of the cache folders has it. */
async function findBuild(
  folders: readonly string[],
  key: string,
  files: readonly string[],
): Promise<string | undefined> {
  for (const folder of folders) {
    const build = join(folder, key);
    if ((await isTrusted(folder)) && (await isComplete(build, files))) return build;
  }
  return undefined;
}

/**
 * Makes a build in the first cache folder that can be written. It publishes the build by one
 * rename, so a concurrent build sees all of it or nothing. A failed build leaves nothing behind.
 *
 * @param make fills the empty folder that it is given
 * @returns the folder of the build, which may be a concurrent build's with the same key
 * @throws Failure of kind `measurement` if no folder can be written
 */
async function publishBuild(
  folders: readonly string[],
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
    // Somebody has removed files from it.
    await rm(build, { recursive: true, force: true });
    await rename(work, build);
  }
  return build;
}

async function makeWorkFolder(
  folders: readonly string[],
): Promise<{ folder: string; work: string }> {
  let reason: unknown;
  for (const folder of folders) {
    try {
      await makeFolder(folder, 0o755);
      if (!(await isTrusted(folder))) continue;
      const work = await mkdtemp(join(folder, 'building-'));
      // Other users must be able to run the probe: containers with their own user, setpriv.
      await chmod(work, 0o755);
      return { folder, work };
    } catch (error) {
      reason ??= error;
    }
  }
  const tried = folders.join(', ');
  throw measurementFailure(
    `The compiled probe cannot be kept, because no cache folder can be written (${tried}): set XDG_CACHE_HOME to one that can.`,
    reason,
  );
}

/** Files here are executed, so nobody else may be able to write them. */
async function isTrusted(folder: string): Promise<boolean> {
  try {
    const entry = await lstat(folder);
    return entry.isDirectory() && entry.uid === userInfo().uid && (entry.mode & 0o022) === 0;
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
