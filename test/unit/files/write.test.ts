import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimFolder, saveFile } from '../../../src/files/write.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writing', () => {
  test('puts whole files in place and leaves no temporary one', async () => {
    await saveFile(join(folder, 'a.json'), 'first');
    await saveFile(join(folder, 'a.json'), 'second');
    expect(await readFile(join(folder, 'a.json'), 'utf8')).toBe('second');
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  test('leaves the old file and no temporary one when it fails', async () => {
    await mkdir(join(folder, 'a.json'));
    await expect(saveFile(join(folder, 'a.json'), 'text')).rejects.toThrow('could not be written');
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  test('is refused by name where a folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(claimFolder(join(folder, 'file', 'out'))).rejects.toThrow(
      /^out ".*file\/out" cannot be written to \(ENOTDIR\): give a folder/,
    );
  });

  test('claiming a folder leaves nothing in it', async () => {
    await claimFolder(join(folder, 'deep', 'out'));
    expect(await readdir(join(folder, 'deep', 'out'))).toEqual([]);
  });
});
