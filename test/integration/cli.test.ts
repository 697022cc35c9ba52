import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crossingSchema, type Report, reportSchema } from '../../src/record/report.js';
import { parseRun } from '../../src/record/run.js';
import {
  CLI,
  cli,
  compileProgram,
  type Finished,
  finished,
  NODE,
  startCli,
} from '../fixtures/cli.js';
import { processesWith } from '../fixtures/processes.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const slowdown = compileProgram('slowdown');
const deny = compileProgram('deny');

/** Strong enough for any margin: each filter costs tens of ns on every call. */
const SLOW = `command:${slowdown} 8 {probe}`;

const reportOf = (run: Finished): Report => reportSchema.parse(JSON.parse(run.stdout));

const verdictsOf = (report: Report): Record<string, string> =>
  Object.fromEntries(report.metrics.map(({ id, verdict }) => [id, verdict]));

const gate = (...args: string[]): Promise<Finished> => cli(['--out', folder, '--json', ...args]);

const storedRuns = async (path = folder): Promise<string[]> =>
  (await readdir(path)).filter((name) => name.endsWith('.run.json'));

describe('a run without a baseline', () => {
  test('says so, stores its record, and the next run compares with it', async () => {
    const few = ['--duration', '3', '--metrics', 'syscall.null,syscall.stat,clock.*'];
    const first = await gate(...few);
    expect(first.code).toBe(0);
    expect(reportOf(first)).toMatchObject({ verdict: 'no-baseline', design: 'self', passed: true });
    expect(first.stderr).toContain('There is no earlier run');
    const [name] = await storedRuns();
    const record = parseRun(await readFile(join(folder, name ?? ''), 'utf8'));
    expect(record.ok && record.run.target.kind).toBe('host');

    const second = reportOf(await gate(...few));
    expect(second.design).toBe('prediction');
    expect(second.baseline.runs).toEqual([record.ok && record.run.id]);
    expect(await storedRuns()).toHaveLength(2);
    expect(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))).toEqual(second);
  });

  test('shows what the machine can tell apart: the floor of identical sides and the MDE80', async () => {
    const report = reportOf(await gate('--duration', '4', '--metrics', 'syscall.null'));
    const [metric] = report.metrics;
    expect(metric?.candidate.status).toBe('ok');
    expect(metric?.floor?.pairs).toBeGreaterThan(10);
    expect(metric?.mde80).toBeGreaterThan(0);
  });

  test('times single operations for their tails, off the gate', async () => {
    // The tails take their share of the time only where the warm-up was quick against it.
    const report = reportOf(await gate('--duration', '8', '--metrics', 'syscall.null'));
    expect(report.tails?.counters).toMatch(/^(ok|unsupported: |denied: )/);
    // Some hypervisors hide that the counter is fit: then there are no tails, and a reason.
    if (/^(unsupported|denied): \w/.test(report.tails?.timer ?? '')) return;
    expect(report.tails?.timer).toMatch(/every time includes one reading of/);
    const [tail] = report.tails?.metrics ?? [];
    expect(tail).toMatchObject({ id: 'syscall.null', operations: 1 });
    expect(tail?.p999Ns).toBeGreaterThanOrEqual(tail?.p50Ns ?? Infinity);
  });
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

describe('a duet of the host with a host whose every system call is slower', () => {
  // All but select, which takes so long that a filter is hardly more than the margin.
  test('is regressed on every gated system call and exits 1', async () => {
    const run = await gate(
      '--baseline',
      'host',
      '--candidate',
      SLOW,
      '--duration',
      '12',
      '--metrics',
      'syscall.!(select_100)',
    );
    const report = reportOf(run);
    expect(run.code).toBe(1);
    expect(report).toMatchObject({ verdict: 'regressed', passed: false, design: 'duet' });
    const calls = report.metrics.filter(
      ({ id, gate: gated }) => gated && id.startsWith('syscall.'),
    );
    expect(calls.length).toBeGreaterThanOrEqual(16);
    for (const { verdict } of calls) expect(verdict).toBe('regressed');
    expect(report.differences.map(({ field }) => field)).toContain('seccompMode');
  });

  test('passes under --fail-on never, with the same verdict', async () => {
    const run = await gate(
      '--baseline',
      'host',
      '--candidate',
      SLOW,
      '--duration',
      '4',
      '--metrics',
      'syscall.null',
      '--fail-on',
      'never',
    );
    expect(run.code).toBe(0);
    expect(reportOf(run)).toMatchObject({ verdict: 'regressed', passed: true });
  });

  test('the other way round is improved', async () => {
    const run = await gate(
      '--baseline',
      SLOW,
      '--candidate',
      'host',
      '--duration',
      '6',
      '--metrics',
      'syscall.null,syscall.enosys',
    );
    expect(run.code).toBe(0);
    expect(reportOf(run)).toMatchObject({ verdict: 'improved' });
  });
});

