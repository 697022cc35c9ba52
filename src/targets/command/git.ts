import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { reasonOf } from '../../failure.js';
import { withoutSecrets } from '../environment.js';
import { Refusal } from '../words.js';

const MAX_OUTPUT_BYTES = 1024 * 1024;

/** They would send git to another repository than that of the folder, as in one of its hooks. */
const PLACES = [
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_COMMON_DIR'],
  ...['GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_NAMESPACE', 'GIT_PREFIX'],
];

/** The environment of git, and of what builds a checkout. */
export function repositoryEnvironment(): Record<string, string> {
  const kept = withoutSecrets(process.env);
  for (const name of PLACES) delete kept[name];
  return kept;
}

/** Programs that a repository's own settings would run. */
const NO_PROGRAMS = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'];

/**
 * Runs git in a folder.
 *
 * @param signal ends it; without one it runs to its end
 * @returns its standard output, without the newline at its end
 * @throws Refusal with what git said, as a clause; the signal's reason if the signal is aborted
 */
export async function git(
  folder: string,
  words: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  signal?.throwIfAborted();
  try {
    const { stdout } = await promisify(execFile)('git', [...NO_PROGRAMS, '-C', folder, ...words], {
      ...(signal ? { signal } : {}),
      maxBuffer: MAX_OUTPUT_BYTES,
      env: {
        ...repositoryEnvironment(),
        // It must not wait for a password that nobody types, nor write where it only looks.
        ...{ GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
      },
    });
    return stdout.trimEnd();
  } catch (error) {
    signal?.throwIfAborted();
    throw new Refusal(whyOf(words[0] ?? '', error));
  }
}

function whyOf(verb: string, error: unknown): string {
  if (reasonOf(error) === 'ENOENT') return 'git is not installed';
  const lines = (error instanceof Error && 'stderr' in error ? String(error.stderr) : '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const said = lines.find((line) => /^(fatal|error): /.test(line)) ?? lines.at(-1);
  if (said?.includes('dubious ownership')) {
    return 'git does not trust a folder of another user (git config --global --add safe.directory FOLDER allows it)';
  }
  const reason = said?.replace(/^(fatal|error): /, '').slice(0, 200) ?? reasonOf(error);
  return `git ${verb} does not work here (${reason})`;
}
