import type { BuildOptions } from './build.js';
import { nativeSources, SECCOMP_COMPILER_FLAGS, SECCOMP_COMPILER_LIBRARIES } from './sources.js';
import { buildTool } from './tool.js';

/**
 * Compiles the program that makes filters from seccomp profiles, or finds it compiled.
 *
 * @returns its absolute path
 * @throws Failure of kind `measurement` if there is no compiler or no folder can hold it
 */
export async function buildSeccompCompiler(options: BuildOptions = {}): Promise<string> {
  const { seccompCompiler: source } = await nativeSources();
  const what = { file: 'seccomp-compile', source, what: 'tools/seccomp_compile.c' };
  const how = { flags: SECCOMP_COMPILER_FLAGS, libraries: SECCOMP_COMPILER_LIBRARIES };
  return buildTool({ ...what, ...how }, options);
}
