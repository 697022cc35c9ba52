import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { optionValues } from './options.js';

/**
 * Which system call filter the engine was told to use. It is recorded because a process inside
 * cannot tell one filter from another.
 *
 * @returns the digest of the profile, the engine's word for it, or that it is the engine's own
 */
export async function profileText(options: readonly string[]): Promise<string> {
  const named = optionValues(options, '--security-opt').flatMap((option) =>
    /^seccomp[=:]/.test(option) ? [option.slice('seccomp='.length)] : [],
  );
  const profile = named.at(-1);
  if (profile === undefined) return "the engine's own";
  try {
    return `sha256:${createHash('sha256')
      .update(await readFile(profile))
      .digest('hex')}`;
  } catch {
    // Not a file but a word that the engine knows, such as unconfined.
    return profile;
  }
}
