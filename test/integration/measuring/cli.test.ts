import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runFileName } from '../../../src/record/file.js';
import { crossingSchema, type Report } from '../../../src/record/report.js';
import { isTimed, makeRun, parseRun, type Run, runText } from '../../../src/record/run.js';
import { cli, cliUnread, compileProgram, type Finished } from '../../fixtures/cli.js';
import {
  DESIGN,
  findingOf,
  regressedIn,
  reportIn,
  timedIn,
  verdictsOf,
} from '../../fixtures/report.js';

/**
 * The command line, with real processes measured. Verdicts are asked for where every call takes
 * several times as long; no neighbour on the machine makes that much of a difference.
 */

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const deny = compileProgram('deny');
/** Each filter costs tens of ns on every call. */
const SLOW = `command:${compileProgram('slowdown')} 32 {probe}`;
const MARGIN = ['--margin', '80%'];
const TWO = ['--metrics', 'syscall.null,syscall.enosys'];
const SHORT = ['--duration', '2'];
const ENOUGH = ['--duration', '4'];

const reportOf = (run: Finished): Report => reportIn(run.stdout);

const gate = (...args: string[]): Promise<Finished> => cli(['--out', folder, '--json', ...args]);

const storedRuns = async (path = folder): Promise<string[]> =>
  (await readdir(path)).filter((name) => name.endsWith('.run.json'));

async function onlyRun(): Promise<Run> {
  const [name = ''] = await storedRuns();
  const record = parseRun(await readFile(join(folder, name), 'utf8'));
  if (!record.ok) throw new Error(record.reason);
  return record.run;
}

