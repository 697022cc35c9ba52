import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig, type RawInputs } from '../../../src/config/inputs.js';
import { CleanUp } from '../../../src/files/clean-up.js';
import { runFileName } from '../../../src/record/file.js';
import type { Instructions } from '../../../src/record/instructions.js';
import { makeRun, type Run, runText, type TargetRecord } from '../../../src/record/run.js';
import { kernelsInFolder } from '../../../src/stores/kernel-folder.js';
import { openBaseline } from '../../../src/stores/open.js';
import { conditionsOf } from '../../../src/targets/kernel/counting.js';
import { sha256Of } from '../../../src/targets/kernel/image.js';
import type { KeptKernels } from '../../../src/targets/kernel/kept.js';
import { parseKernelOptions } from '../../../src/targets/kernel/options.js';
import { type Accelerator, qemuVersion } from '../../../src/targets/kernel/qemu.js';
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

  async function auto(candidate: string, out: string, more: RawInputs = {}, kept?: KeptKernels) {
    const notes: string[] = [];
    const progress = { ...SILENT, note: (sentence: string) => void notes.push(sentence) };
    const config = parseConfig({ candidate, out, ...more });
    const keptKernels = kept ?? kernelsInFolder(out);
    const sources = { ...tools(progress), keptKernels };
    const { choice, ...found } = await openBaseline(config, sources);
    expect(notes).toEqual(choice === undefined ? [] : [choice]);
    return { ...found, choice };
  }

  interface KernelRecord {
    accelerator?: Accelerator;
    words?: string;
    facts?: Record<string, string>;
  }

  async function kernelAt(
    path: string,
    { accelerator = 'tcg', words = 'quiet', facts = {} }: KernelRecord = {},
  ): Promise<TargetRecord> {
    const emulator = { name: 'QEMU', version: '1.0.0', machine: 'pc', cpu: 'max', hostCpu: 'x' };
    return {
      ...{ kind: 'kernel', spec: `kernel:${path} ${words}` },
      facts: { sha256: sha256Of(await readFile(path)), ...facts },
      machine: { architecture: 'x86_64', accelerator, emulator },
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
    await writeFile(path, OTHER);
    const other = await auto(candidate, store);
    expect(other.kind).toBe('stored');
    expect(other.choice).toContain(
      `since another kernel is at ${path} now, and no copy of the earlier kernel was kept (keep-kernel).`,
    );
    await rm(path);
    expect((await auto(candidate, store)).choice).toMatch(
      /cannot be booted any more, because .*, and no copy of the earlier kernel was kept \(keep-kernel\)\.$/,
    );
  });

  /** Another image of a kernel that boots. */
  const OTHER = Buffer.concat([bzImage(), Buffer.alloc(1)]);

  test('is the copy of its kernel that the newest run kept, when another is at its path', async () => {
    const path = join(folder, 'vmlinuz');
    await writeFile(path, bzImage());
    const store = await storedRun(await kernelAt(path));
    const digest = sha256Of(bzImage());
    expect(await kernelsInFolder(store).keep(path, digest)).toBeUndefined();
    await writeFile(path, OTHER);
    const copy = join(store, 'kernels', digest);
    const again = await auto(`kernel:${path} quiet`, store);
    expect(again).toMatchObject({
      ...{ kind: 'target', spec: `kernel:${path} quiet` },
      target: { path: copy, commandLine: 'quiet' },
    });
    expect(again.choice).toBe(
      `The baseline is what the newest of the folder ${store} measured, measured again beside the candidate, from the copy of its image in the file ${copy}.`,
    );
    await writeFile(copy, OTHER);
    const wrong = await auto(`kernel:${path} quiet`, store);
    expect(wrong.kind).toBe('stored');
    expect(wrong.choice).toContain(
      `, and what the file ${copy} holds is not the earlier kernel, as its SHA-256 shows.`,
    );
    await writeFile(copy, 'no kernel');
    expect((await auto(`kernel:${path} quiet`, store)).choice).toContain(
      'is not the earlier kernel',
    );
  });

  test('is no kernel whose other files changed, since only the image is kept', async () => {
    const [path, profile] = [join(folder, 'vmlinuz'), join(folder, 'profile.json')];
    await writeFile(path, bzImage());
    await writeFile(profile, '{}');
    const words = `seccomp=${profile}`;
    const facts = { seccomp: `profile.json, sha256 ${sha256Of(Buffer.from('{}'))}` };
    const store = await storedRun(await kernelAt(path, { words, facts }));
    const candidate = `kernel:${path} ${words}`;
    expect((await auto(candidate, store)).kind).toBe('target');
    await writeFile(profile, '{ }');
    const other = await auto(candidate, store);
    expect(other.kind).toBe('stored');
    expect(other.choice).toContain(`since another seccomp profile is at ${profile} now.`);
    await rm(profile);
    const gone = await auto(candidate, store);
    expect(gone.choice).toContain(`since its seccomp profile ${profile} is gone.`);
    const symbols = join(folder, 'vmlinux');
    const named = await storedRun(await kernelAt(path, { words: `vmlinux=${symbols}` }));
    expect((await auto(`kernel:${path} vmlinux=${symbols}`, named)).choice).toContain(
      `since the file ${symbols}, which names its functions, is gone or of another kernel now.`,
    );
  });

  test('is the stored counts of a kernel, where they are counted again in the same way', async () => {
    const path = join(folder, 'vmlinuz');
    await writeFile(path, bzImage());
    const now = await qemuVersion('x86_64');
    const machine = { architecture: 'x86_64', options: parseKernelOptions('') } as const;
    const countedUnder = async (
      changes: Record<string, string>,
      accelerator: Accelerator = 'tcg',
    ) => {
      const instructions: Instructions = {
        conditions: { ...conditionsOf(machine, now), ...changes },
        metrics: [{ id: 'syscall.null', version: 1, gate: true, status: 'ok', boots: [300] }],
      };
      return storedRun(await kernelAt(path, { accelerator }), instructions);
    };
    const asked = async (store: string, evidence = 'auto') =>
      auto(`kernel:${path} quiet`, store, { evidence });
    const like = await countedUnder({});
    const same = await asked(like);
    expect(same.kind).toBe('stored');
    expect(same.choice).toMatch(/counted already, and counts are exact on any machine\.$/);
    await writeFile(path, OTHER);
    expect((await asked(like)).choice).toBe(same.choice);
    await writeFile(path, bzImage());
    // The counts do not compare.
    expect((await asked(await countedUnder({ emulator: 'QEMU 1.0.0' }))).kind).toBe('target');
    expect((await asked(await countedUnder({ procedure: '0' }))).kind).toBe('target');
    // Times are wanted, too.
    expect((await asked(like, 'both')).kind).toBe('target');
    expect((await asked(like, 'timed')).kind).toBe('target');
    const timed = await countedUnder({}, 'kvm');
    expect((await asked(timed)).kind).toBe('target');
    expect((await asked(timed, 'counted')).kind).toBe('stored');
  });
});

