import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/record/report.js';
import { parseRun } from '../../src/record/run.js';
import { pullRequestEvent } from '../fake-github/events.js';
import {
  type ActionResult,
  type ActionRun,
  removeFolders,
  runAction,
} from '../fake-github/runner.js';
import type { ArtifactState } from '../fake-github/schemas.js';
import { type FakeGithub, forbidden, startGithub } from '../fake-github/server.js';
import { makeZip } from '../fake-github/zip.js';
import { cli, compileProgram } from '../fixtures/cli.js';

/** Few metrics and little time, for a change that triples every call: see action.test.ts. */
const QUICK = { duration: '3s', metrics: 'syscall.enosys, syscall.null, syscall.read_zero' };
const MARGIN = '80%';
const RUN = 300;
const MACHINES = ['1', '2', '3'];

const slow = () => `command:${compileProgram('slowdown')} 16 {probe}`;

let github: FakeGithub;
beforeEach(async () => {
  github = await startGithub();
  github.runs.push({
    id: RUN,
    event: 'pull_request',
    branch: 'changes',
    headRepository: github.repository,
    workflow: 'shards.yml',
  });
});
afterEach(() => github.close());
afterAll(removeFolders);

const job = (run: Partial<ActionRun>): Promise<ActionResult> =>
  runAction({ event: pullRequestEvent(), github, runId: RUN, workflow: 'shards.yml', ...run });

const measure = (machine: string, candidate: string, inputs = {}) =>
  job({
    job: 'measure',
    matrix: { machine },
    legs: MACHINES.length,
    inputs: { ...QUICK, shard: 'measure', baseline: 'host', candidate, ...inputs },
  });

/** It has no compiler to fall back on. */
const merge = (inputs: Record<string, string> = {}) =>
  job({
    job: 'verdict',
    inputs: { margin: MARGIN, shard: 'merge', ...inputs },
    environment: { PATH: '/nowhere' },
  });

const reportOf = ({ outputs }: ActionResult): Report =>
  JSON.parse(readFileSync(outputs['report'] ?? '', 'utf8'));