/** No compiler and nowhere to cache: whatever measures would fail. */
const BARE = { env: { PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere', HOME: '/nowhere' } };

/** Judged again from its files alone, a report is the same to the byte. */
async function expectReplayed({ code, stdout }: Finished): Promise<void> {
  const replayed = await cli(['replay', folder, '--json'], BARE);
  expect(replayed).toMatchObject({ code, stdout });
  expect(replayed.stderr).toContain('byte for byte');
}

describe('a run without a baseline', () => {
  test('says so, stores its record, and the next run compares with it', async () => {
    const few = [...SHORT, '--metrics', 'syscall.null,syscall.stat,clock.*'];
    const first = await gate(...few);
    expect(first.code).toBe(0);
    expect(reportOf(first)).toMatchObject({
      ...{ verdict: 'no-baseline', design: DESIGN.self, passed: true },
    });
    expect(first.stderr).toContain('There is no earlier run');
    await expectReplayed(first);
    const { id, target } = await onlyRun();
    expect(target.kind).toBe('host');

    const next = await gate(...few);
    const second = reportOf(next);
    expect(second.design).toBe(DESIGN.stored);
    expect(second.baseline.runs).toEqual([id]);
    expect(await storedRuns()).toHaveLength(2);
    expect(await readFile(join(folder, 'report.json'), 'utf8')).toBe(next.stdout);
    await expectReplayed(next);
  });

  test('shows what the machine can tell apart: the floor of identical sides and the MDE80', async () => {
    const report = reportOf(await gate(...SHORT, '--metrics', 'syscall.null'));
    const { candidate, floor, mde80 } = timedIn(report, 'syscall.null');
    expect(candidate.status).toBe('ok');
    expect(floor?.pairs).toBeGreaterThan(5);
    expect(mde80).toBeGreaterThan(0);
  });

  test('times single operations for their tails, off the gate', async () => {
    // The tails take their share of the time only where the warm-up was quick against it.
    const report = reportOf(await gate('--duration', '8', '--metrics', 'syscall.null'));
    expect(report.tails?.counters).toMatch(/^(ok|unsupported: |denied: )/);
    // Some hypervisors hide that the counter is fit: then there are no tails, and a reason.
    if (/^(unsupported|denied): \w/.test(report.tails?.timer ?? '')) return;
    expect(report.tails?.timer).toMatch(/every time includes one reading/);
    const [tail] = report.tails?.metrics ?? [];
    expect(tail).toMatchObject({ id: 'syscall.null', operations: 1 });
    expect(tail?.p999Ns).toBeGreaterThanOrEqual(tail?.p50Ns ?? Infinity);
  });
});

test('a gate that nobody reads measures to the end, and stores its run', async () => {
  const args = ['--out', folder, ...SHORT, '--metrics', 'syscall.null'];
  expect(await cliUnread(args, 'both')).toMatchObject({ code: 0 });
  expect(await storedRuns()).toHaveLength(1);
});

describe('the crossing', () => {
  const crossing = (...args: string[]) => cli(['crossing', ...args], { cwd: folder });

  test('is measured by itself, in both blocks, and nothing is stored', async () => {
    const run = await crossing('--duration', '4', '--json');
    expect(run.code).toBe(0);
    const { crossing: blocks, platform } = JSON.parse(run.stdout);
    const { hopNs, callNs, vmstat, transfers } = crossingSchema.parse(blocks);
    expect(hopNs).toBeGreaterThan(callNs);
    expect(vmstat).toMatchObject({ switches_per_second: expect.any(Number) });
    expect(transfers.map(({ size }) => size)).toEqual(['4k', '64k']);
    for (const { strategies } of transfers) {
      expect(strategies.map(({ id }) => id)).toEqual(
        expect.arrayContaining([expect.stringMatching(/_cork_header$/)]),
      );
      for (const { segments } of strategies) expect(segments).toBeGreaterThanOrEqual(1);
    }
    // Nagle's algorithm waits for an acknowledgement that is delayed by 40 ms.
    expect(transfers[0]?.strategies.at(-1)?.id).toBe('sendfile.tcp_4k_nagle_header');
    expect(platform.cpuCount).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });

  test('stands beside the figures of 2003', async () => {
    const run = await crossing('--duration', '2');
    expect(run.stdout).toContain('two system calls and one context switch in');
    expect(run.stdout).toContain('548 k/s (LMbench on a 1.6 GHz Athlon)');
  });

  test('that cannot be measured is one sentence', async () => {
    const run = await crossing('--duration', '2', '--candidate', `command:${deny} pipe2 {probe}`);
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toMatch(/^syscall-gate: The crossing could not be measured in command:/m);
  });
});

describe('the host against a host whose every system call is slower', () => {
  test('is regressed on each of them, exits 1, and is replayed to the byte', async () => {
    const run = await gate('--baseline', 'host', '--candidate', SLOW, ...ENOUGH, ...TWO, ...MARGIN);
    const report = reportOf(run);
    expect(run.code, report.headline).toBe(1);
    expect(report).toMatchObject({ verdict: 'regressed', passed: false, design: DESIGN.paired });
    expect(regressedIn(report).sort()).toEqual(['syscall.enosys', 'syscall.null']);
    expect(report.differences.map(({ field }) => field)).toContain('seccompMode');
    await expectReplayed(run);
  });

  test('the other way round is improved', async () => {
    const sides = ['--baseline', SLOW, '--candidate', 'host'];
    const run = await gate(...sides, ...ENOUGH, ...TWO, '--margin', '40%');
    expect(run.code).toBe(0);
    expect(reportOf(run)).toMatchObject({ verdict: 'improved' });
  });
});

test('the host against itself is not red', async () => {
  const metrics = ['--metrics', 'syscall.{null,read_zero,stat},context.pipe_self'];
  const run = await gate('--baseline', 'host', ...ENOUGH, ...metrics);
  expect(run.code).toBe(0);
  expect(Object.values(verdictsOf(reportOf(run)))).not.toContain('regressed');
});

describe('what was stored', () => {
  /** Of this machine, measured once for all tests. */
  let measured: Run;
  beforeAll(async () => {
    const out = await mkdtemp(join(tmpdir(), 'syscall-gate-cli-'));
    const run = await cli(['--out', out, '--json', ...SHORT, ...TWO]);
    const [name = ''] = await storedRuns(out);
    const parse = parseRun(await readFile(join(out, name), 'utf8'));
    await rm(out, { recursive: true });
    if (!parse.ok) throw new Error(`${parse.reason}: ${run.stderr}`);
    measured = parse.run;
  });

  /** Copies of it in a folder, slower by a factor in all calls and in nothing else. */
  async function store(path: string, count: number, factor: number): Promise<void> {
    for (let index = 1; index <= count; index += 1) {
      const run = makeRun({
        ...{ ...measured, id: index.toString(16).padStart(16, '0') },
        metrics: measured.metrics.map((metric) =>
          isTimed(metric)
            ? {
                ...metric,
                replicates: metric.replicates.map((replicate) => ({
                  ...replicate,
                  estimateNs: replicate.estimateNs * factor,
                  // So that a machine that is slower meanwhile is no excuse for what is.
                  controlNs: replicate.controlNs * (factor > 1 ? 1 : 1.25),
                })),
              }
            : metric,
        ),
      });
      await writeFile(join(path, runFileName(run)), runText(run));
    }
  }

  test('of a slower host makes this one improved, in a folder and as one file', async () => {
    const slower = await mkdtemp(join(folder, 'slower-'));
    await store(slower, 6, 6);
    const run = await gate(
      '--baseline',
      `directory:${slower}`,
      ...ENOUGH,
      ...TWO,
      '--margin',
      '40%',
    );
    expect(run.code).toBe(0);
    expect(reportOf(run)).toMatchObject({ verdict: 'improved', design: DESIGN.stored });
    const [record = ''] = await storedRuns(slower);
    const file = reportOf(
      await gate('--baseline', `file:${join(slower, record)}`, ...SHORT, ...TWO),
    );
    expect(timedIn(file, 'syscall.null').change?.ratio).toBeLessThan(0.8);
  });

  test('keeps a regressed run aside, which is no baseline until it is moved up', async () => {
    await store(folder, 6, 1);
    const args = ['--baseline', `directory:${folder}`, '--candidate', SLOW, ...ENOUGH, ...TWO];
    for (const aside of [1, 2]) {
      const red = await gate(...args, ...MARGIN);
      expect(red.code, red.stderr).toBe(1);
      expect(reportOf(red).baseline.runs).toHaveLength(6);
      expect(await storedRuns()).toHaveLength(6);
      expect(await storedRuns(join(folder, 'regressed'))).toHaveLength(aside);
    }
  });
});

describe('what is denied on one side', () => {
  const METRIC = 'sendfile.tcp_4k';
  const denied = () => {
    const sides = ['--baseline', 'host', '--candidate', `command:${deny} sendfile {probe}`];
    return gate(...sides, ...SHORT, '--metrics', `${METRIC},clock.vdso_monotonic`);
  };

  test('is a finding with its reason, never a number', async () => {
    const report = reportOf(await denied());
    expect(timedIn(report, METRIC)).toMatchObject({
      candidate: { status: 'denied' },
      change: null,
    });
    expect(findingOf(report, METRIC)?.because).toMatch(
      /^Measured on the baseline, but denied \(sendfile.*on the candidate\.$/,
    );
  });

  test('is red, as blocked', async () => {
    const run = await denied();
    expect(run.code).toBe(1);
    expect(reportOf(run)).toMatchObject({ verdict: 'blocked', passed: false });
    expect(findingOf(reportOf(run), METRIC)?.verdict).toBe('blocked');
  });
});
