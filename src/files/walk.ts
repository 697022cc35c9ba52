import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../failure.js';

/** How much of a disk is looked at. */
export interface WalkLimits {
  /** Levels of folders that are opened: 1 is the folder alone. */
  levels: number;
  /** Names that are looked at, in all folders together. */
  names: number;
  /** Files that are found, in all folders together. */
  files: number;
}

/** What to look for. */
export interface WalkFilter {
  isWanted: (fileName: string) => boolean;
  /** Names of subfolders that are not opened, on every level. */
  closed?: readonly string[];
}

export interface Walked {
  /** Paths, each of which begins with the folder's own; in the order of their text. */
  files: string[];
  /** Subfolders that could not be read, and the system call's error. */
  unreadable: { path: string; reason: string }[];
  /** How many subfolders lie below the last level and were not opened. */
  deeper: number;
  /** The limit that ended the walk, if one did. */
  stoppedBy?: 'names' | 'files';
}

interface Folder {
  path: string;
  level: number;
}

/**
 * Finds files in a folder and in the folders below it, level by level, within limits. Links are not
 * followed, so a loop of links is harmless.
 *
 * @throws the system call's error when the folder itself cannot be read; a subfolder that cannot be
 *   read is in `unreadable`
 */
export async function walk(
  root: string,
  { isWanted, closed = [] }: WalkFilter,
  limits: WalkLimits,
): Promise<Walked> {
  const walked: Walked = { files: [], unreadable: [], deeper: 0 };
  const queue: Folder[] = [{ path: root, level: 1 }];
  let names = 0;

  /** @returns the subfolders to open next */
  const look = async ({ path, level }: Folder): Promise<Folder[]> => {
    const below: Folder[] = [];
    for await (const entry of await opendir(path)) {
      names += 1;
      if (names > limits.names) walked.stoppedBy = 'names';
      else if (entry.isFile() && isWanted(entry.name)) {
        if (walked.files.length >= limits.files) walked.stoppedBy = 'files';
        else walked.files.push(join(path, entry.name));
      } else if (entry.isDirectory() && !closed.includes(entry.name)) {
        below.push({ path: join(path, entry.name), level: level + 1 });
      }
      if (walked.stoppedBy !== undefined) return [];
    }
    if (level < limits.levels) return below;
    walked.deeper += below.length;
    return [];
  };

  for (const folder of queue) {
    if (walked.stoppedBy !== undefined) break;
    try {
      queue.push(...(await look(folder)));
    } catch (error) {
      if (folder.path === root) throw error;
      walked.unreadable.push({ path: folder.path, reason: reasonOf(error) });
    }
  }
  walked.files.sort();
  return walked;
}
