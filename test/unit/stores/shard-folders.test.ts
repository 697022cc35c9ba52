import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runFileName } from '../../../src/record/file.js';
import { runText } from '../../../src/record/run.js';
import { shardsInFolders } from '../../../src/stores/shard-folders.js';
import { pairRecords } from '../../../src/stores/shard-records.js';
import { syntheticShard } from '../../fixtures/runs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-shards-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const metrics = [{ id: 'syscall.null', ns: 100 }];

async function leave(machine: number, at: string): Promise<void> {
  const shard = syntheticShard({ machine, baseline: metrics, candidate: metrics });
  await mkdir(join(folder, at), { recursive: true });
  for (const run of Object.values(shard)) {
    await writeFile(join(folder, at, runFileName(run)), runText(run));
  }
}

test('records are found in all folders, and once where folders overlap', async () => {
  await leave(1, 'one/shards');
  await leave(2, 'a/b/c/d');
  await leave(3, 'evidence');
  const found = await shardsInFolders([folder, join(folder, 'one')])();
  expect(found).toMatchObject({ skipped: [], origin: `${folder}, ${join(folder, 'one')}` });
  expect(pairRecords(found)).toMatchObject({ shards: [{}, {}], skipped: [], missing: [] });
});

test('records beside a report count where their folder is named', async () => {
  await leave(1, 'evidence');
  expect((await shardsInFolders([join(folder, 'evidence')])()).runs).toHaveLength(2);
});

test('folders that lie too deep are said, and a file that is no record', async () => {
  await leave(1, 'one');
  await mkdir(join(folder, '1/2/3/4/5/6/7'), { recursive: true });
  await writeFile(join(folder, 'x.run.json'), '{}');
  const { runs, skipped } = await shardsInFolders([folder])();
  expect(runs).toHaveLength(2);
  expect(skipped).toEqual([
    `${join(folder, 'x.run.json')} was passed over: it is not a syscall-gate run record.`,
    `Not all of the folder ${folder} was searched for run records, since 1 folder lies below level 6: give a folder that holds run records and little else.`,
  ]);
});

test('more records than shards ever leave are refused, over all folders together', async () => {
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, name));
    for (let number = 0; number < 513; number += 1) {
      await writeFile(join(folder, name, `${number}.run.json`), '{}');
    }
  }
  const folders = [join(folder, 'a'), join(folder, 'b')];
  await expect(shardsInFolders(folders)()).rejects.toThrow(
    'hold more than 1024 run records: give the folders of the shards of one comparison.',
  );
});

test('a folder that is not there is refused by name', async () => {
  const none = join(folder, 'none');
  await expect(shardsInFolders([none])()).rejects.toThrow(`${none} cannot be read (ENOENT): give`);
});
