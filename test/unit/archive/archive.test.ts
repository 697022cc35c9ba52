import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readArchive } from '../../../src/archive/read.js';
import { archive } from '../../../src/archive/write.js';
import { type Judged, judgeEvidence } from '../../../src/flows/judge.js';
import { exhibitFileName } from '../../../src/record/exhibit.js';
import { digestOf } from '../../../src/record/file.js';
import type { Report } from '../../../src/record/report.js';
import { parseRun, type Run, runText } from '../../../src/record/run.js';
import { storedReport } from '../../../src/record/stored-report.js';
import { readDirectory } from '../../../src/stores/directory.js';
import type { Evidence } from '../../../src/verdict/evidence.js';
import { pairedEvidence, selfEvidence, storedEvidence } from '../../fixtures/evidence.js';
import { syntheticRun } from '../../fixtures/runs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-archive-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const judged = (evidence: Evidence): Judged =>
  judgeEvidence(
    evidence,
    { alpha: 0.01, margins: [], failOn: 'regression' },
    { baseline: 'host', candidate: 'host' },
  );

const write = async (evidence: Evidence): Promise<string> =>
  (await archive(folder, judged(evidence))).path;
const namesOf = (evidence: Evidence): string[] =>
  judged(evidence).exhibits.map(exhibitFileName).sort();
const kept = async (): Promise<string[]> => (await readdir(join(folder, 'evidence'))).sort();

/** Of an operation in which a function has grown. */
function tracedEvidence(): Evidence {
  const [baseline, candidate] = [100, 130].map(
    (own, seed): Run => ({
      ...syntheticRun({ metrics: [], screen: [], seed }),
      instructions: {
        conditions: {},
        metrics: [
          {
            ...{ id: 'syscall.null', version: 1, gate: true, status: 'ok', boots: [own] },
            traced: { operations: 1, functions: [0], depths: [0], instructions: [own] },
          },
        ],
        functions: [{ name: 'do_syscall_64', kernel: true }],
      },
    }),
  ) as [Run, Run];
  return { design: 'paired', baseline, candidate };
}

describe('an archived report', () => {
  test.each([['paired', pairedEvidence()] as const, ['self', selfEvidence()] as const])(
    'of a %s is read back with all that it rests on',
    async (_, evidence) => {
      const path = await write(evidence);
      const { report } = judged(evidence);
      const expected = { report: storedReport(report), evidence };
      expect(await readArchive(path)).toEqual(expected);
      expect(await readArchive(folder)).toEqual(expected);
    },
  );

  test('is whole without flame graphs, which are missed in a note', async () => {
    const evidence = tracedEvidence();
    const verdict = judged(evidence);
    expect(await archive(folder, verdict)).toMatchObject({ notes: [] });
    expect(await readdir(join(folder, 'flames'))).toEqual(['syscall.null.svg']);
    await rm(join(folder, 'flames'), { recursive: true });
    await writeFile(join(folder, 'flames'), 'in the way');
    const { notes } = await archive(folder, verdict);
    expect(notes).toEqual([expect.stringMatching(/^Not all flame graphs could be written to /)]);
    expect((await readArchive(folder)).report.whole).toEqual(verdict.report);
  });

  test('of an earlier minor version is read', async () => {
    const path = await write(pairedEvidence());
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"2.1"', '"2.0"'));
    expect((await readArchive(path)).report.design).toBe('paired');
  });

  test('rests on records of a newer version as they were written', async () => {
    const { stored, candidate } = storedEvidence();
    const [first, ...others] = stored.runs;
    const text = JSON.stringify({ ...first, version: '1.9', news: [1, { x: 2 }] });
    const parse = parseRun(text);
    if (!parse.ok) throw new Error(parse.reason);
    const runs = [parse.run, ...others];
    await write({ design: 'stored', stored: { ...stored, runs }, candidate });
    const { report, evidence } = await readArchive(folder);
    const [record] = report.records;
    expect(await readFile(join(folder, record?.file ?? ''), 'utf8')).toBe(text);
    expect(record?.sha256).toBe(digestOf(text));
    expect(judged(evidence).exhibits[0]?.run).toEqual(first);
  });

  test('is read back wherever its folder goes', async () => {
    await write(storedEvidence());
    const elsewhere = `${folder}-moved`;
    await rename(folder, elsewhere);
    const { evidence } = await readArchive(elsewhere);
    await rm(elsewhere, { recursive: true });
    expect(evidence).toEqual({
      ...storedEvidence(),
      design: 'stored',
    });
  });

  test('leaves no evidence of the one that it replaces, and what is not its own alone', async () => {
    await write(pairedEvidence());
    await writeFile(join(folder, 'evidence', 'notes.txt'), 'mine');
    await writeFile(join(folder, 'evidence', 'my.run.json'), 'mine');
    await write(storedEvidence());
    expect(await kept()).toEqual([...namesOf(storedEvidence()), 'my.run.json', 'notes.txt'].sort());
  });

  test('that cannot be written leaves what was there, and nothing of its own', async () => {
    await write(pairedEvidence());
    await rm(join(folder, 'report.json'));
    await mkdir(join(folder, 'report.json', 'in-the-way'), { recursive: true });
    await expect(write(storedEvidence())).rejects.toThrow('could not be written');
    expect(await kept()).toEqual(namesOf(pairedEvidence()));
  });

  test('that cannot be written at all leaves no folder', async () => {
    await mkdir(join(folder, 'report.json', 'in-the-way'), { recursive: true });
    await expect(write(pairedEvidence())).rejects.toThrow('could not be written');
    expect(await readdir(folder)).toEqual(['report.json']);
  });

  test('has no room where something else is called evidence', async () => {
    await writeFile(join(folder, 'evidence'), '');
    await expect(write(pairedEvidence())).rejects.toThrow(
      /evidence could not be made a folder \(EEXIST\): move what is there/,
    );
  });

  test('is no store of earlier runs', async () => {
    await write(storedEvidence());
    expect((await readDirectory(folder, folder, { history: 20 })).runs).toEqual([]);
  });
});

