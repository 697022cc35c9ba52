import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { reportText } from '../../../src/archive/write.js';
import { parseConfig, type RawInputs } from '../../../src/config/inputs.js';
import { compareRecords } from '../../../src/flows/compare.js';
import { gate, type Outcome } from '../../../src/flows/gate.js';
import { replay } from '../../../src/flows/replay.js';
import type { Report } from '../../../src/record/report.js';
import type { Run } from '../../../src/record/run.js';
import { bootsOf, countedFinding, countedIn } from '../../fixtures/findings.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { Scratch } from '../../fixtures/scratch.js';
import { SILENT } from '../../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine; a gate has up to eight.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

/**
 * Instructions of Debian's kernels, counted in QEMU. They are what they are however busy this machine
 * is, so the numbers themselves are asserted: differences, not counts, which are the kernel's own.
 */

const scratch = new Scratch('counted');

/** @param name of its out folder */
function count(name: string, inputs: RawInputs, signal = NEVER): Promise<Outcome> {
  const config = parseConfig({
    ...{ evidence: 'counted', kernelOptions: 'accel=tcg', failOn: 'never' },
    ...inputs,
    out: out(name),
  });
  return gate(config, { progress: SILENT, signal });
}

const NEVER = new AbortController().signal;
const out = (name: string): string => join(scratch.folder, name);
const cloud = (commandLine = ''): string => `kernel:${bootableKernel()} ${commandLine}`.trim();

/** Every difference as it stands in the report: an exact one is 0. */
const differencesOf = (report: Report) =>
  Object.fromEntries(countedIn(report).map(({ id, difference }) => [id, difference]));

const nothingIn = (metrics: string) => Object.fromEntries(metrics.split(',').map((id) => [id, 0]));

/** Judged again from its files, a report is the same to the byte. */
async function expectReplayed(name: string, { report }: Outcome): Promise<void> {
  const replayed = await replay(out(name), {});
  expect(replayed.notes).toEqual(['The records give the stored report, byte for byte.']);
  expect(reportText(replayed.report)).toBe(await readFile(join(out(name), 'report.json'), 'utf8'));
  expect(replayed.report.counted).toEqual(report.counted);
}

