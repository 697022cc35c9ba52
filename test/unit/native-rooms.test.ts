import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nativeSources, PROBE_ROOMS } from '../../src/build/sources.js';
import { FAMILIES, familyOf } from '../../src/families.js';

const { root, probe, probeHeaders } = await nativeSources();
const files = [...probe, ...probeHeaders].map((path) => relative(root, path));

/** The files that a file includes by a path of its own, not by one of the system's. */
const includesOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^#include "(.+)"$/gm)].map(([, path = '']) =>
    join(dirname(file), path),
  );

/** The place of a file's room in the order; probe.c is above all rooms. */
function floorOf(file: string): number {
  const room = dirname(file);
  return room === '.' ? PROBE_ROOMS.length : PROBE_ROOMS.indexOf(room);
}

describe("the probe's sources", () => {
  test('include headers of their own room and of the rooms below it alone', () => {
    const upward = files.flatMap((file) =>
      includesOf(file)
        .filter((header) => floorOf(header) > floorOf(file) || !files.includes(header))
        .map((header) => `${file} includes ${header}`),
    );
    expect(upward).toEqual([]);
  });

  test('form no cycle, where what a source defines counts as its header', () => {
    const modules = new Map<string, Set<string>>();
    for (const file of files) {
      const module = file.replace(/\.[ch]$/, '');
      const used = includesOf(file).map((header) => header.replace(/\.h$/, ''));
      modules.set(module, new Set([...(modules.get(module) ?? []), ...used]));
      modules.get(module)?.delete(module);
    }
    expect(cycleIn(modules)).toBeUndefined();
  });

  test('keep tables of metrics in metrics/ alone, and each of them in the list of families', () => {
    const tables = files.filter((file) =>
      readFileSync(join(root, file), 'utf8').includes('FAMILY(metrics);'),
    );
    const listed = readFileSync(join(root, 'metrics', 'families.h'), 'utf8');
    const families = [...listed.matchAll(/\btable\((\w+)\)/g)].map(([, name]) => name);
    expect(tables.sort()).toEqual(families.map((name) => `metrics/${name}.c`).sort());
  });

  test('measure only families that the program has a name for', () => {
    const ids = files
      .filter((file) => file.startsWith('metrics/'))
      .flatMap((file) => [
        ...readFileSync(join(root, file), 'utf8').matchAll(/\.id = "([a-z]+\.[a-z0-9_]*)"/g),
      ])
      .map(([, id = '']) => id);
    expect(new Set(ids.map(familyOf)).size).toBe(FAMILIES.length);
    expect(ids.filter((id) => familyOf(id) === undefined)).toEqual([]);
  });
});

/** Takes modules away that use none of those left, until none is left or all are in a cycle. */
function cycleIn(modules: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const left = new Map(modules);
  for (;;) {
    const free = [...left].filter(([, used]) => [...used].every((one) => !left.has(one)));
    if (free.length === 0) break;
    for (const [module] of free) left.delete(module);
  }
  return left.size === 0 ? undefined : [...left.keys()];
}
