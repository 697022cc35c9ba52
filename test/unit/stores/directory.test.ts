import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { saveFile } from '../../../src/files/write.js';
import { RUN_SUFFIX, runFileName, SET_ASIDE } from '../../../src/record/file.js';
import type { Run } from '../../../src/record/run.js';
import { readDirectory, readFileRun, readOwnRuns } from '../../../src/stores/directory.js';
import { syntheticRun } from '../../fixtures/runs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const POOL = { history: 20 };
const OWN = { spec: 'host', history: 20 };

const run = (seed: number, startedAt = '2026-01-01T00:00:00.000Z'): Run =>
  syntheticRun({ metrics: [{ id: 'syscall.null', ns: 80 }], screen: [4, 5], seed, startedAt });

const store = (record: Run, at = folder): Promise<void> =>
  saveFile(join(at, runFileName(record)), JSON.stringify(record));

describe('a folder of run records', () => {
  test('is read oldest first, subfolders included', async () => {
    await mkdir(join(folder, 'artifact'));
    await store(run(1, '2026-02-01T00:00:00.000Z'));
    await store(run(2, '2026-01-01T00:00:00.000Z'), join(folder, 'artifact'));
    const { runs, skipped } = await readDirectory(folder, folder, POOL);
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
    const { runs, skipped } = await readDirectory(folder, folder, POOL);
    expect(runs).toHaveLength(1);
    expect(skipped.sort()).toEqual([
      'cut.run.json was passed over: it is not complete JSON.',
      'newer.run.json was passed over: it has record version 2 and this syscall-gate reads version 1.',
      'other.run.json was passed over: it is not a syscall-gate run record.',
    ]);
  });

  test('must be there', async () => {
    await expect(readDirectory(join(folder, 'none'), 'none', POOL)).rejects.toThrow(
      'baseline "directory:none" cannot be read (ENOENT): give a folder that holds run records',
    );
  });

  test('holds only runs of the same candidate when it is the default store, and may be absent', async () => {
    await store(run(1));
    const elsewhere = { ...run(2), target: { kind: 'command', spec: 'command:x {probe}' } } as Run;
    await store(elsewhere);
    const { runs } = await readOwnRuns(folder, folder, OWN);
    expect(runs.map(({ id }) => id)).toEqual([run(1).id]);
    expect((await readOwnRuns(join(folder, 'none'), 'none', OWN)).runs).toEqual([]);
  });
});

describe('of many records', () => {
  const dayOf = (day: number): string => new Date(Date.UTC(2026, 0, day)).toISOString();
  const storeDays = async (...days: number[]): Promise<void> => {
    for (const day of days) await store(run(day, dayOf(day)));
  };
  const daysOf = ({ runs }: { runs: Run[] }): number[] =>
    runs.map(({ startedAt }) => new Date(startedAt).getUTCDate());

  test('the newest are pooled, as many as the history says', async () => {
    await storeDays(1, 2, 3, 4, 5);
    expect(daysOf(await readDirectory(folder, folder, { history: 2 }))).toEqual([4, 5]);
    expect(daysOf(await readOwnRuns(folder, folder, { ...OWN, history: 3 }))).toEqual([3, 4, 5]);
  });

  test('only the newest are read, by the time in their names', async () => {
    const days = Array.from({ length: 31 }, (_, index) => index + 1);
    await storeDays(...days);
    let read = 0;
    const isWanted = () => {
      read += 1;
      return true;
    };
    const stored = await readDirectory(folder, folder, { history: 2, isWanted });
    expect(daysOf(stored)).toEqual([30, 31]);
    expect(read).toBeLessThan(days.length);
  });

  test('one that the user renamed is pooled by its own time, whatever its name', async () => {
    await storeDays(...Array.from({ length: 20 }, (_, index) => index + 1));
    for (const [name, day] of [
      ['accepted', 31],
      ['0-first', 30],
    ] as const) {
      const path = join(folder, `${name}${RUN_SUFFIX}`);
      await writeFile(path, JSON.stringify(run(day, dayOf(day))));
    }
    expect(daysOf(await readDirectory(folder, folder, { history: 3 }))).toEqual([20, 30, 31]);
  });

  test('those of other candidates are named where there is no other', async () => {
    await storeDays(1, 2);
    const stored = await readOwnRuns(folder, 'runs', { ...OWN, spec: 'command:nice {probe}' });
    expect(stored.skipped).toEqual([
      'Passed over 2 runs of host in the folder runs, since this run measures another candidate: give baseline directory:runs to compare with them all the same.',
    ]);
    expect((await readOwnRuns(folder, 'runs', OWN)).skipped).toEqual([]);
  });

  test('those of other candidates do not use up the history', async () => {
    await storeDays(1, 2);
    const target = { kind: 'host' as const, spec: 'command:x {probe}' };
    for (let day = 3; day <= 31; day += 1) {
      await store({ ...run(day, dayOf(day)), target } as Run);
    }
    expect(daysOf(await readOwnRuns(folder, folder, { ...OWN, history: 2 }))).toEqual([1, 2]);
  });

  test('one that vanishes before it is read is a sentence', async () => {
    await storeDays(...Array.from({ length: 31 }, (_, index) => index + 1));
    const oldest = runFileName(run(1, dayOf(1)));
    const isWanted = () => {
      rmSync(join(folder, oldest), { force: true });
      return true;
    };
    const { runs, skipped } = await readDirectory(folder, folder, { history: 100, isWanted });
    expect(runs).toHaveLength(30);
    expect(skipped).toEqual([`${oldest} was passed over: it cannot be read (ENOENT).`]);
  });

  test('in vain: after a thousand that are not wanted the search ends, and says so', async () => {
    const text = JSON.stringify(run(1));
    for (let number = 0; number < 1010; number += 1) {
      await writeFile(join(folder, `${number}${RUN_SUFFIX}`), text);
    }
    const { runs, skipped } = await readDirectory(folder, 'here', {
      history: 2,
      isWanted: () => false,
    });
    expect(runs).toEqual([]);
    expect(skipped).toEqual([
      "Found 0 of 2 stored runs among the newest 1000 records of the folder here and looked no further: give a folder of one candidate's records.",
      expect.stringMatching(/^Passed over 1008 runs of host/),
    ]);
  });
});

describe('what is not looked at is said', () => {
  test('folders below the last level', async () => {
    const deep = join(folder, 'a', 'b', 'c');
    await mkdir(deep, { recursive: true });
    await store(run(1), join(folder, 'a', 'b'));
    await store(run(2), deep);
    const { runs, skipped } = await readDirectory(folder, 'here', POOL);
    expect(runs.map(({ id }) => id)).toEqual([run(1).id]);
    expect(skipped).toEqual([
      'Not all of the folder here was searched for run records, since 1 folder lies below level 3: give a folder that holds run records and little else.',
    ]);
  });

  test('but not the folders that the tool itself keeps there', async () => {
    await store(run(1));
    for (const name of [SET_ASIDE, 'evidence', 'shards']) {
      await mkdir(join(folder, name, 'x', 'y', 'z'), { recursive: true });
      await store(run(2), join(folder, name));
    }
    const { runs, skipped } = await readDirectory(folder, folder, POOL);
    expect(runs.map(({ id }) => id)).toEqual([run(1).id]);
    expect(skipped).toEqual([]);
  });
});

test('a file that is no record is refused by name', async () => {
  await writeFile(join(folder, 'x.json'), 'nonsense');
  await expect(readFileRun(join(folder, 'x.json'), 'x.json')).rejects.toThrow(
    'baseline "file:x.json" cannot be used, since it is not complete JSON: give a run record (*.run.json).',
  );
});
