import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { buildSeccompCompiler } from '../../build/seccomp-compiler.js';
import { measurementFailure, reasonOf, usageFailure } from '../../failure.js';
import type { Architecture } from '../../probe/architecture.js';
import { Refusal } from '../words.js';
import { rulesOf } from './seccomp-profile.js';

interface SeccompFilter {
  /** An array of struct sock_filter. */
  program: Buffer;
  /** Digest of the profile's file. */
  sha256: string;
}

/**
 * Compiles a profile to a filter with libseccomp, as container engines do, and with its defaults:
 * calls are checked one after the other, in the order that libseccomp chooses.
 *
 * @throws Failure if the file is not a profile, or libseccomp is not installed
 */
export async function seccompFilter(
  path: string,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<SeccompFilter> {
  const profile = await read(path);
  const rules = rulesIn(profile.toString(), architecture, path);
  const program = await run(await buildSeccompCompiler({ signal }), rules, path, signal);
  return { program, sha256: createHash('sha256').update(profile).digest('hex') };
}

/** A profile as a record names it. */
export const profileFact = (path: string, sha256: string): string =>
  `${basename(path).slice(0, 200)}, sha256 ${sha256}`;

/** What {@link profileFact} says of the file that is there now; undefined if it cannot be read. */
export async function profileFactNow(path: string): Promise<string | undefined> {
  const profile = await readFile(path).catch(() => undefined);
  return profile && profileFact(path, createHash('sha256').update(profile).digest('hex'));
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw usageFailure(
      `The seccomp profile ${path} could not be read (${reasonOf(error)}): give a file that this user may read.`,
    );
  }
}

function rulesIn(profile: string, architecture: Architecture, path: string): string {
  try {
    return rulesOf(profile, architecture);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(
      `The seccomp profile ${path} cannot be used, because ${error.message}: give one such as /usr/share/containers/seccomp.json.`,
    );
  }
}

async function run(
  compiler: string,
  rules: string,
  path: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const child = spawn(compiler, [], { stdio: ['pipe', 'pipe', 'pipe'], signal });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // It may exit before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(rules);
  const [program, said, code] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    ended,
  ]).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  if (code === 0) return program;
  const why = said.trim().slice(0, 200);
  throw measurementFailure(
    why.startsWith('libseccomp')
      ? `The seccomp profile ${path} could not be compiled, because libseccomp is missing (${why}): install it (apt-get install libseccomp2).`
      : `The seccomp profile ${path} could not be compiled by libseccomp (${why}): correct that entry.`,
  );
}