describe('a kernel and its copy', () => {
  /** What sleeps, sends and faults beside what only enters the kernel. */
  const METRICS =
    'syscall.null,syscall.read_zero,syscall.stat,context.pipe_2p_0k,memory.anon_fault,net.udp_rtt_1b,sendfile.tcp_4k';

  let same: Outcome;
  beforeAll(async () => {
    const copies = ['base', 'head'].map((side) => join(scratch.folder, side, 'bzImage'));
    for (const copy of copies) {
      await mkdir(dirname(copy));
      await copyFile(bootableKernel(), copy);
    }
    const [baseline, candidate] = copies.map((copy) => `kernel:${copy}`);
    same = await count('same', { baseline, candidate, metrics: METRICS });
  });

  test('count the same to the last instruction, with every metric unchanged', () => {
    const { report } = same;
    expect(report).toMatchObject({ verdict: 'unchanged', design: 'paired' });
    expect(differencesOf(report)).toEqual(nothingIn(METRICS));
    for (const { verdict, baseline, candidate } of countedIn(report)) {
      expect(verdict).toBe('unchanged');
      expect(bootsOf(candidate)).toEqual(bootsOf(baseline));
    }
    expect(countedFinding(report, 'syscall.null').resolution).toBeLessThanOrEqual(0.1);
    expect(countedFinding(report, 'syscall.read_zero').resolution).toBeLessThanOrEqual(0.1);
  });

  test('count the same on every metric that is gated', async ({ signal }) => {
    const [baseline, candidate] = ['base', 'head'].map((side) =>
      join(scratch.folder, side, 'bzImage'),
    );
    const sides = { baseline: `kernel:${baseline}`, candidate: `kernel:${candidate}` };
    const { report } = await count('catalogue', sides, signal);
    expect(report.verdict).toBe('unchanged');
    const metrics = countedIn(report);
    expect(metrics.length).toBeGreaterThan(50);
    for (const { id, verdict, baseline: before, candidate: after } of metrics) {
      expect({ id, verdict, boots: bootsOf(after) }).toEqual({
        ...{ id, verdict: 'unchanged', boots: bootsOf(before) },
      });
      expect(bootsOf(before)).toHaveLength(2);
    }
  });

  test('are replayed to the byte', async () => {
    await expectReplayed('same', same);
  });

  describe('of which one was counted earlier', () => {
    /** The same record as if of another machine, of another processor, long ago. */
    let foreign: string;
    let stored: Outcome;
    beforeAll(async () => {
      const run = JSON.parse(await readFile(same.files.run, 'utf8')) as Run;
      const platform = {
        ...run.platform,
        cpuModel: 'Another CPU',
        cpuVendor: 'Another',
        cpuCount: 64,
      };
      const facts = { ...run.target.facts, 'host cpu': 'Another host' };
      const other = { ...run, id: 'f'.repeat(16), platform, target: { ...run.target, facts } };
      foreign = join(scratch.folder, 'foreign.run.json');
      await writeFile(foreign, JSON.stringify(other));
      const sides = { baseline: `file:${foreign}`, candidate: cloud() };
      stored = await count('stored', { ...sides, metrics: METRICS });
    });

    test('on another machine count the same there and here', () => {
      expect(stored.report).toMatchObject({ design: 'stored', verdict: 'unchanged' });
      expect(differencesOf(stored.report)).toEqual(nothingIn(METRICS));
    });

    test('on this machine count the same, and a stored count that is another is a finding', async () => {
      const policy = { alpha: 0.01, margins: [], failOn: 'never' } as const;
      const records = [same.files.run, stored.files.run];
      const { report } = await compareRecords(records, policy);
      expect(report).toMatchObject({ design: 'stored', verdict: 'unchanged' });
      expect(differencesOf(report)).toEqual(nothingIn(METRICS));

      const fewer = await withFewer(foreign, 'syscall.null', 5);
      const changed = (await compareRecords([fewer, stored.files.run], policy)).report;
      expect(changed.verdict).toBe('regressed');
      expect(differencesOf(changed)).toEqual({ ...nothingIn(METRICS), 'syscall.null': 5 });
      // Both were traced, and do the same.
      expect(countedFinding(changed, 'syscall.null')).toMatchObject({ calls: [], remainder: 5 });
    });

    test('under another emulator cannot be compared', async () => {
      const run = JSON.parse(await readFile(foreign, 'utf8')) as Run;
      const conditions = { ...run.instructions?.conditions, emulator: 'QEMU 99.0' };
      const path = join(scratch.folder, 'emulator.run.json');
      const instructions = { ...run.instructions, conditions };
      await writeFile(path, JSON.stringify({ ...run, instructions }));
      const policy = { alpha: 0.01, margins: [], failOn: 'never' } as const;
      const { report } = await compareRecords([path, stored.files.run], policy);
      expect(report.verdict).toBe('incomparable');
      expect(countedFinding(report, 'syscall.null')).toMatchObject({ verdict: 'incomparable' });
      expect(countedFinding(report, 'syscall.null').because).toContain(
        'emulator: QEMU 99.0 → QEMU ',
      );
    });

    test('are replayed to the byte', async () => {
      await expectReplayed('stored', stored);
    });
  });
});

/** A record in which a metric took fewer instructions in every boot. */
async function withFewer(path: string, id: string, fewer: number): Promise<string> {
  const run = JSON.parse(await readFile(path, 'utf8')) as Run;
  const metrics = run.instructions?.metrics.map((metric) =>
    metric.status === 'ok' && metric.id === id
      ? { ...metric, boots: metric.boots.map((boot) => boot - fewer) }
      : metric,
  );
  const other = join(scratch.folder, 'fewer.run.json');
  const instructions = { ...run.instructions, metrics };
  await writeFile(other, JSON.stringify({ ...run, instructions }));
  return other;
}