describe('the folder of kept kernels', () => {
  test('holds an image once, under its SHA-256', async () => {
    const path = join(folder, 'vmlinuz');
    await writeFile(path, bzImage());
    const digest = sha256Of(bzImage());
    const kept = kernelsInFolder(join(folder, 'out'));
    expect(await kept.keep(path, digest)).toBeUndefined();
    expect(await kept.keep(path, digest)).toBeUndefined();
    expect(await readdir(join(folder, 'out', 'kernels'))).toEqual([digest]);
    expect(await kept.find(digest, new CleanUp())).toMatchObject({
      path: join(folder, 'out', 'kernels', digest),
    });
  });

  test('keeps nothing but what was measured, and says so', async () => {
    const path = join(folder, 'vmlinuz');
    await writeFile(path, bzImage());
    const kept = kernelsInFolder(join(folder, 'out'));
    expect(await kept.keep(path, '0'.repeat(64))).toBe(
      `The kernel ${path} was not kept for later runs, because the file changed while its kernel was measured.`,
    );
    await rm(path);
    expect(await kept.keep(path, sha256Of(bzImage()))).toMatch(
      /cannot be read any more \(ENOENT\)/,
    );
    expect(await kept.find(sha256Of(bzImage()), new CleanUp())).toBe(
      'no copy of the earlier kernel was kept (keep-kernel)',
    );
  });

  test('says when it cannot be written', async () => {
    const path = join(folder, 'vmlinuz');
    await writeFile(path, bzImage());
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'kernels'), 'a file');
    const kept = kernelsInFolder(join(folder, 'out'));
    expect(await kept.keep(path, sha256Of(bzImage()))).toMatch(/^The kernel .* was not kept .*\.$/);
  });
});
