import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { replay } from '../../../src/flows/replay.js';
import { EVIDENCE, RUN_SUFFIX } from '../../../src/record/file.js';
import { isCounted, isTimed, parseRun, type Run, runText } from '../../../src/record/run.js';
import { differencesOf } from '../../../src/report/differences.js';
import { compare } from '../../../src/verdict/evidence.js';
import { syntheticRun } from '../../fixtures/runs.js';

/** Records and reports that earlier builds wrote: see the README beside them. */
const GOLDEN = join(import.meta.dirname, 'golden');
const files = readdirSync(GOLDEN, { recursive: true, encoding: 'utf8' }).sort();
const records = files.filter((file) => file.endsWith(RUN_SUFFIX));
const reports = files.filter((file) => basename(file) === 'report.json');
const states = readdirSync(GOLDEN).filter((name) => /^\d/.test(name));

const textOf = (file: string): string => readFileSync(join(GOLDEN, file), 'utf8');

function readRun(file: string): Run {
  const parse = parseRun(textOf(file));
  if (parse.ok) return parse.run;
  throw new Error(`${file}: ${parse.reason}`);
}

/** What a record says was measured, as plain JSON. */
interface Written {
  id: string;
  target: { kind: string; facts?: Record<string, string> };
  subject: Record<string, unknown>;
  metrics: { id: string; status: string; replicates?: unknown; counts?: unknown }[];
  instructions?: { metrics: { id: string; boots?: number[] }[] };
}

const SETTINGS = { alpha: 0.01, margins: [] };

test('every state of the schema that a build wrote is there', () => {
  expect(states).toHaveLength(13);
  expect(records.length).toBeGreaterThan(states.length);
});

describe.each(records)('the record %s', (file) => {
  const written = JSON.parse(textOf(file)) as Written;

  test('is read with all that was measured', () => {
    const { id, metrics, instructions } = readRun(file);
    expect(id).toBe(written.id);
    expect(
      metrics.map((metric) => ({
        ...{ id: metric.id, status: metric.status },
        replicates: isTimed(metric) ? metric.replicates : undefined,
        counts: isCounted(metric) ? metric.counts : undefined,
      })),
    ).toEqual(
      written.metrics.map((metric) => ({
        ...{ id: metric.id, status: metric.status },
        ...{ replicates: metric.replicates, counts: metric.counts },
      })),
    );
    expect(instructions?.metrics.map((metric) => metric.status === 'ok' && metric.boots)).toEqual(
      written.instructions?.metrics.map(({ boots }) => boots ?? false),
    );
  });

  test('is copied as it was written', () => {
    expect(runText(readRun(file))).toBe(textOf(file));
  });

  test('has its machine typed where a kernel was booted', () => {
    const { machine } = readRun(file).target;
    const { kind, facts = {} } = written.target;
    if (kind !== 'kernel') return expect(machine).toBeUndefined();
    expect(machine).toEqual({
      ...{ architecture: 'x86_64', accelerator: facts['accelerator'] },
      emulator: {
        ...{ name: 'QEMU', version: facts['qemu'], machine: facts['machine'], cpu: facts['cpu'] },
        ...{ memoryMib: Number.parseInt(facts['memory'] ?? '', 10), cpus: Number(facts['cpus']) },
        hostCpu: facts['host cpu'],
      },
    });
  });

  test('is told to lack what its build did not record, and not that it could not be read', () => {
    const stored = readRun(file);
    const today = syntheticRun({ metrics: [{ id: 'syscall.null', ns: 80 }], screen: [4], seed: 1 });
    const missing = Object.keys(today.subject).filter((field) => !(field in written.subject));
    const comparison = compare({ design: 'paired', baseline: stored, candidate: today }, SETTINGS);
    const { unreadable, unrecorded } = differencesOf(comparison, undefined);
    expect(unrecorded?.baseline ?? []).toEqual(missing);
    for (const field of missing) expect(unreadable.baseline).not.toContain(field);
  });

  test('can be the stored baseline of a new record', () => {
    const stored = readRun(file);
    const again = JSON.parse(JSON.stringify({ ...stored, id: '00000000000000aa' })) as Run;
    const parse = parseRun(JSON.stringify({ ...again, version: '1.1' }));
    if (!parse.ok) throw new Error(parse.reason);
    const evidence = { stored: { runs: [stored], skipped: [] }, candidate: parse.run };
    const comparison = compare({ design: 'stored', ...evidence }, SETTINGS);
    const found = comparison.findings;
    expect(found.map(({ id }) => id)).toEqual(
      [...stored.metrics, ...(stored.instructions?.metrics ?? [])].map(({ id }) => id),
    );
    expect(found.map(({ verdict }) => verdict)).not.toContain('incomparable');
    expect(found.map(({ verdict }) => verdict)).not.toContain('regressed');
  });
});

const isReplayable = (file: string): boolean =>
  readdirSync(join(GOLDEN, dirname(file))).includes(EVIDENCE);

describe.each(reports.filter(isReplayable))('the report %s', (file) => {
  const folder = join(GOLDEN, dirname(file));
  const written = JSON.parse(textOf(file)) as { verdict: string };

  test('has the same verdict today', async () => {
    const { report } = await replay(folder, {});
    expect(report.verdict).toBe(written.verdict);
  });

  test('is replayed into a folder whose evidence is that of the old one', async () => {
    const out = await mkdtemp(join(tmpdir(), 'syscall-gate-golden-'));
    try {
      await replay(folder, {}, join(out, 'new'));
      const names = readdirSync(join(folder, EVIDENCE)).sort();
      expect(readdirSync(join(out, 'new', EVIDENCE)).sort()).toEqual(names);
      for (const name of names) {
        const copy = readFileSync(join(out, 'new', EVIDENCE, name), 'utf8');
        expect(copy).toBe(readFileSync(join(folder, EVIDENCE, name), 'utf8'));
      }
    } finally {
      await rm(out, { recursive: true });
    }
  });
});

test.each(reports.filter((file) => !isReplayable(file)))(
  'the report %s says why it cannot be replayed',
  async (file) => {
    await expect(replay(join(GOLDEN, dirname(file)), {})).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(
        /report\.json" cannot be replayed, since it is of version 1\.0 as the first builds wrote it, which did not keep the records that a report rests on: if you still have the run records \(\*\.run\.json\) of both sides, give them to "syscall-gate compare"; else measure again\.$/,
      ),
    });
  },
);

describe('a replay of an old report', () => {
  const old = join(GOLDEN, states.find((name) => name.endsWith('5c7cac5')) ?? '', 'paired');

  test('says that it is old and whether the verdict holds', async () => {
    expect((await replay(old, {})).notes).toContainEqual(
      expect.stringMatching(
        /^The stored report is of version 1\.0, and its records were judged by today's rules: the verdict is the same, \w+\.$/,
      ),
    );
  });

  test('says so where it does not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'syscall-gate-golden-'));
    try {
      await cp(old, folder, { recursive: true });
      const report = JSON.parse(readFileSync(join(old, 'report.json'), 'utf8')) as object;
      const told = JSON.stringify({ ...report, verdict: 'incomparable' });
      await writeFile(join(folder, 'report.json'), told);
      expect((await replay(folder, {})).notes).toContainEqual(
        expect.stringMatching(/today's rules: it says incomparable and they say \w+\.$/),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
