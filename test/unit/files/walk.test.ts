import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WalkFilter, type WalkLimits, walk } from '../../../src/files/walk.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-walk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const AMPLE: WalkLimits = { levels: 50, names: 100_000, files: 100_000 };
const TEXTS: WalkFilter = { isWanted: (name) => name.endsWith('.txt') };

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), '');
  }
}

async function found(limits: Partial<WalkLimits> = {}, filter: Partial<WalkFilter> = {}) {
  const walked = await walk(folder, { ...TEXTS, ...filter }, { ...AMPLE, ...limits });
  return { ...walked, files: walked.files.map((path) => relative(folder, path)) };
}

const deep = (levels: number): string => Array.from({ length: levels }, () => 'd').join('/');

test('finds files by their names in all folders', async () => {
  await put('b.txt', 'a/a.txt', 'a/other', 'c/c/c.txt');
  expect(await found()).toEqual({
    files: ['a/a.txt', 'b.txt', 'c/c/c.txt'],
    unreadable: [],
    deeper: 0,
  });
});

test('opens no folder of a closed name, on any level', async () => {
  await put('a.txt', 'closed/b.txt', 'd/closed/c.txt');
  const { files, deeper } = await found({}, { closed: ['closed'] });
  expect({ files, deeper }).toEqual({ files: ['a.txt'], deeper: 0 });
});

test('opens folders down to the last level, and counts the folders below it', async () => {
  await put(`${deep(30)}/x.txt`, 'd/e/y.txt', 'd/z.txt');
  expect(await found({ levels: 2 })).toEqual({ files: ['d/z.txt'], unreadable: [], deeper: 2 });
  expect((await found()).files).toContain(`${deep(30)}/x.txt`);
});

test('walks a wide tree as far as the limits allow', async () => {
  const names = Array.from({ length: 5000 }, (_, index) => `${index}.txt`);
  await Promise.all(names.map((name) => writeFile(join(folder, name), '')));
  await put('below/x.txt');

  expect(await found({ names: 5002, files: 5001 })).not.toHaveProperty('stoppedBy');
  expect((await found()).files).toHaveLength(5001);
  expect((await found({ names: 5001 })).stoppedBy).toBe('names');
  expect((await found({ files: 5000 })).stoppedBy).toBe('files');

  const byNames = await found({ names: 1000 });
  expect(byNames.files.length).toBeLessThanOrEqual(1000);
  expect(byNames.files.length).toBeGreaterThan(900);
  expect((await found({ files: 10 })).files).toHaveLength(10);
});

test('follows no link, so that a loop of links ends', async () => {
  await put('a/a.txt');
  await symlink('..', join(folder, 'a', 'up'));
  await symlink(join(folder, 'a', 'a.txt'), join(folder, 'link.txt'));
  expect((await found()).files).toEqual(['a/a.txt']);
});

test('takes neither a folder nor a pipe for a file', async () => {
  await mkdir(join(folder, 'folder.txt'));
  execFileSync('mkfifo', [join(folder, 'pipe.txt')]);
  expect((await found()).files).toEqual([]);
});

test('passes over a folder that cannot be read, and names it', async () => {
  await put('a.txt', 'locked/b.txt', 'open/c.txt');
  await chmod(join(folder, 'locked'), 0o000);
  const { files, unreadable } = await withoutPrivileges(() => found());
  await chmod(join(folder, 'locked'), 0o700);
  expect(files).toEqual(['a.txt', 'open/c.txt']);
  expect(unreadable).toEqual([{ path: join(folder, 'locked'), reason: 'EACCES' }]);
});

/** The superuser may read every folder. */
async function withoutPrivileges<T>(work: () => Promise<T>): Promise<T> {
  const { seteuid } = process;
  if (process.geteuid?.() !== 0 || seteuid === undefined) return work();
  await chmod(folder, 0o755);
  seteuid(65534);
  try {
    return await work();
  } finally {
    seteuid(0);
  }
}

test('passes over a folder that vanishes meanwhile, and names it', async () => {
  await put('a.txt', 'gone/b.txt', 'there/c.txt');
  const isWanted = (name: string): boolean => {
    rmSync(join(folder, 'gone'), { recursive: true, force: true });
    return TEXTS.isWanted(name);
  };
  const { files, unreadable } = await found({}, { isWanted });
  expect(files).toEqual(['a.txt', 'there/c.txt']);
  expect(unreadable).toEqual([{ path: join(folder, 'gone'), reason: 'ENOENT' }]);
});

test('fails where the folder itself is missing, or is none', async () => {
  await put('a.txt');
  await expect(walk(join(folder, 'none'), TEXTS, AMPLE)).rejects.toThrow('ENOENT');
  await expect(walk(join(folder, 'a.txt'), TEXTS, AMPLE)).rejects.toThrow('ENOTDIR');
});
