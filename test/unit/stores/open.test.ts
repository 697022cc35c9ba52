import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig, type RawInputs } from '../../../src/config/inputs.js';
import { runFileName } from '../../../src/record/file.js';
import { runText } from '../../../src/record/run.js';
import { openBaseline } from '../../../src/stores/open.js';
import { syntheticRun } from '../../fixtures/runs.js';
import { SILENT } from '../../fixtures/targets.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-open-'));
  for (let day = 1; day <= 25; day += 1) {
    const startedAt = new Date(Date.UTC(2026, 0, day)).toISOString();
    const metrics = [{ id: 'syscall.null', ns: 80 }];
    const run = syntheticRun({ metrics, screen: [4, 5], seed: day, startedAt });
    await writeFile(join(folder, runFileName(run)), runText(run));
  }
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function pooled(raw: RawInputs): Promise<number | undefined> {
  const baseline = await openBaseline(parseConfig(raw), { progress: SILENT });
  return baseline.kind === 'stored' ? baseline.stored.runs.length : undefined;
}

test('a folder gives as many runs as the history says, and 20 by default', async () => {
  const baseline = `directory:${folder}`;
  expect(await pooled({ baseline })).toBe(20);
  expect(await pooled({ baseline, history: '7' })).toBe(7);
  expect(await pooled({ baseline, history: '100' })).toBe(25);
});

test('so does the out folder', async () => {
  expect(await pooled({ out: folder })).toBe(20);
  expect(await pooled({ out: folder, history: '3' })).toBe(3);
});

test('sentences about what was passed over are warnings', async () => {
  await writeFile(join(folder, 'cut.run.json'), '{');
  const warnings: string[] = [];
  const progress = { ...SILENT, warn: (sentence: string) => void warnings.push(sentence) };
  await openBaseline(parseConfig({ out: folder }), { progress });
  expect(warnings).toEqual(['cut.run.json was passed over: it is not complete JSON.']);
});

test('what a newer version wrote into a record is left out, and said', async () => {
  const [name = ''] = (await readdir(folder)).filter((one) => one.endsWith('.run.json'));
  const newer = {
    ...JSON.parse(await readFile(join(folder, name), 'utf8')),
    version: '1.9',
    news: 1,
  };
  await writeFile(join(folder, name), JSON.stringify(newer));
  const notes: string[] = [];
  const progress = { ...SILENT, note: (sentence: string) => void notes.push(sentence) };
  const { baseline } = parseConfig({ baseline: `file:${join(folder, name)}` });
  await openBaseline({ ...parseConfig({ out: folder }), baseline }, { progress });
  expect(notes).toEqual([
    `Run ${newer.id} was written by a newer syscall-gate (version 1.9), and 1 field that this one does not know is left out: news.`,
  ]);
});

test('stored artifacts are read only inside a workflow', async () => {
  await expect(pooled({ baseline: 'artifact' })).rejects.toThrow(
    'baseline "artifact" needs the earlier runs of a GitHub workflow and this is not one',
  );
});
