import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFileName } from '../../src/record/file.js';
import type { Report } from '../../src/record/report.js';
import { runText } from '../../src/record/run.js';
import { removeFolders, runAction } from '../fake-github/runner.js';
import { type FakeGithub, forbidden, startGithub } from '../fake-github/server.js';
import {
  judging,
  knowRun,
  leaveShards,
  measuring,
  shardArtifact,
  sourceOfShard,
  zipOfShard,
} from '../fake-github/shards.js';
import { makeZip } from '../fake-github/zip.js';
import { cli } from '../fixtures/cli.js';
import { DESIGN, reportIn, reportOf } from '../fixtures/report.js';
import { storedPair } from '../fixtures/stored.js';

/** Comparisons over several machines, from records that are made up. */

const RUN = 300;

let github: FakeGithub;
beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());
afterAll(removeFolders);

const merge = (inputs: Record<string, string> = {}) => runAction(judging(github, RUN, inputs));

const arrive = (...machines: number[]): void => {
  knowRun(github, RUN);
  github.artifacts.push(...machines.map((machine) => shardArtifact(RUN, machine, 'regressed')));
};

describe('a job that is to measure a shard', () => {
  it('wants both sides to run on its machine, in one sentence', async () => {
    const result = await runAction(measuring(github, RUN, '1', { baseline: 'artifact' }));
    expect(result).toMatchObject({ exitCode: 1, outputs: {}, stderr: '' });
    expect(result.errors).toEqual([
      'A shard measures both sides on its machine, and baseline "artifact" is a store of earlier runs: give baseline host or command:CMD.',
    ]);
  });
});

describe('the job that judges', () => {
  it('gives the verdict over all machines of its workflow run, and one comment', async () => {
    arrive(1, 2, 3);
    // Another run's shard, and what a gate stored, are none of this run's shards.
    leaveShards(github, RUN - 1, 'unchanged');
    github.artifacts.push({ ...shardArtifact(RUN, 1, 'unchanged'), name: 'syscall-gate-gate' });
    const result = await merge();
    expect(result.exitCode, result.log).toBe(1);
    expect(result).toMatchObject({ warnings: [], stderr: '' });
    expect(result.outputs).toMatchObject({ verdict: 'regressed' });
    expect(result.outputs).not.toHaveProperty('run');
    const report = reportOf(result);
    expect(report.design).toBe(DESIGN.shards);
    expect(report.caveats).toEqual([]);
    expect(report.machines).toHaveLength(3);
    expect(report.headline).toMatch(/, on 3 machines\.$/);
    expect(result.summary).toContain('both sides measured in turn on 3 machines');
    expect(result.summary).toContain('On each machine by itself');
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain('syscall-gate: regressed at `ec26c3e`');
    expect(github.comments[0]?.body).toContain('npm start -- merge shards');
    expect(result.log).not.toContain('Compile');
    expect(github.requests.filter((request) => request.includes('/workflows/'))).toEqual([]);
  });

  it('judges on two of three with a caveat, unless three are expected', async () => {
    arrive(1, 3);
    const result = await merge();
    expect(result).toMatchObject({ exitCode: 1, outputs: { verdict: 'regressed' } });
    expect(reportOf(result).caveats).toEqual([
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
      expect.stringMatching(/^There is only one machine\. /),
    );
  });

  it('passes over an archive that is damaged, expired or of another run, in a sentence each', async () => {
    arrive(1, 2, 3);
    const [first, second, third] = github.artifacts;
    if (!first || !second || !third) throw new Error('there are three');
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
    knowRun(github, RUN);
    const zip = zipOfShard(storedPair('regressed', { source: sourceOfShard(RUN + 1) }));
    github.artifacts.push({ ...shardArtifact(RUN, 1, 'regressed'), zip });
    const result = await merge();
    expect(result.exitCode).toBe(1);
    expect(result.errors).toEqual([
      expect.stringMatching(
        /^No shard was found in workflow run 300 \(Passed over the shard .*does not say that it comes from this workflow run\)/,
      ),
    ]);
  });

  it('takes the last attempt of a machine that was started again', async () => {
    arrive(1, 2, 3);
    const [first] = github.artifacts;
    if (!first) throw new Error('there are three');
    github.artifacts.push({ ...first, id: 99_999 });
    first.zip = Buffer.alloc(0);
    const report = reportOf(await merge());
    expect(report.machines).toHaveLength(3);
    expect(report.caveats).toEqual([]);
  });

  it('is red when it finds nothing or may not look, and says what to do', async () => {
    const nothing = await merge();
    expect(nothing).toMatchObject({ exitCode: 1, outputs: {}, stderr: '' });
    expect(nothing.errors).toEqual([
      expect.stringMatching(/^No shard was found in workflow run 300: /),
    ]);
    arrive(1, 2, 3);
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

  /** What `--shard --out FOLDER` leaves. */
  function shard(machine: number, out: string): void {
    const records = join(folder, out, 'shards');
    mkdirSync(records, { recursive: true });
    for (const run of Object.values(storedPair('regressed', { machine }))) {
      writeFileSync(join(records, runFileName(run)), runText(run));
    }
  }

  const merging = (...more: string[]) => cli(['merge', ...more, '--out', join(folder, 'out')]);

  it('judges the folders of all machines, and what it leaves is judged again', async () => {
    shard(1, 'one');
    shard(2, 'two');
    const merged = await merging(join(folder, 'one'), join(folder, 'two'));
    expect(merged.code, merged.stderr + merged.stdout).toBe(1);
    expect(merged.stdout).toMatch(/^▲ regressed/);
    expect(merged.stdout).toMatch(/, on 2 machines\.$/m);
    const text = readFileSync(join(folder, 'out', 'report.json'), 'utf8');
    expect(reportIn(text)).toMatchObject({ design: DESIGN.shards, verdict: 'regressed' });

    const again = await cli(['replay', join(folder, 'out'), '--json']);
    expect(again.stderr).toContain('byte for byte');
    expect(again.stdout).toBe(text);
  });

  it('takes everything below a folder, a shard once, and evidence only where it is named', async () => {
    shard(1, 'one');
    shard(2, 'two');
    const twice = await merging(folder, join(folder, 'one'), '--json');
    expect(reportIn(twice.stdout).machines).toHaveLength(2);
    expect(existsSync(join(folder, 'out', 'evidence'))).toBe(true);
    const evidence = await merging(join(folder, 'out', 'evidence'), '--json');
    expect(reportIn(evidence.stdout).machines).toHaveLength(2);
  });

  it('says which records do not count', async () => {
    shard(1, 'one');
    shard(2, 'two');
    const records = join(folder, 'two', 'shards');
    const [lost = ''] = readdirSync(records);
    rmSync(join(records, lost));
    writeFileSync(join(records, 'x.run.json'), '{}');
    const rest: Report = reportIn((await merging(folder, '--json')).stdout);
    expect(rest.machines).toHaveLength(1);
    expect(rest.caveats).toEqual([
      expect.stringMatching(/x\.run\.json was passed over: it is not a syscall-gate run record\.$/),
      expect.stringMatching(/^Shard [0-9a-f]{16} has no run of its (baseline|candidate) and does/),
      expect.stringMatching(/^There is only one machine\. /),
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
