import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runFileName } from '../../../src/record/file.js';
import { type Report, reportSchema } from '../../../src/record/report.js';
import { runText } from '../../../src/record/run.js';
import { cli, compileProgram, finished, startCli } from '../../fixtures/cli.js';
import { processesWith } from '../../fixtures/processes.js';
import { syntheticRun } from '../../fixtures/runs.js';

/** A repository whose wrapper is what a command runs: each commit has another one. */

let folder: string;
let repository: string;
let temporary: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'syscall-gate-setup-')));
  repository = join(folder, 'repository');
  temporary = join(folder, 'tmp');
  await mkdir(temporary);
  await mkdir(join(repository, 'tools'), { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
});
afterEach(async () => {
  expect(await readdir(temporary)).toEqual([]);
  expect(git('worktree', 'list').split('\n')).toHaveLength(1);
  await rm(folder, { recursive: true, force: true });
});

const git = (...words: string[]): string =>
  execFileSync('git', ['-C', repository, ...words], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...{ GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@localhost' },
      ...{ GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@localhost' },
    },
  }).trim();

/** Commits a wrapper that is built from the source `wrapper`, and builds it here. */
async function commitWrapper(script: string): Promise<string> {
  await writeFile(join(repository, 'wrapper'), script);
  await writeFile(join(repository, '.gitignore'), 'built\nout\n');
  await writeFile(join(repository, 'tools', 'README'), 'Run it here.\n');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Change the wrapper');
  execFileSync('sh', ['-e', '-c', BUILD], { cwd: join(repository, 'tools') });
  return git('rev-parse', 'HEAD');
}

/** Run in the folder `tools`. */
const BUILD = 'echo building; cp ../wrapper ../built; chmod +x ../built';
const FAST = '#!/bin/sh\nexec "$@"\n';

const wordsOf = (setup: string, candidate: string, metrics: string, seconds: number): string[] => [
  ...['--candidate', candidate, '--baseline-setup', setup, '--out', 'out'],
  ...['--metrics', metrics, '--duration', `${seconds}s`, '--fail-on', 'never', '--json'],
];

const place = (cwd = join(repository, 'tools')) => ({ cwd, env: { TMPDIR: temporary } });

async function gate(
  setup: string,
  { candidate = BUILT, metrics = 'syscall.null', seconds = 2, cwd = '', env = {} } = {},
): Promise<Report> {
  const words = wordsOf(setup, candidate, metrics, seconds);
  const here = place(cwd || undefined);
  const { stdout, stderr } = await cli(words, { ...here, env: { ...here.env, ...env } });
  expect(stderr).not.toContain('syscall-gate:');
  return reportSchema.parse(JSON.parse(stdout));
}

/** Leaves the record of an earlier run, as if it had been measured at a commit. */
async function leaveRun(commit: string, candidate: string, cwd = ''): Promise<void> {
  const run = syntheticRun({
    ...{ metrics: [{ id: 'syscall.null', ns: 80 }], screen: [4, 5, 6, 7], seed: 1 },
    target: { kind: 'command', spec: candidate, facts: { commit } },
  });
  const out = join(cwd || join(repository, 'tools'), 'out');
  await mkdir(out, { recursive: true });
  await writeFile(join(out, runFileName(run)), runText(run));
}

const BUILT = 'command:../built {probe}';

test('the commit that the newest run measured is built again and measured beside the candidate', async () => {
  const first = await commitWrapper(FAST);
  const stored = await gate(BUILD);
  expect(stored).toMatchObject({ design: 'self', candidate: { facts: { commit: first } } });
  const slowdown = compileProgram('slowdown');
  const second = await commitWrapper(`#!/bin/sh\nexec ${slowdown} 4 "$@"\n`);
  const metrics = 'syscall.{null,enosys,read_zero,fstat}';
  const report = await gate(BUILD, { metrics, seconds: 6 });
  expect(report).toMatchObject({
    ...{ design: 'paired', verdict: 'regressed' },
    baseline: { spec: 'command:../built {probe}', facts: { commit: first } },
    candidate: { spec: 'command:../built {probe}', facts: { commit: second } },
  });
  expect(report.baseline.choice).toBe(
    'The baseline is what the newest of the folder out measured, measured again beside the candidate.',
  );
  expect(report.differences).toContainEqual({
    ...{ field: 'target.commit', baseline: first, candidate: second },
  });
  // The candidate's own files are as they were.
  expect(await readFile(join(repository, 'built'), 'utf8')).toContain(slowdown);
});

test('a commit that a shallow clone lacks is fetched', async () => {
  await leaveRun(await commitWrapper(FAST), BUILT);
  await commitWrapper(`${FAST}# later\n`);
  const clone = join(folder, 'clone');
  const url = pathToFileURL(repository).href;
  execFileSync('git', ['clone', '--quiet', '--depth=1', url, clone]);
  execFileSync('sh', ['-e', '-c', BUILD], { cwd: join(clone, 'tools') });
  execFileSync('cp', ['-r', join(repository, 'tools', 'out'), join(clone, 'tools', 'out')]);
  const report = await gate(BUILD, { cwd: join(clone, 'tools') });
  expect(report.design).toBe('paired');
});