test('the host against itself is never red, time and again', async () => {
  for (let attempt = 0; attempt < 4; attempt++) {
    const run = await gate(
      '--baseline',
      'host',
      '--duration',
      '4',
      '--metrics',
      'syscall.*,context.pipe_self',
    );
    expect(run.code).toBe(0);
    expect(Object.values(verdictsOf(reportOf(run)))).not.toContain('regressed');
  }
});

test('stored runs of a slower host make this one improved', async () => {
  const few = ['--duration', '3', '--metrics', 'syscall.null,syscall.enosys'];
  const store = join(folder, 'slower');
  await cli(['--out', store, '--candidate', SLOW, ...few]);
  await cli(['--out', store, '--candidate', SLOW, ...few]);
  const run = await gate('--baseline', `directory:${store}`, ...few);
  expect(run.code).toBe(0);
  expect(reportOf(run)).toMatchObject({ verdict: 'improved', design: 'prediction' });
  const [record] = await storedRuns(store);
  const file = await gate('--baseline', `file:${join(store, record ?? '')}`, ...few);
  expect(reportOf(file).metrics[0]?.change?.ratio).toBeLessThan(0.8);
});

test('what is denied on one side is a finding with its reason, never a number', async () => {
  const candidate = `command:${deny} sendfile {probe}`;
  const run = await gate(
    '--baseline',
    'host',
    '--candidate',
    candidate,
    '--duration',
    '4',
    '--metrics',
    'sendfile.tcp_4k,clock.vdso_monotonic',
  );
  const metric = reportOf(run).metrics.find(({ id }) => id === 'sendfile.tcp_4k');
  expect(metric).toMatchObject({ status: 'denied', verdict: 'incomparable', change: null });
  expect(metric?.because).toMatch(
    /^Measured on the baseline, but denied \(sendfile.*on the candidate\.$/,
  );
  expect(run.code).toBe(0);
});

test('a report that cannot be printed is not taken for a regression', async () => {
  const command = `"${NODE}" "${CLI}" --out "${folder}" --duration 2 --metrics 'clock.*'`;
  const full = await promisify(execFile)('sh', ['-c', `${command} > /dev/full; echo $?`]);
  expect(full.stdout).toBe('3\n');
  expect(full.stderr).toContain('could not be written to standard output (ENOSPC)');
  const head = await promisify(execFile)('sh', ['-c', `${command} | true; echo done`]);
  expect(head.stderr).not.toContain('syscall-gate:');
});

test('a regressed run is set aside, and is no baseline until it is moved up', async () => {
  const few = ['--duration', '3', '--metrics', 'syscall.null,syscall.enosys'];
  const store = ['--baseline', `directory:${folder}`, '--out', folder, '--json'];
  await gate(...few);
  await gate(...few);
  const red = await cli([...store, '--candidate', SLOW, ...few]);
  expect(red.code).toBe(1);
  expect(await storedRuns()).toHaveLength(2);
  expect(await storedRuns(join(folder, 'regressed'))).toHaveLength(1);
  const again = await cli([...store, '--candidate', SLOW, ...few]);
  expect(again.code).toBe(1);
});

describe('bad input', () => {
  test.each([
    [
      ['--metrics', 'nothing.*'],
      /^syscall-gate: metrics "nothing\.\*" names no metric of the catalogue/,
    ],
    [['--margin', 'nothing.*=2%'], /^syscall-gate: margin "nothing\.\*" names no metric/],
    [['--margin', 'abc'], /^syscall-gate: margin "abc" is not a percentage/],
    [['--duration', '0'], /^syscall-gate: duration "0" is not a time to measure for/],
    [['--alpha', '2'], /^syscall-gate: alpha "2" is not/],
    [
      ['--baseline', 'directory:/nowhere/at/all'],
      /^syscall-gate: baseline "directory:\/nowhere\/at\/all" cannot be read \(ENOENT\)/,
    ],
    [['--baseline', 'file:/dev/null'], /^syscall-gate: baseline "file:\/dev\/null" cannot be used/],
    [
      ['--baseline', 'artifact'],
      /^syscall-gate: baseline "artifact" needs the earlier runs of a GitHub workflow/,
    ],
    [['--baseline', 'branch:runs'], /^syscall-gate: baseline "branch:runs" is of the kind branch/],
    [['--candidate', 'nonsense'], /^syscall-gate: candidate "nonsense" is of no known kind/],
    [['--candidate', 'command:true'], /^syscall-gate: candidate "command:true" .*\{probe\}/],
    [['--unknown'], /^syscall-gate: unknown option '--unknown'; see --help\.$/],
    [['surplus'], /^syscall-gate: too many arguments/],
  ])('%j ends with one sentence and exit code 2', async (args, sentence) => {
    const run = await cli(['--out', folder, '--duration', '2', ...args]);
    const said = run.stderr.trim().split('\n').at(-1);
    expect(said).toMatch(sentence);
    expect(run.stderr).not.toMatch(/^\s+at /m);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('an out folder that cannot be written is refused before anything is compiled', async () => {
    await writeFile(join(folder, 'file'), '');
    const run = await cli(['--out', join(folder, 'file', 'out')]);
    expect(run.stderr).toMatch(/^syscall-gate: out ".*" cannot be written to \(ENOTDIR\)/);
    expect(run.code).toBe(2);
  });

  test('an out folder in a file system that has no room for folders is refused, not waited for', async () => {
    const run = await cli(['--out', '/proc/nowhere/out', '--duration', '2']);
    expect(run.stderr).toMatch(/^syscall-gate: out "\/proc\/nowhere\/out" cannot be written to/);
    expect(run.code).toBe(2);
  });

  test('no compiler names the package to install', async () => {
    const run = await cli(['--out', folder], { env: { PATH: folder, XDG_CACHE_HOME: folder } });
    expect(run.stderr).toMatch(/No C compiler was found .*apt-get install build-essential/);
    expect(run.code).toBe(3);
  });
});

describe('a candidate that cannot be measured', () => {
  test.each([
    ['command:/nowhere/at/all {probe}', /The command "\/nowhere\/at\/all" could not be started/],
    [
      'command:false {probe}',
      /could not be measured in command:false \{probe\}: it ended with exit code 1|has no result lines/,
    ],
    ['command:sh -c "{probe} | head -c 100"', /could not be measured in command:sh/],
  ])('%s ends with one sentence and exit code 3', async (candidate, sentence) => {
    const run = await cli(['--out', folder, '--candidate', candidate, '--metrics', 'syscall.null']);
    expect(run.stderr.trim().split('\n').at(-1)).toMatch(sentence);
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(await storedRuns()).toEqual([]);
  });
});

describe('an interruption', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s leaves no process and no file',
    async (signal) => {
      const child = startCli([
        '--out',
        folder,
        '--candidate',
        `command:env MARK=${folder} {probe}`,
        '--duration',
        '60',
      ]);
      const end = finished(child);
      await new Promise<void>((resolve) => {
        let said = '';
        child.stderr?.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes('Measure')) resolve();
        });
      });
      child.kill(signal);
      const { code, stdout, stderr } = await end;
      expect(code).toBe(130);
      expect(stdout).toBe('');
      expect(stderr).toContain('interrupted; nothing was stored');
      expect(processesWith(folder)).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    },
  );
});
