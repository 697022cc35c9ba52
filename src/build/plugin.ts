import type { BuildOptions } from './build.js';
import { nativeSources, PLUGIN_FLAGS } from './sources.js';
import { buildTool } from './tool.js';

/**
 * Compiles the plugin that traces instructions in QEMU, or finds it compiled.
 *
 * @returns its absolute path
 * @throws Failure of kind `measurement` if there is no compiler or no folder can hold it
 */
export async function buildTracePlugin(options: BuildOptions = {}): Promise<string> {
  const { plugin: source } = await nativeSources();
  const tool = { file: 'trace.so', source, what: 'tools/trace_plugin.c', flags: PLUGIN_FLAGS };
  return buildTool(tool, options);
}
