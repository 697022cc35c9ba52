import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** How the probe is compiled and linked. No -Werror: a new compiler's new warning is not an error. */
export const PROBE_FLAGS: readonly string[] = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-O2',
  '-pipe',
  '-pthread',
];
/** Static, so that it runs in images and kernels that have no libc, or another one. */
export const PROBE_LINK_FLAGS: readonly string[] = ['-static', '-pthread'];

/** How the addon is compiled: -O0, since it waits most of the time, and all wait for its compiler. */
export const ADDON_FLAGS: readonly string[] = [
  '-std=c++17',
  '-O0',
  '-pipe',
  '-fPIC',
  '-fvisibility=hidden',
  '-DNAPI_VERSION=8',
  '-DNAPI_CPP_EXCEPTIONS',
  '-DNODE_ADDON_API_DISABLE_DEPRECATED',
];
export const ADDON_LINK_FLAGS: readonly string[] = ['-shared'];

/** How the plugin is compiled that QEMU loads (native/trace/plugin.c), in one step. */
export const PLUGIN_FLAGS: readonly string[] = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-O2',
  '-pipe',
  '-fPIC',
  '-shared',
];

/** How the program is compiled that makes seccomp filters (native/seccomp/compile.c), in one step. */
export const SECCOMP_COMPILER_FLAGS: readonly string[] = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-O1',
  '-pipe',
];
export const SECCOMP_COMPILER_LIBRARIES: readonly string[] = ['-ldl'];

/**
 * The N-API headers that the addon needs, as paths in node_modules: `dist/native/include` holds
 * copies of them, so that an action compiles with no install.
 */
export const NAPI_HEADERS: readonly string[] = [
  'node-addon-api/napi.h',
  'node-addon-api/napi-inl.h',
  'node-api-headers/include/js_native_api.h',
  'node-api-headers/include/js_native_api_types.h',
  'node-api-headers/include/node_api.h',
  'node-api-headers/include/node_api_types.h',
];

/** The native sources; every path is absolute. */
export interface NativeSources {
  /** The folder that they are in. */
  root: string;
  /** Translation units of the probe (C) and of the addon (C++). */
  probe: string[];
  addon: string[];
  /** Headers of the probe's units. */
  probeHeaders: string[];
  /** The plugin for QEMU, which is built apart: few need it. */
  plugin: string;
  /** The program that makes seccomp filters, which is built apart for the same reason. */
  seccompCompiler: string;
  /** Folders that the addon's translation units include N-API headers from. */
  includes: string[];
  /** Everything that a build depends on: the units above and all headers. */
  all: string[];
}

/** Finds the native sources, in a bundle (dist/) as in a checkout (src/, lib/). */
export async function nativeSources(): Promise<NativeSources> {
  const { root, napi } = locate();
  const core = await listFolder(join(root, 'core'));
  const launch = await listFolder(join(root, 'launch'));
  const probe = [join(root, 'probe.c'), ...core.filter((path) => path.endsWith('.c'))];
  // The longest to compile comes first, so that the others fill the CPU beside it.
  const addon = [join(root, 'addon.cc'), ...launch.filter((path) => path.endsWith('.cc'))];
  const isHeader = (path: string) => path.endsWith('.h');
  const probeHeaders = core.filter(isHeader);
  const includes = [...new Set(napi.map((path) => dirname(path)))];
  const plugin = join(root, 'trace', 'plugin.c');
  const seccompCompiler = join(root, 'seccomp', 'compile.c');
  const all = [...probe, ...addon, ...probeHeaders, ...launch.filter(isHeader), ...napi];
  return { root, probe, addon, probeHeaders, plugin, seccompCompiler, includes, all };
}

function locate(): { root: string; napi: string[] } {
  const bundled = join(import.meta.dirname, 'native');
  if (existsSync(bundled)) {
    return {
      root: bundled,
      napi: NAPI_HEADERS.map((path) => join(bundled, 'include', basename(path))),
    };
  }
  const checkout = join(import.meta.dirname, '..', '..');
  return {
    root: join(checkout, 'native'),
    napi: NAPI_HEADERS.map((path) => join(checkout, 'node_modules', path)),
  };
}

async function listFolder(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.sort().map((name) => join(folder, name));
}