describe('a change', () => {
  test('of page table isolation is eight instructions a call, half on the way in and half on the way out', async ({
    signal,
  }) => {
    const sides = { baseline: cloud('pti=off'), candidate: cloud('pti=on') };
    const outcome = await count(
      'pti',
      { ...sides, metrics: 'syscall.null,syscall.read_zero' },
      signal,
    );
    const { report } = outcome;
    expect(report.verdict).toBe('regressed');
    for (const id of ['syscall.null', 'syscall.read_zero']) {
      const metric = countedFinding(report, id);
      expect(metric.verdict).toBe('regressed');
      expect(Math.abs((metric.difference ?? 0) - 8)).toBeLessThan(0.1);
      expect(metric.calls).toEqual([
        grown('entry_SYSCALL_64', 4),
        grown('syscall_return_via_sysret', 4),
      ]);
      expect(Math.abs(metric.remainder ?? 1)).toBeLessThan(0.1);
    }
    await expectReplayed('pti', outcome);
  });

  const grown = (name: string, difference: number) => ({
    ...{ caller: null, name, module: null, difference, change: 'grown', below: 0 },
  });

  test('of security modules is told by their hooks', async ({ signal }) => {
    const sides = { baseline: cloud(), candidate: cloud('apparmor=0') };
    const metrics = 'syscall.null,syscall.read_zero,syscall.write_null';
    const outcome = await count('apparmor', { ...sides, metrics }, signal);
    const { report } = outcome;
    expect(countedFinding(report, 'syscall.null')).toMatchObject({
      ...{ verdict: 'unchanged', difference: 0, calls: null },
    });
    for (const id of ['syscall.read_zero', 'syscall.write_null']) {
      expectHooks(report, id);
    }
    // The same against a stored run, of which nothing is traced any more.
    const stored = await asStored(join(out('apparmor'), 'evidence'));
    const policy = { alpha: 0.01, margins: [], failOn: 'never' } as const;
    const later = (await compareRecords([stored, outcome.files.run], policy)).report;
    expect(later.design).toBe('stored');
    expectHooks(later, 'syscall.read_zero');
  });

  function expectHooks(report: Report, id: string): void {
    const { difference, calls, remainder } = countedFinding(report, id);
    expect(Math.abs(difference ?? 0)).toBeGreaterThan(4);
    expect(calls).toContainEqual(hook('apparmor_file_permission', 'gone'));
    expect(calls).toContainEqual(hook('selinux_file_permission', 'new'));
    const told = (calls ?? []).reduce((sum, call) => sum + call.difference, 0);
    // The loop has its share of each operation, which nobody is told of.
    expect(Math.abs(told + (remainder ?? Number.NaN) - (difference ?? 0))).toBeLessThan(0.5);
    expect(Math.abs(remainder ?? 1)).toBeLessThan(0.1);
  }

  /** The baseline's side of a comparison, as if of a run of its own. */
  async function asStored(evidence: string): Promise<string> {
    const [name = ''] = (await readdir(evidence)).filter((one) => one.startsWith('baseline-'));
    const { duet: _, ...run } = JSON.parse(await readFile(join(evidence, name), 'utf8')) as Run;
    const path = join(scratch.folder, 'earlier.run.json');
    await writeFile(path, JSON.stringify({ ...run, id: 'e'.repeat(16) }));
    return path;
  }

  const hook = (name: string, change: 'new' | 'gone') =>
    expect.objectContaining({ caller: 'security_file_permission', name, change });
});

test('a kernel that does not come up is told by what its console shows', async ({ signal }) => {
  const broken = cloud('rdinit=/nonexistent');
  const sides = { baseline: broken, candidate: broken, metrics: 'syscall.null' };
  await expect(count('broken', sides, signal)).rejects.toThrow(
    /does not come up in QEMU \(TCG\): it panicked, "VFS: Unable to mount root.* leave rdinit= and init= out/,
  );
});
