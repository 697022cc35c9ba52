import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions } from './build.js';
import { cacheFolders, findBuild, publishBuild } from './cache.js';
import { compile, findCompilers } from './compiler.js';
import { nativeSources, SECCOMP_COMPILER_FLAGS, SECCOMP_COMPILER_LIBRARIES } from './sources.js';

const PROGRAM = 'seccomp-compile';

/**
 * Compiles the program that makes filters of seccomp profiles, or finds it compiled.
 *
 * @returns its absolute path
 * @throws Failure of kind `measurement` when there is no compiler or no folder that can hold it
 */
export async function buildSeccompCompiler({
  cacheDir,
  signal,
}: BuildOptions = {}): Promise<string> {
  const [{ c }, { seccompCompiler: source }] = await Promise.all([
    findCompilers(),
    nativeSources(),
  ]);
  const flags = [...SECCOMP_COMPILER_FLAGS, ...SECCOMP_COMPILER_LIBRARIES];
  const hash = createHash('sha256').update(JSON.stringify([process.arch, c, flags]));
  const digest = hash.update(await readFile(source)).digest('hex');
  const key = `seccomp-${digest.slice(0, 32)}`;
  const folders = cacheDir ? [cacheDir] : cacheFolders();
  const make = (work: string) =>
    compile(
      c,
      [...SECCOMP_COMPILER_FLAGS, source, '-o', join(work, PROGRAM), ...SECCOMP_COMPILER_LIBRARIES],
      { what: 'seccomp/compile.c', temporary: work, signal },
    );
  const found = await findBuild(folders, key, [PROGRAM]);
  return join(found ?? (await publishBuild(folders, key, [PROGRAM], make)), PROGRAM);
}
