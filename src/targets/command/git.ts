import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { reasonOf } from '../../failure.js';
import { Refusal } from '../words.js';

const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Runs git in a folder.
 *
 * @returns its standard output, without the newline at its end
 * @throws Refusal with what git said, as a clause; the signal's reason if the signal is aborted
 */
export async function git(
  folder: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', folder, ...words], {
      signal,
      maxBuffer: MAX_OUTPUT_BYTES,
      // It must not wait for a password that nobody types.
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    });
    return stdout.trimEnd();
  } catch (error) {
    signal.throwIfAborted();
    throw new Refusal(`git ${words[0]} does not work here (${whyOf(error)})`);
  }
}

function whyOf(error: unknown): string {
  if (reasonOf(error) === 'ENOENT') return 'git is not installed';
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return said.split('\n').at(-1) || reasonOf(error);
}
