import { join } from 'node:path';
import type { BuildOptions } from './build.js';
import { buildKey, keepBuild } from './cache.js';
import { compile, findCompilers } from './compiler.js';

/** What is compiled from one source file for this machine, when something first needs it. */
interface Tool {
  file: string;
  /** The source, and what a failure calls it. */
  source: string;
  what: string;
  flags: readonly string[];
  /** Behind the source, as a linker reads them. */
  libraries?: readonly string[];
}

/**
 * Compiles a tool, or finds it compiled.
 *
 * @returns its absolute path
 * @throws Failure of kind `measurement` when there is no compiler or no folder that can hold it
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