test('what cannot be built again is compared with its stored runs, and it is said why', async () => {
  await leaveRun(await commitWrapper(FAST), BUILT);
  const choiceOf = async (...order: Parameters<typeof gate>): Promise<string> => {
    const { design, baseline } = await gate(...order);
    expect(design).toBe('stored');
    return baseline.choice ?? '';
  };
  const failing = await choiceOf(`${BUILD}; echo no compiler >&2; false; true`);
  expect(failing).toBe(
    'The baseline is the folder out and is not measured again beside the candidate, since what its command ran cannot be built again, because baseline-setup ended with exit code 1, saying "no compiler".',
  );
  await writeFile(join(repository, 'wrapper'), `${FAST}# not committed\n`);
  await gate(BUILD);
  expect(await choiceOf(BUILD)).toContain(
    'because its commit had changes then that were not committed.',
  );
});

describe('a command is not measured twice', () => {
  const refused = async (candidate: string, setup = BUILD, env = {}): Promise<string> => {
    await leaveRun(await commitWrapper(FAST), candidate);
    const { design, baseline } = await gate(setup, { candidate, env });
    expect(design).toBe('stored');
    return baseline.choice ?? '';
  };

  test('if it names a file of the candidate by its whole path', async () => {
    expect(await refused(`command:${join(repository, 'built')} {probe}`)).toContain(
      `because "${join(repository, 'built')}" in it names a file of the candidate by its whole path; write a path relative to the working folder.`,
    );
  });

  test('if its program is found in PATH among the files of the candidate', async () => {
    const env = { PATH: `${repository}:${process.env['PATH']}` };
    expect(await refused('command:built {probe}', BUILD, env)).toContain(
      `because "built" is found in PATH at ${join(repository, 'built')}, which belongs to the candidate;`,
    );
  });

  test('if it names no file of its repository', async () => {
    expect(await refused('command:env {probe}')).toContain(
      'because it names no file of its repository, so both sides would run the same;',
    );
  });

  test('if the script succeeds and does not build it', async () => {
    expect(await refused('command:../built {probe}', 'true')).toContain(
      'because baseline-setup left no file ../built.',
    );
  });
});

test('a folder that the commit does not have is said', async () => {
  const commit = await commitWrapper(FAST);
  const later = join(repository, 'later');
  await mkdir(later);
  await leaveRun(commit, BUILT, later);
  expect((await gate(BUILD, { cwd: later })).baseline.choice).toMatch(
    /because commit [0-9a-f]{10} has no folder later\/\.$/,
  );
});

test('what the repository would run is not run, and sees no secret', async () => {
  await leaveRun(await commitWrapper(FAST), BUILT);
  const seen = join(folder, 'seen');
  const hook = join(repository, '.git', 'hooks', 'post-checkout');
  await mkdir(join(repository, '.git', 'hooks'), { recursive: true });
  await writeFile(hook, `#!/bin/sh\nenv > ${seen}\nexit 1\n`, { mode: 0o755 });
  git('config', 'core.fsmonitor', hook);
  const env = { ACTIONS_RUNTIME_TOKEN: 'secret', GIT_INDEX_FILE: '/nonexistent' };
  const setup = `env >> ${seen}; ${BUILD}`;
  expect((await gate(setup, { env })).design).toBe('paired');
  const shown = await readFile(seen, 'utf8');
  expect(shown).toContain('PATH=');
  expect(shown).not.toMatch(/secret|GIT_INDEX_FILE/);
});

test('nothing is left of a script that is interrupted', async () => {
  await leaveRun(await commitWrapper(FAST), BUILT);
  const seconds = `59.${process.pid}`;
  const script = `trap '' TERM; sleep "$NAP" & wait; wait`;
  const { cwd, env } = place();
  const child = startCli(wordsOf(script, BUILT, '*', 2), {
    ...{ cwd, env: { ...env, NAP: seconds } },
  });
  const ended = finished(child);
  await vi.waitFor(() => expect(processesWith(`sleep ${seconds}`)).not.toEqual([]), {
    timeout: 20_000,
  });
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  expect(processesWith(`sleep ${seconds}`)).toEqual([]);
});

test('outside of a repository one sentence says what to do', async () => {
  const words = wordsOf('make', 'command:env {probe}', 'syscall.null', 2);
  const { code, stderr } = await cli(words, place(temporary));
  expect(code).toBe(3);
  await rm(join(temporary, 'out'), { recursive: true });
  expect(stderr).toMatch(
    /^syscall-gate: The commit of command:env \{probe\} cannot be recorded, because git rev-parse does not work here \(not a git repository.*\): run it in a git repository, or leave baseline-setup out\.$/m,
  );
});
