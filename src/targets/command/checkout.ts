import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { CleanUp } from '../../files/clean-up.js';
import { Refusal } from '../words.js';
import { git } from './git.js';

/** What `commitHere` adds to a commit that is not the whole truth. */
const CHANGED = ', with changes';

const COMMIT = /^[0-9a-f]{40,64}$/;

/**
 * The commit that is checked out in this process's folder, as a fact to record.
 *
 * @returns its hash; with the words ", with changes" if files that git tracks were changed since
 * @throws Refusal if this is no repository or git does not run; the signal's reason if it is aborted
 */
export async function commitHere(signal: AbortSignal): Promise<string> {
  const commit = await git('.', ['rev-parse', 'HEAD'], signal);
  const changed = await git('.', ['status', '--porcelain', '--untracked-files=no'], signal);
  return changed === '' ? commit : `${commit}${CHANGED}`;
}

/** Whether a recorded commit can be checked out again. */
export const isWhole = (recorded: string): boolean => !recorded.endsWith(CHANGED);

/**
 * Checks out a commit beside this repository's own files, as a git worktree. A commit that is not here
 * is fetched from the remote `origin`.
 *
 * @param recorded what {@link commitHere} gave then
 * @param cleanUp removes the checkout, and git's note of it
 * @returns absolute path of the folder in it that corresponds to this process's own
 * @throws Refusal with a clause, if the commit cannot be had; the signal's reason if it is aborted
 */
export async function checkOut(
  recorded: string,
  cleanUp: CleanUp,
  signal: AbortSignal,
): Promise<string> {
  if (!isWhole(recorded)) throw new Refusal('its commit had changes then that were not committed');
  if (!COMMIT.test(recorded)) throw new Refusal('its record does not say which commit it was');
  const inside = await git('.', ['rev-parse', '--show-prefix'], signal);
  if (!(await isHere(recorded, signal))) await fetchCommit(recorded, signal);
  const parent = await cleanUp.folder();
  // Git names its note of a worktree by the last part of the path, which is one of its own here.
  const place = join(parent, basename(parent));
  const note = resolve(await git('.', ['rev-parse', '--git-common-dir'], signal), 'worktrees');
  cleanUp.later(`the checkout ${place}`, async () => {
    await rm(place, { recursive: true, force: true, maxRetries: 3 });
    await rm(join(note, basename(place)), { recursive: true, force: true });
  });
  // Not ended half-way: its children would go on writing.
  await git('.', ['worktree', 'add', '--detach', '--force', place, recorded]);
  signal.throwIfAborted();
  const folder = join(place, inside);
  if (existsSync(folder)) return folder;
  throw new Refusal(`commit ${recorded.slice(0, 10)} has no folder ${inside}`);
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

/** Nothing that goes on in the background, or that another command of git would notice. */
const FETCH = [
  ...['fetch', '--quiet', '--no-tags', '--no-auto-maintenance', '--no-recurse-submodules'],
  '--no-write-fetch-head',
];

/** A shallow repository, as workflows have, gets no more than the commit; another stays whole. */
async function fetchCommit(commit: string, signal: AbortSignal): Promise<void> {
  const shallow = await git('.', ['rev-parse', '--is-shallow-repository'], signal);
  const depth = shallow === 'true' ? ['--depth=1'] : [];
  await git('.', [...FETCH, ...depth, 'origin', commit], signal);
}
