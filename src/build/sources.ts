import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** How the probe is compiled. No -Werror: a newer compiler may warn about more. */
export const PROBE_FLAGS: readonly string[] = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-O2',
  '-pipe',
  '-pthread',
];
/** Static: images and bare kernels may have no libc, or another one. */
export const PROBE_LINK_FLAGS: readonly string[] = ['-static', '-pthread'];

/** How the addon is compiled: -O0 compiles fastest, and the addon only waits for processes. */
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

/** How the plugin that QEMU loads (native/tools/trace_plugin.c) is compiled, in one step. */
export const PLUGIN_FLAGS: readonly string[] = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-O2',
  '-pipe',
  '-fPIC',
  '-shared',
];

/** How the program that makes seccomp filters (native/tools/seccomp_compile.c) is compiled. */
export const SECCOMP_COMPILER_FLAGS: readonly string[] = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-O1',
  '-pipe',
];
export const SECCOMP_COMPILER_LIBRARIES: readonly string[] = ['-ldl'];

/**
 * The N-API headers that the addon needs, as paths in node_modules. `dist/native/include` holds
 * copies of them, so an action compiles without an install.
 */
export const NAPI_HEADERS: readonly string[] = [
  'node-addon-api/napi.h',
  'node-addon-api/napi-inl.h',
  'node-api-headers/include/js_native_api.h',
  'node-api-headers/include/js_native_api_types.h',
  'node-api-headers/include/node_api.h',
  'node-api-headers/include/node_api_types.h',
];

/**
 * The probe's rooms, each a folder of native/. Files of a room include only headers of their own
 * room and of rooms before it (test/unit/native-rooms.test.ts); probe.c may include all.
 */
export const PROBE_ROOMS = [
  'base',
  'harness',
  'workload',
  'metrics',
  'environment',
  'session',
  'init',
] as const;

/** The native sources; every path is absolute. */
export interface NativeSources {
  /** The folder that they are in. */
  root: string;
  /** Translation units of the probe (C) and of the addon (C++). */
  probe: string[];
  addon: string[];
  /** Headers of the probe's units. */
  probeHeaders: string[];
  /** The plugin for QEMU. It is compiled on its own, because few users need it. */
  plugin: string;
  /** The program that makes seccomp filters, compiled on its own for the same reason. */
  seccompCompiler: string;
  /** Folders that the addon's translation units include N-API headers from. */
  includes: string[];
  /** Everything that a build depends on: the units above and all headers. */
  all: string[];
}

/** Finds the native sources, both in a bundle (dist/) and in a checkout (src/, lib/). */
export async function nativeSources(): Promise<NativeSources> {
  const { root, napi } = locate();
  const rooms = await Promise.all(PROBE_ROOMS.map((room) => listFolder(join(root, room))));
  const launch = await listFolder(join(root, 'launch'));
  const probeHeaders = withExtension('.h', rooms.flat());
  const probe = [join(root, 'probe.c'), ...withExtension('.c', rooms.flat())];
  // addon.cc takes longest to compile. It comes first in the alphabet, so the others run beside it.
  const addon = withExtension('.cc', launch);
  const plugin = join(root, 'tools', 'trace_plugin.c');
  const seccompCompiler = join(root, 'tools', 'seccomp_compile.c');
  const includes = [...new Set(napi.map((path) => dirname(path)))];
  const all = [...probe, ...addon, ...probeHeaders, ...withExtension('.h', launch), ...napi];
  return { root, probe, addon, probeHeaders, plugin, seccompCompiler, includes, all };
}

const withExtension = (extension: string, paths: readonly string[]): string[] =>
  paths.filter((path) => path.endsWith(extension));

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
