import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runFileName } from '../../src/record/file.js';
import { runText } from '../../src/record/run.js';
import { CLI, cli, cliUnread, finished, NODE, startCli } from '../fixtures/cli.js';
import { processesWith } from '../fixtures/processes.js';
import { storedPair } from '../fixtures/stored.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const storedRuns = async (path = folder): Promise<string[]> =>
  (await readdir(path)).filter((name) => name.endsWith('.run.json'));

/** A comparison of stored records that regressed: the words of its command line. */
async function regressedCompare(): Promise<string[]> {
  const records = Object.values(storedPair('regressed', { confirmRounds: 6 })).map(async (run) => {
    const path = join(folder, runFileName(run));
    await writeFile(path, runText(run));
    return path;
  });
  return ['compare', ...(await Promise.all(records))];
}

test.each([
  ['a report', regressedCompare],
  ['the help', async () => ['--help']],
])('%s that cannot be printed is not taken for a regression', async (_, words) => {
  const command = [NODE, CLI, ...(await words())].map((word) => `"${word}"`).join(' ');
  const full = await promisify(execFile)('sh', ['-c', `${command} > /dev/full; echo $?`]);
  expect(full.stdout).toBe('3\n');
  expect(full.stderr).toContain('could not be written to standard output (ENOSPC)');
  expect(full.stderr).not.toMatch(/^\s+at /m);
});

describe('a reader that stops early changes no exit code and causes no message', () => {
  const out = () => join(folder, 'out');
  const replayed = async () => {
    await cli([...(await regressedCompare()), '--out', out()]);
    return ['replay', out()];
  };
  test.each([
    ['help', async () => ['--help'], 0],
    ['help of a verb', async () => ['replay', '--help'], 0],
    ['version', async () => ['--version'], 0],
    ['compare', regressedCompare, 1],
    ['compare --json', async () => [...(await regressedCompare()), '--json'], 1],
    ['replay', replayed, 1],
  ] as const)('%s', async (_, words, code) => {
    const args = await words();
    const unread = await cliUnread(args, 'stdout');
    expect(unread.code).toBe(code);
    expect(unread.stderr).not.toMatch(/EPIPE|syscall-gate:|^\s+at /m);
    expect(await cliUnread(args, 'both')).toMatchObject({ code });
  });

  test('bad input', async () => {
    expect(await cliUnread(['--unknown'], 'both')).toMatchObject({ code: 2 });
    expect(await cliUnread(['compare', join(folder, 'none')], 'both')).toMatchObject({ code: 2 });
  });
});

describe('bad input', () => {
  test.each([
    [
      ['--metrics', 'nothing.*'],
      /^syscall-gate: metrics "nothing\.\*" matches no metric of the catalogue/,
    ],
    [['--margin', 'nothing.*=2%'], /^syscall-gate: margin "nothing\.\*" matches no metric/],
    [['--margin', 'abc'], /^syscall-gate: margin "abc" is not a percentage/],
    [['--duration', '0'], /^syscall-gate: duration "0" is not a time from 2s to 60m/],
    [['--alpha', '2'], /^syscall-gate: alpha "2" is not/],
    [['--history', '0'], /^syscall-gate: history "0" is not a whole number from 1 to 100/],
    [
      ['--baseline', 'directory:/nowhere/at/all'],
      /^syscall-gate: baseline "directory:\/nowhere\/at\/all" cannot be read \(ENOENT\)/,
    ],
    [['--baseline', 'file:/dev/null'], /^syscall-gate: baseline "file:\/dev\/null" cannot be used/],
    [
      ['--baseline', 'artifact'],
      /^syscall-gate: baseline "artifact" needs the earlier runs of a GitHub workflow/,
    ],
    [['--baseline', 'branch:runs'], /^syscall-gate: baseline "branch:runs" uses branch/],
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