describe('what cannot be replayed is said in one sentence', () => {
  const rejection = async (path = folder): Promise<string> =>
    readArchive(path).then(
      () => 'it was read',
      (error: Error) => error.message,
    );
  const edit = async (change: (report: Report) => object): Promise<void> => {
    const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as Report;
    await writeFile(join(folder, 'report.json'), JSON.stringify(change(report)));
  };

  test('no report', async () => {
    expect(await rejection(join(folder, 'none.json'))).toMatch(
      /^report ".*none\.json" cannot be replayed, since it cannot be read \(ENOENT\): give a report\.json/,
    );
    expect(await rejection(folder)).toMatch(/report\.json" cannot be replayed/);
    expect(await rejection('/dev/zero')).toMatch(/since it is not a file/);
  });

  test('another file', async () => {
    await writeFile(join(folder, 'a.json'), '{"schema":"syscall-gate/run","version":1}');
    expect(await rejection(join(folder, 'a.json'))).toMatch(
      /since it is not a syscall-gate report/,
    );
    await writeFile(join(folder, 'a.json'), '{"schema":');
    expect(await rejection(join(folder, 'a.json'))).toMatch(/since it is not complete JSON/);
  });

  test('another version, and fields that this version does not know', async () => {
    await write(pairedEvidence());
    await edit((report) => ({ ...report, version: '3.0' }));
    expect(await rejection()).toMatch(
      /since it has report version 3\.0 and this syscall-gate reads version 2: replay it with the syscall-gate that wrote it, or a newer one\.$/,
    );
    await edit((report) => ({ ...report, version: '2.0', more: true }));
    expect(await rejection()).toMatch(/since the top level: Unrecognized key/);
  });

  test('a record that is missing', async () => {
    await write(pairedEvidence());
    const [name = ''] = namesOf(pairedEvidence());
    await rm(join(folder, 'evidence', name));
    expect(await rejection()).toMatch(
      /^record ".*baseline-.*\.run\.json", on which the report rests, cannot be used, since it cannot be read \(ENOENT\): give the report together with the folder evidence/,
    );
  });

  test('a record that was changed by one digit', async () => {
    await write(pairedEvidence());
    const path = join(folder, 'evidence', namesOf(pairedEvidence())[0] ?? '');
    const text = await readFile(path, 'utf8');
    await writeFile(
      path,
      text.replace(/"estimateNs":(\d)/, (_, digit) => `"estimateNs":${9 - digit}`),
    );
    expect(await rejection()).toMatch(/since its SHA-256 is not the one that the report states/);
  });

  test('a record that is another run, although its digest is right', async () => {
    await write(pairedEvidence());
    const other = runText(selfEvidence().candidate);
    await writeFile(join(folder, 'evidence', namesOf(pairedEvidence())[0] ?? ''), other);
    await edit((report) => ({
      ...report,
      records: report.records.map((record, index) =>
        index === 0 ? { ...record, sha256: digestOf(other) } : record,
      ),
    }));
    expect(await rejection()).toMatch(/since it is run [0-9a-f]{16} and the report names run/);
  });

  test('records that are not those of its design', async () => {
    await write(pairedEvidence());
    await edit((report) => ({ ...report, records: report.records.slice(1) }));
    expect(await rejection()).toMatch(
      /since its records do not fit the design "paired": give the report\.json as syscall-gate wrote it\.$/,
    );
  });

  test('a record outside of its folder', async () => {
    await write(pairedEvidence());
    await edit((report) => ({
      ...report,
      records: report.records.map((record) => ({ ...record, file: '../../etc/passwd' })),
    }));
    expect(await rejection()).toMatch(/since records\.0\.file: Invalid string/);
  });
});
