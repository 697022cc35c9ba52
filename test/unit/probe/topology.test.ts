import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTopology } from '../../../src/probe/topology.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-topology-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The files of a /sys/devices. */
async function sysfs(files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${text}\n`);
  }
  return join(folder, 'system', 'cpu');
}

test('threads of a core are siblings', async () => {
  const path = await sysfs({
    'system/cpu/cpu0/topology/thread_siblings_list': '0,8',
    'system/cpu/cpu8/topology/thread_siblings_list': '0,8',
    'system/cpu/cpu1/topology/thread_siblings_list': '1-3',
  });
  const topology = await readTopology([0, 1, 8], path);
  expect([...topology.values()].map(({ siblings }) => siblings)).toEqual([[8], [2, 3], [0]]);
});

test('kinds are told by the capacity, and by the list of efficient CPUs', async () => {
  const path = await sysfs({
    'cpu_atom/cpus': '2-3',
    'system/cpu/cpu0/cpu_capacity': '1024',
    'system/cpu/cpu1/cpu_capacity': '446',
  });
  const kinds = [...(await readTopology([0, 1, 2, 3, 4], path)).values()].map(({ kind }) => kind);
  expect(new Set(kinds).size).toBe(4);
  expect(kinds[2]).toBe(kinds[3]);
});

test('what sysfs does not show is alike', async () => {
  const topology = await readTopology([0, 1], join(folder, 'none'));
  expect([...topology.values()]).toEqual([
    { kind: '', siblings: [] },
    { kind: '', siblings: [] },
  ]);
});
