import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readArchive } from '../../src/archive/read.js';
import { compareRecords } from '../../src/flows/compare.js';
import { judgeEvidence } from '../../src/flows/judge.js';
import { type Run, runText } from '../../src/record/run.js';
import { storedReport } from '../../src/record/stored-report.js';
import type { Policy } from '../../src/verdict/settings.js';
import { pairedEvidence, storedEvidence } from '../fixtures/evidence.js';

const POLICY: Policy = { alpha: 0.01, margins: [], failOn: 'regression' };
const SPECS = { baseline: 'host', candidate: 'host' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-compare-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, run: Run): Promise<string> {
  const path = join(folder, `${name}.run.json`);
  await writeFile(path, runText(run));
  return path;
}

const putPair = (): Promise<[string, string]> =>
  Promise.all([put('a', pairedEvidence().baseline), put('b', pairedEvidence().candidate)]);

describe('two sides of one paired comparison', () => {
  test('are compared as the gate compared them', async () => {
    const { report, notes } = await compareRecords(await putPair(), POLICY);
    expect(report).toEqual(judgeEvidence(pairedEvidence(), POLICY, SPECS).report);
    expect(notes).toEqual([]);
  });

  test('are turned round where the candidate is named first, and that is said', async () => {
    const [baseline, candidate] = await putPair();
    const { report, notes } = await compareRecords([candidate, baseline], POLICY);
    expect(report).toMatchObject({ design: 'paired', verdict: 'improved', passed: true });
    expect(notes).toEqual([
      expect.stringMatching(/compared the other way round, as given here\.$/),
    ]);
  });

  test('have their report kept with its evidence, where that is wanted, and no baseline', async () => {
    const out = join(folder, 'kept');
    const { report } = await compareRecords(await putPair(), POLICY, out);
    expect(await readArchive(out)).toEqual({
      report: storedReport(report),
      evidence: pairedEvidence(),
    });
    expect((await readdir(out)).sort()).toEqual(['evidence', 'report.json']);
  });
});

describe('runs of different jobs', () => {
  test('are a prediction from all but the last, whatever their order', async () => {
    const { stored, candidate } = storedEvidence();
    const paths = await Promise.all(stored.runs.map((run, index) => put(`a${index}`, run)));
    const given = [...paths.reverse(), await put('b', candidate)];
    const { report } = await compareRecords(given, POLICY);
    expect(report).toMatchObject({ design: 'stored', verdict: 'regressed', passed: false });
    expect(report.baseline.runs).toEqual(stored.runs.map(({ id }) => id));
    expect(report.baseline.spec).toMatch(/^file:.*a5\.run\.json and 5 more$/);
  });

  test('of which one is a side of another paired comparison are not paired', async () => {
    const { candidate } = storedEvidence();
    const given = [await put('a', pairedEvidence().baseline), await put('b', candidate)];
    const { report } = await compareRecords(given, POLICY);
    expect(report).toMatchObject({ design: 'stored', baseline: { spec: `file:${given[0]}` } });
  });
});

describe('what cannot be compared is said in one sentence', () => {
  const refused = (paths: string[], policy: Partial<Policy> = {}) =>
    expect(compareRecords(paths, { ...POLICY, ...policy })).rejects;

  test('one record alone', async () => {
    await refused([(await putPair())[0]]).toThrow('compare needs two run records at least');
  });

  test('the same run twice, under any name', async () => {
    const [path] = await putPair();
    const copy = await put('copy', pairedEvidence().baseline);
    await refused([path, path]).toThrow(`"${path}" and "${path}" are one and the same run`);
    await refused([path, (await putPair())[1], copy]).toThrow('give each run once');
  });

  test('what is no record', async () => {
    const [path] = await putPair();
    await writeFile(join(folder, 'x.json'), '{}');
    await refused([join(folder, 'x.json'), path]).toThrow(
      /^record ".*x\.json" cannot be compared, since it is not a syscall-gate run record: give run records/,
    );
    await refused([folder, path]).toThrow('since it is a folder');
  });

  test('a margin that names nothing', async () => {
    await refused(await putPair(), { margins: [{ glob: 'context.*', ratio: 0.02 }] }).toThrow(
      'margin "context.*" matches no metric of these records: give an id such as syscall.steady',
    );
  });
});
