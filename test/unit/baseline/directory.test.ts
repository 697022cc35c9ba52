import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimFolder, saveFile } from '../../../src/files/write.js';
import { runFileName } from '../../../src/record/file.js';
import type { Run } from '../../../src/record/run.js';
import { readDirectory, readFileRun, readOwnRuns } from '../../../src/stores/directory.js';
import { syntheticRun } from '../../fixtures/runs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (seed: number, startedAt = '2026-01-01T00:00:00.000Z'): Run =>
  syntheticRun({ metrics: [{ id: 'syscall.null', ns: 80 }], screen: [4, 5], seed, startedAt });

const store = (record: Run, at = folder): Promise<void> =>
  saveFile(join(at, runFileName(record)), JSON.stringify(record));

describe('a folder of run records', () => {
  test('is read oldest first, subfolders included', async () => {
    await mkdir(join(folder, 'artifact'));
    await store(run(1, '2026-02-01T00:00:00.000Z'));
    await store(run(2, '2026-01-01T00:00:00.000Z'), join(folder, 'artifact'));
    const { runs, skipped } = await readDirectory(folder, folder);
    expect(runs.map((one) => one.startedAt)).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-02-01T00:00:00.000Z',
    ]);
    expect(skipped).toEqual([]);
  });

  test('passes over what is not a record, one sentence each', async () => {
    await store(run(1));
    await writeFile(join(folder, 'cut.run.json'), '{"schema":"sysc');
    await writeFile(join(folder, 'other.run.json'), '{"schema":"something else"}');
    await writeFile(
      join(folder, 'newer.run.json'),
      JSON.stringify({ ...run(2), version: 2, news: true }),
    );
    await writeFile(join(folder, 'report.json'), '{}');
    const { runs, skipped } = await readDirectory(folder, folder);
    expect(runs).toHaveLength(1);
    expect(skipped.sort()).toEqual([
      'cut.run.json was passed over: it is not complete JSON.',
      'newer.run.json was passed over: it has record version 2 and this syscall-gate reads version 1.',
      'other.run.json was passed over: it is not a syscall-gate run record.',
    ]);
  });

  test('says which fields of a newer record were left out, and keeps the run', async () => {
    const newer = { ...run(1), version: '1.9', news: true };
    await writeFile(join(folder, 'newer.run.json'), JSON.stringify(newer));
    const { runs, skipped, notes } = await readDirectory(folder, folder);
    expect(runs).toEqual([run(1)]);
    expect(skipped).toEqual([]);
    const left =
      'was written by a newer syscall-gate (version 1.9), and 1 field that this one does not know is left out: news.';
    expect(notes).toEqual([`newer.run.json ${left}`]);
    const file = await readFileRun(join(folder, 'newer.run.json'), 'newer.run.json');
    expect(file.notes).toEqual([`newer.run.json ${left}`]);
  });

  test('must be there', async () => {
    await expect(readDirectory(join(folder, 'none'), 'none')).rejects.toThrow(
      'baseline "directory:none" cannot be read (ENOENT): give a folder that holds run records',
    );
  });

  test('holds only runs of the same candidate when it is the default store, and may be absent', async () => {
    await store(run(1));
    const elsewhere = { ...run(2), target: { kind: 'command', spec: 'command:x {probe}' } } as Run;
    await store(elsewhere);
    const { runs } = await readOwnRuns(folder, folder, 'host');
    expect(runs.map(({ id }) => id)).toEqual([run(1).id]);
    expect((await readOwnRuns(join(folder, 'none'), 'none', 'host')).runs).toEqual([]);
  });
});

test('a file that is no record is refused by name', async () => {
  await writeFile(join(folder, 'x.json'), 'nonsense');
  await expect(readFileRun(join(folder, 'x.json'), 'x.json')).rejects.toThrow(
    'baseline "file:x.json" cannot be used, since it is not complete JSON: give a run record (*.run.json).',
  );
});

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
