import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { gate } from '../../../src/flows/gate.js';
import { parseReport } from '../../../src/record/report.js';
import { parseRun } from '../../../src/record/run.js';
import { Scratch } from '../../fixtures/scratch.js';
import { entryOf, type Machine, simulatedBench } from '../../fixtures/simulated-bench.js';
import { SILENT } from '../../fixtures/targets.js';

const scratch = new Scratch('unit-gate');

const METRICS = [entryOf('syscall.null'), entryOf('syscall.stat')];

interface Asked {
  out: string;
  baseline?: string;
  candidate?: string;
  machine?: Machine;
  signal?: AbortSignal;
}

/** A gate with everything but a compiler and processes: real targets, stores and folders. */
function gateOf({ baseline = 'host', candidate = 'command:other {probe}', ...asked }: Asked) {
  const { machine = {}, signal = new AbortController().signal } = asked;
  const out = join(scratch.folder, asked.out);
  const config = { ...parseConfig({ baseline, candidate, out }), durationMs: 1000 };
  const { bench } = simulatedBench(METRICS, machine, {}, signal);
  return gate(config, { progress: SILENT, signal }, async () => bench);
}

const slower = (ratio: number): Machine => ({
  ns: (id, { program }) => 100 * (program === 'other' && id === 'syscall.stat' ? ratio : 1),
});

/** Every file below a folder of the scratch, without the evidence of the report. */
async function filesOf(out: string): Promise<string[]> {
  const folder = join(scratch.folder, out);
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !name.startsWith('evidence/'))
    .toSorted();
}

const RUN = expect.stringMatching(/^\d{8}T\d{6}Z-command-[0-9a-f]{16}\.run\.json$/);
const SET_ASIDE = expect.stringMatching(
  /^regressed\/\d{8}T\d{6}Z-command-[0-9a-f]{16}\.run\.json$/,
);

describe('what a gate leaves in its folder', () => {
  test('is its report and the candidate as a baseline for later, where nothing regressed', async () => {
    const { report, run, files } = await gateOf({ out: 'unchanged' });
    expect(report.verdict).toBe('unchanged');
    expect(await filesOf('unchanged')).toEqual([RUN, 'report.json']);
    expect(parseReport(await readFile(files.report, 'utf8'))).toMatchObject({
      ok: true,
      value: { verdict: 'unchanged' },
    });
    expect(parseRun(await readFile(files.run, 'utf8'))).toMatchObject({ run: { id: run.id } });
  });

  test('is the same where it improved', async () => {
    const { report } = await gateOf({ out: 'improved', machine: slower(0.8) });
    expect(report.verdict).toBe('improved');
    expect(await filesOf('improved')).toEqual([RUN, 'report.json']);
  });

  test('has the candidate set aside where it regressed: run again, it must not be its own baseline', async () => {
    const { report, files } = await gateOf({ out: 'worse', machine: slower(1.2) });
    expect(report.verdict).toBe('regressed');
    expect(await filesOf('worse')).toEqual([SET_ASIDE, 'report.json']);
    expect(files.run).toBe(join(scratch.folder, 'worse', (await filesOf('worse'))[0] ?? ''));
  });

  test('has the records that the verdict rests on as evidence, never as a baseline', async () => {
    const { report } = await gateOf({ out: 'evidence' });
    const kept = await readdir(join(scratch.folder, 'evidence', 'evidence'));
    expect(kept.toSorted()).toEqual(
      report.records.map(({ file }) => file.split('/').at(-1)).toSorted(),
    );
    expect(kept).toHaveLength(2);
  });
});

describe('a gate against earlier runs of its own folder', () => {
  const baseline = () => `directory:${join(scratch.folder, 'own')}`;

  test('measures the candidate against itself the first time, then against what it stored', async () => {
    await mkdir(join(scratch.folder, 'own'));
    const first = await gateOf({ out: 'own', baseline: baseline() });
    expect(first.report).toMatchObject({ verdict: 'no-baseline', design: 'self' });
    expect(await filesOf('own')).toEqual([RUN, 'report.json']);
    const second = await gateOf({ out: 'own', baseline: baseline() });
    expect(second.report.design).toBe('stored');
    expect(await filesOf('own')).toEqual([RUN, RUN, 'report.json']);
    const kept = await readdir(join(scratch.folder, 'own', 'evidence'));
    expect(kept).toHaveLength(2);
  });
});

describe('a gate that fails', () => {
  const fails = () => 'no such file';

  test('leaves nothing half-written', async () => {
    await expect(gateOf({ out: 'fails', machine: { fails } })).rejects.toMatchObject({
      kind: 'measurement',
    });
    expect(await filesOf('fails')).toEqual([]);
  });

  test('leaves the report and the runs of the gate before it', async () => {
    await gateOf({ out: 'kept' });
    const before = await filesOf('kept');
    const text = await readFile(join(scratch.folder, 'kept', 'report.json'), 'utf8');
    await expect(gateOf({ out: 'kept', machine: { fails } })).rejects.toThrow('no such file');
    expect(await filesOf('kept')).toEqual(before);
    expect(await readFile(join(scratch.folder, 'kept', 'report.json'), 'utf8')).toBe(text);
  });

  test('for having been cancelled does so with the reason, and writes nothing', async () => {
    const controller = new AbortController();
    const before = ({ index }: { index: number }) => {
      if (index === 6) controller.abort(new Error('cancelled by hand'));
    };
    const asked = { out: 'cancelled', machine: { before }, signal: controller.signal };
    await expect(gateOf(asked)).rejects.toThrow('cancelled by hand');
    expect(await filesOf('cancelled')).toEqual([]);
  });

  test('says so before it measures, where it may not write', async () => {
    await writeFile(join(scratch.folder, 'file'), '');
    const launched: unknown[] = [];
    const machine = { before: (asked: unknown) => launched.push(asked) };
    await expect(gateOf({ out: 'file', machine })).rejects.toMatchObject({ kind: 'usage' });
    expect(launched).toEqual([]);
  });
});
