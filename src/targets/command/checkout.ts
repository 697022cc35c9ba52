import { join } from 'node:path';
import { Refusal } from '../words.js';
import { git } from './git.js';

/** What `commitHere` adds to a commit that is not the whole truth. */
const CHANGED = ', with changes';

const COMMIT = /^[0-9a-f]{40,64}$/;

/**
 * The commit that is checked out in this process's folder, as a fact to record.
 *
 * @returns its hash; with the words ", with changes" if files of it were changed since
 * @throws Refusal if this is no repository or git does not run; the signal's reason if it is aborted
 */
export async function commitHere(signal: AbortSignal): Promise<string> {
  const commit = await git('.', ['rev-parse', 'HEAD'], signal);
  const changed = await git('.', ['status', '--porcelain', '--untracked-files=no'], signal);
  return changed === '' ? commit : `${commit}${CHANGED}`;
}

/** A commit's files in a folder of their own. */
interface Checkout {
  /** The folder in it that corresponds to this process's own. */
  folder: string;
  /** Removes it, and git's note of it. */
  remove(): Promise<void>;
}

/**
 * Checks out a commit beside this repository's own files, as a git worktree. A commit that is not here
 * is fetched from the remote `origin`.
 *
 * @param recorded what {@link commitHere} gave then
 * @param place absolute path of the folder to make
 * @throws Refusal with a clause, if the commit cannot be had; the signal's reason if it is aborted
 */
export async function checkOut(
  recorded: string,
  place: string,
  signal: AbortSignal,
): Promise<Checkout> {
  if (recorded.endsWith(CHANGED)) {
    throw new Refusal('its commit had changes then that were not committed');
  }
  if (!COMMIT.test(recorded)) throw new Refusal('its record does not say which commit it was');
  const top = await topFolder(signal);
  if (!(await isHere(recorded, signal))) await fetchCommit(recorded, signal);
  const inside = await git('.', ['rev-parse', '--show-prefix'], signal);
  await git(top, ['worktree', 'add', '--detach', '--force', place, recorded], signal);
  return {
    folder: join(place, inside),
    // Also after the signal: it must not be left.
    remove: async () => {
      await git(top, ['worktree', 'remove', '--force', place], AbortSignal.any([]));
    },
  };
}

/** Absolute path of the repository's own files, as git resolves it. */
export const topFolder = (signal: AbortSignal): Promise<string> =>
  git('.', ['rev-parse', '--show-toplevel'], signal);

async function isHere(commit: string, signal: AbortSignal): Promise<boolean> {
  try {
    await git('.', ['cat-file', '-e', `${commit}^{commit}`], signal);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** A shallow repository, as workflows have, gets no more than the commit; another stays whole. */
async function fetchCommit(commit: string, signal: AbortSignal): Promise<void> {
  const shallow = await git('.', ['rev-parse', '--is-shallow-repository'], signal);
  const depth = shallow === 'true' ? ['--depth=1'] : [];
  await git('.', ['fetch', '--quiet', '--no-tags', ...depth, 'origin', commit], signal);
}
