import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions } from './build.js';
import { cacheFolders, findBuild, publishBuild } from './cache.js';
import { compile, findCompilers } from './compiler.js';
import { nativeSources, PLUGIN_FLAGS } from './sources.js';

const PLUGIN = 'trace.so';

/**
 * Compiles the plugin that traces instructions in QEMU, or finds it compiled.
 *
 * @returns its absolute path
 * @throws Failure of kind `measurement` when there is no compiler or no folder that can hold it
 */
export async function buildTracePlugin({ cacheDir, signal }: BuildOptions = {}): Promise<string> {
  const [{ c }, { plugin }] = await Promise.all([findCompilers(), nativeSources()]);
  const hash = createHash('sha256').update(JSON.stringify([process.arch, c, PLUGIN_FLAGS]));
  const key = `trace-${hash
    .update(await readFile(plugin))
    .digest('hex')
    .slice(0, 32)}`;
  const folders = cacheDir ? [cacheDir] : cacheFolders();
  const make = (work: string) =>
    compile(c, [...PLUGIN_FLAGS, plugin, '-o', join(work, PLUGIN)], {
      ...{ what: 'trace/plugin.c', temporary: work, signal },
    });
  const found = await findBuild(folders, key, [PLUGIN]);
  return join(found ?? (await publishBuild(folders, key, [PLUGIN], make)), PLUGIN);
}