/** Of the shards as a set: how quiet each machine was, and what that cost it, is its own affair. */
const caveatsOfSet = ({ caveats }: Report): string[] =>
  caveats.filter((caveat) => !/^On machine \d+ \(|, or in too few pairs, on machine /.test(caveat));

/** What three machines stored for a slower candidate, measured once for all tests. */
let stored: ArtifactState[];
let measured: ActionResult[];

beforeAll(async () => {
  github = await startGithub();
  measured = [];
  const candidate = slow();
  for (const machine of MACHINES) measured.push(await measure(machine, candidate));
  stored = github.artifacts;
  await github.close();
});

const arrive = (...which: number[]): void => {
  for (const index of which) {
    const artifact = stored[index];
    if (artifact) github.artifacts.push({ ...artifact });
  }
};

describe('a job that measures a shard', () => {
  it('stores both runs of its duet, judges nothing and comments on nothing', async () => {
    for (const result of measured) {
      expect(result, result.log + result.stderr).toMatchObject({ exitCode: 0, errors: [] });
      expect(result.outputs).toEqual({ run: expect.stringMatching(/\.run\.json$/) });
      expect(result.summary).toBe('');
    }
    expect(stored).toHaveLength(3);
    expect(new Set(stored.map(({ name }) => name)).size).toBe(3);
    for (const { name } of stored) {
      expect(name).toMatch(/^syscall-gate-shard-shards-[0-9a-f]{8}-of-3-measure-[A-Za-z0-9._-]+$/);
    }
  });

  it('keeps its records where no later run takes them for a baseline', async () => {
    const path = measured[0]?.outputs['run'] ?? '';
    expect(path).toMatch(/\/shards\/[^/]+$/);
    const parse = parseRun(readFileSync(path, 'utf8'));
    expect(parse).toMatchObject({ ok: true, run: { duet: { side: 'candidate' } } });
  });

  it('wants both sides to run on its machine, in one sentence', async () => {
    const result = await measure('1', 'host', { baseline: 'artifact' });
    expect(result).toMatchObject({ exitCode: 1, outputs: {}, stderr: '' });
    expect(result.errors).toEqual([
      'A shard measures both sides on its machine, and baseline "artifact" is a store of earlier runs: give baseline host or command:CMD.',
    ]);
  });

  it('is red when its records cannot be stored: nobody would miss them else', async () => {
    const environment = { ACTIONS_RUNTIME_TOKEN: undefined };
    const inputs = { ...QUICK, shard: 'measure', baseline: 'host' };
    const result = await job({ inputs, environment, matrix: { machine: '1' } });
    expect(result).toMatchObject({ exitCode: 1, warnings: [] });
    expect(result.errors).toEqual([
      expect.stringMatching(/^Could not store this shard .*ACTIONS_RUNTIME_TOKEN.*\.$/),
    ]);
  });
});

describe('the job that judges', () => {
  it('gives the verdict over all machines of its workflow run, and one comment', async () => {
    arrive(0, 1, 2);
    // Another run's shard, and what a gate stored, are none of this run's shards.
    github.artifacts.push({ ...(stored[0] as ArtifactState), id: 1, runId: RUN - 1 });
    github.artifacts.push({ ...(stored[0] as ArtifactState), id: 2, name: 'syscall-gate-gate' });
    const result = await merge();
    expect(result.exitCode, result.log).toBe(1);
    expect(result).toMatchObject({ warnings: [], stderr: '' });
    expect(result.outputs).toMatchObject({ verdict: 'regressed' });
    expect(result.outputs).not.toHaveProperty('run');
    const report = reportOf(result);
    expect(report.design).toBe('shards');
    expect(caveatsOfSet(report)).toEqual([]);
    expect(report.machines).toHaveLength(3);
    expect(report.headline).toMatch(/, on 3 machines\.$/);
    expect(result.summary).toContain('both sides interleaved on 3 machines');
    expect(result.summary).toContain('On each machine by itself');
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain('syscall-gate: regressed at `ec26c3e`');
    expect(github.comments[0]?.body).toContain('npm start -- merge shards');
    expect(result.log).not.toContain('Compile');
    expect(github.requests.filter((request) => request.includes('/workflows/'))).toEqual([]);
  });

  it('is green under a wider margin, and by the policy that it was given', async () => {
    arrive(0, 1, 2);
    const wide = await merge({ margin: '1000%' });
    expect(wide.exitCode, wide.log).toBe(0);
    expect(wide.outputs['regressions']).toBe('0');
    const never = await merge({ 'fail-on': 'never', comment: 'never' });
    expect(never).toMatchObject({ exitCode: 0, outputs: { verdict: 'regressed' } });
    expect(github.comments).toEqual([]);
  });

  it('judges on two of three with a caveat, unless three are expected', async () => {
    arrive(0, 2);
    const result = await merge();
    expect(result).toMatchObject({ exitCode: 1, outputs: { verdict: 'regressed' } });
    expect(caveatsOfSet(reportOf(result))).toEqual([
      'Only 2 of 3 shards arrived, and the verdict rests on those: see what became of the other jobs.',
    ]);
    const strict = await merge({ expect: '3', comment: 'never' });
    expect(strict).toMatchObject({ exitCode: 1, outputs: {} });
    expect(strict.errors).toEqual([
      expect.stringMatching(/^Only 2 of the 3 shards that are expected arrived: .*\.$/),
    ]);
  });

  it('says that one machine alone is a guess about the others', async () => {
    arrive(1);
    expect(reportOf(await merge()).caveats).toContainEqual(
      expect.stringMatching(/^There is one machine: /),
    );
  });

  it('passes over an archive that is damaged, expired or of another run, in a sentence each', async () => {
    arrive(0, 1, 2);
    const [first, second, third] = github.artifacts;
    if (!first || !second || !third) throw new Error('not measured');
    const foreign = JSON.stringify({ schema: 'syscall-gate/run', version: 2 });
    github.artifacts = [
      { ...first, zip: first.zip.subarray(0, 300) },
      { ...second, expired: true },
      third,
      {
        ...third,
        id: 9,
        name: `${third.name}-x`,
        zip: makeZip([{ name: 'a.run.json', content: foreign }]),
      },
    ];
    const result = await merge();
    expect(result).toMatchObject({ exitCode: 1, outputs: { verdict: 'regressed' } });
    expect(result.warnings.toSorted()).toEqual([
      expect.stringMatching(/machine-1-\w+: its archive is damaged or cut short\.$/),
      expect.stringMatching(/machine-2-\w+: it has expired\.$/),
      expect.stringMatching(/machine-3-\w+-x: it has record version 2 .*\.$/),
    ]);
    expect(reportOf(result).machines).toHaveLength(1);
  });

  it('does not trust records of another run or commit under the names of its own', async () => {
    const [artifact] = stored;
    if (!artifact) throw new Error('not measured');
    github.artifacts.push({ ...artifact, runId: RUN + 1 });
    const result = await job({
      runId: RUN + 1,
      job: 'verdict',
      inputs: { shard: 'merge' },
    });
    expect(result.exitCode).toBe(1);
    expect(result.errors).toEqual([
      expect.stringMatching(
        /^No shard was found in workflow run 301 \(Passed over the shard .*does not say that it comes from this workflow run\)/,
      ),
    ]);
  });

  it('takes the last attempt of a machine that was started again', async () => {
    arrive(0, 1, 2);
    const [again] = stored;
    const last = github.artifacts.find(({ name }) => name === again?.name);
    if (!again || !last) throw new Error('not measured');
    last.zip = Buffer.alloc(0);
    github.artifacts.push({ ...again, id: 99_999 });
    const report = reportOf(await merge());
    expect(report.machines).toHaveLength(3);
    expect(caveatsOfSet(report)).toEqual([]);
  });

  it('is red when it finds nothing or may not look, and says what to do', async () => {
    const nothing = await merge();
    expect(nothing).toMatchObject({ exitCode: 1, outputs: {}, stderr: '' });
    expect(nothing.errors).toEqual([
      expect.stringMatching(/^No shard was found in workflow run 300: /),
    ]);
    arrive(0, 1, 2);
    github.faults.push({ path: /artifacts\?/, times: 9, answer: forbidden });
    const refused = await merge();
    expect(refused.errors).toEqual([expect.stringContaining('add "actions: read" to')]);
    expect(github.comments).toEqual([]);
  });
});

describe('the same by hand', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shards-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const shard = (machine: string, ...more: string[]) => {
    const { duration, metrics } = QUICK;
    const sides = ['--baseline', 'host', '--candidate', slow()];
    const out = ['--out', join(folder, machine)];
    return cli([
      ...['--shard', '--duration', duration, '--metrics', metrics],
      ...[...sides, ...out, ...more],
    ]);
  };

  const merging = (...more: string[]) =>
    cli(['merge', ...more, '--margin', MARGIN, '--out', join(folder, 'out')]);

  it('is two verbs: each machine measures, and merge judges their folders', async () => {
    const one = await shard('one');
    expect(one, one.stderr).toMatchObject({ code: 0 });
    expect(one.stdout).toContain('there is no verdict yet');
    const two = JSON.parse((await shard('two', '--json')).stdout);
    expect(existsSync(two.files.baseline) && existsSync(two.files.candidate)).toBe(true);
    expect(existsSync(join(folder, 'one', 'report.json'))).toBe(false);

    const merged = await merging(join(folder, 'one'), join(folder, 'two'));
    expect(merged.code, merged.stderr + merged.stdout).toBe(1);
    expect(merged.stdout).toMatch(/^▲ regressed/);
    expect(merged.stdout).toMatch(/, on 2 machines\.$/m);
    const report = JSON.parse(readFileSync(join(folder, 'out', 'report.json'), 'utf8'));
    expect(report).toMatchObject({ design: 'shards', verdict: 'regressed' });

    const again = await cli(['replay', join(folder, 'out'), '--json']);
    expect(again.stderr).toContain('byte for byte');
    expect(JSON.parse(again.stdout)).toEqual(report);

    // Everything below one folder, and a shard that is there twice.
    const twice = await merging(folder, join(folder, 'one'), '--json');
    expect(JSON.parse(twice.stdout).machines).toHaveLength(2);
    const evidence = await merging(join(folder, 'out', 'evidence'), '--json');
    expect(JSON.parse(evidence.stdout).machines).toHaveLength(2);

    // One side is lost, and something else lies about.
    const records = join(folder, 'two', 'shards');
    const [lost = ''] = readdirSync(records);
    rmSync(join(records, lost));
    writeFileSync(join(records, 'x.run.json'), '{}');
    const less = await merging(folder, '--json');
    const rest: Report = JSON.parse(less.stdout);
    expect(rest.machines).toHaveLength(1);
    expect(caveatsOfSet(rest)).toEqual([
      expect.stringMatching(/x\.run\.json was passed over: it is not a syscall-gate run record\.$/),
      expect.stringMatching(/^Shard [0-9a-f]{16} has no run of its (baseline|candidate) and does/),
      expect.stringMatching(/^There is one machine: /),
    ]);
  });

  it.each([
    [['--shard'], 2, /^syscall-gate: A shard measures both sides on its machine, and baseline /],
    [['merge'], 2, /missing required argument/],
    [['merge', '/nowhere'], 2, /\/nowhere cannot be read \(ENOENT\)/],
    [['merge', '--expect', '0', '/tmp'], 2, /expect "0" is not a whole number from 1 to 256/],
    [['merge', '--margin', 'x', '/tmp'], 2, /margin "x" is not a percentage/],
  ] satisfies [string[], number, RegExp][])('%j is refused', async (args, code, sentence) => {
    const result = await cli([...args, '--out', join(folder, 'out')]);
    expect(result.code).toBe(code);
    const lines = result.stderr.trim().split('\n');
    expect(lines.at(-1)).toMatch(sentence);
  });

  it('finds no shard in a folder that holds none', async () => {
    const result = await merging(folder);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(/No shard was found in .*--shard/);
  });
});
