import { join } from 'node:path';
import type { BuildOptions } from './build.js';
import { buildKey, keepBuild } from './cache.js';
import { compile, findCompilers } from './compiler.js';

/** A program of one source file for this machine. It is compiled when it is first needed. */
interface Tool {
  file: string;
  /** The source file, and its name in a failure. */
  source: string;
  what: string;
  flags: readonly string[];
  /** Libraries to link. They follow the source, because linkers read in order. */
  libraries?: readonly string[];
}

/**
 * Compiles a tool, or finds it compiled.
 *
 * @returns its absolute path
 * @throws Failure of kind `measurement` if there is no compiler or no folder can hold it
 */
export async function buildTool(
  { file, source, what, flags, libraries = [] }: Tool,
  { cacheDir, signal }: BuildOptions,
): Promise<string> {
  const { c } = await findCompilers();
  const key = await buildKey([file, process.arch, c, flags, libraries], [source]);
  const make = (work: string) =>
    compile(c, [...flags, source, '-o', join(work, file), ...libraries], {
      ...{ what, temporary: work, signal },
    });
  const { folder } = await keepBuild({ key, files: [file], cacheDir, make });
  return join(folder, file);
}
