import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { optionValues } from './options.js';

/**
 * Which system call filter the engine was told to use, for the record: from inside one filter looks
 * like another.
 *
 * @returns the digest of the profile, what the engine calls it, or that it is the engine's own
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
    // A word of the engine, such as unconfined: it took it.
    return profile;
  }
}
