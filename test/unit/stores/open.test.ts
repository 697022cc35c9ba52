import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig, type RawInputs } from '../../../src/config/inputs.js';
import { CleanUp } from '../../../src/files/clean-up.js';
import { runFileName } from '../../../src/record/file.js';
import type { Instructions } from '../../../src/record/instructions.js';
import { makeRun, type Run, runText, type TargetRecord } from '../../../src/record/run.js';
import { openBaseline } from '../../../src/stores/open.js';
import { qemuVersion } from '../../../src/targets/kernel/qemu.js';
import { bzImage } from '../../fixtures/bzimage.js';
import { syntheticRun } from '../../fixtures/runs.js';
import { SILENT } from '../../fixtures/targets.js';

const { signal } = new AbortController();

const tools = (progress = SILENT) => ({ progress, signal, cleanUp: new CleanUp() });

const METRICS = [{ id: 'syscall.null', ns: 80 }];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-open-'));
  for (let day = 1; day <= 25; day += 1) {
    const startedAt = new Date(Date.UTC(2026, 0, day)).toISOString();
    const run = syntheticRun({ metrics: METRICS, screen: [4, 5], seed: day, startedAt });
    await writeFile(join(folder, runFileName(run)), runText(run));
  }
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function pooled(raw: RawInputs): Promise<number | undefined> {
  const baseline = await openBaseline(parseConfig(raw), tools());
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
  await openBaseline(parseConfig({ out: folder }), tools(progress));
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
  await openBaseline({ ...parseConfig({ out: folder }), baseline }, tools(progress));
  expect(notes).toEqual([
    `Run ${newer.id} was written by a newer syscall-gate (version 1.9), and 1 field that this one does not know is left out: news.`,
  ]);
});

test('stored artifacts are read only inside a workflow', async () => {
  await expect(pooled({ baseline: 'artifact' })).rejects.toThrow(
    'baseline "artifact" needs the earlier runs of a GitHub workflow and this is not one',
  );
});

describe('the baseline that auto finds', () => {
  /** A folder that holds one run of a target. */
  async function storedRun(target: TargetRecord, instructions?: Instructions): Promise<string> {
    const store = await mkdtemp(join(folder, 'store-'));
    const run = syntheticRun({ metrics: METRICS, screen: [4, 5], seed: 1, target });
    const whole = { ...run, ...(instructions ? { instructions } : {}) } as Run;
    await writeFile(join(store, runFileName(run)), runText(makeRun(whole)));
    return store;
  }

  async function auto(candidate: string, out: string) {
    const notes: string[] = [];
    const progress = { ...SILENT, note: (sentence: string) => void notes.push(sentence) };
    const config = parseConfig({ candidate, out });
    const { choice, ...found } = await openBaseline(config, tools(progress));
    expect(notes).toEqual(choice === undefined ? [] : [choice]);
    return { ...found, choice };
  }

  async function kernelAt(path: string, version = '1.0.0'): Promise<TargetRecord> {
    const emulator = { name: 'QEMU', version, machine: 'pc', cpu: 'max', hostCpu: 'x' };
    return {
      ...{ kind: 'kernel', spec: `kernel:${path} quiet` },
      facts: {
        sha256: createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      },
      machine: { architecture: 'x86_64', accelerator: 'tcg', emulator },
    };
  }

  test('is earlier runs of this machine, which cannot be brought back', async () => {
    const found = await auto('host', folder);
    expect(found).toMatchObject({ kind: 'stored', spec: `directory:${folder}` });
    expect(found.choice).toBe(
      `The baseline is the folder ${folder} and is not measured again beside the candidate, since this machine as it was then cannot be brought back.`,
    );
  });

  test('is nothing yet where nothing is stored', async () => {
    const found = await auto('host', join(folder, 'none'));
    expect(found).toMatchObject({ kind: 'stored', stored: { runs: [] }, choice: undefined });
  });

  test('is the kernel of the newest run, as long as it is the same file', async () => {
    const path = join(folder, 'vmlinuz');
    await writeFile(path, bzImage());
    const candidate = `kernel:${path} quiet`;
    const store = await storedRun(await kernelAt(path));
    const again = await auto(candidate, store);
    expect(again).toMatchObject({ kind: 'target', target: { kind: 'kernel', path } });
    expect(again.choice).toContain('measured again beside the candidate.');
    await writeFile(path, Buffer.concat([bzImage(), Buffer.alloc(1)]));
    const other = await auto(candidate, store);
    expect(other.kind).toBe('stored');
    expect(other.choice).toContain(`since another kernel is at ${path} now.`);
    await rm(path);
    expect((await auto(candidate, store)).choice).toMatch(/cannot be booted any more, because/);
  });

  test('is the stored counts of a kernel, where the same emulator counts again', async () => {
    const path = join(folder, 'vmlinuz');
    await writeFile(path, bzImage());
    const instructions: Instructions = {
      conditions: {},
      metrics: [{ id: 'syscall.null', version: 1, gate: true, status: 'ok', boots: [300] }],
    };
    const countedBy = async (version: string) => {
      const target = await kernelAt(path, version);
      return auto(`kernel:${path} quiet`, await storedRun(target, instructions));
    };
    const same = await countedBy(await qemuVersion('x86_64'));
    expect(same.kind).toBe('stored');
    expect(same.choice).toMatch(/counted already, and counts are exact on any machine\.$/);
    expect((await countedBy('1.0.0')).kind).toBe('target');
  });
});
