import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseRun } from '../../../src/record/run.js';
import {
  type ActionResult,
  compileOnce,
  removeFolders,
  runAction,
} from '../../fake-github/runner.js';
import { type FakeGithub, startGithub } from '../../fake-github/server.js';
import { judging, knowRun, measuring } from '../../fake-github/shards.js';
import { cli, compileProgram } from '../../fixtures/cli.js';
import { DESIGN, reportIn, reportOf } from '../../fixtures/report.js';

/** Two metrics and a change that triples every call; what is judged of such records: shards.test.ts. */
const QUICK = { duration: '2s', metrics: 'syscall.enosys, syscall.null' };
const ENOUGH = '4s';
const MARGIN = '80%';
const SLOW = `command:${compileProgram('slowdown')} 32 {probe}`;
const RUN = 300;

beforeAll(compileOnce);
afterAll(removeFolders);

describe('a job that measures a shard, and the one that judges', () => {
  let github: FakeGithub;
  let measured: ActionResult;
  let merged: ActionResult;
  beforeAll(async () => {
    github = await startGithub();
    knowRun(github, RUN);
    const inputs = { ...QUICK, duration: ENOUGH, candidate: SLOW };
    measured = await runAction(measuring(github, RUN, '1', inputs));
    merged = await runAction(judging(github, RUN, { margin: MARGIN }));
  });
  afterAll(() => github.close());

  it('stores both of its runs, judges nothing and comments on nothing', () => {
    expect(measured, measured.log + measured.stderr).toMatchObject({ exitCode: 0, errors: [] });
    expect(measured.outputs).toEqual({ run: expect.stringMatching(/\.run\.json$/) });
    expect(measured.summary).toBe('');
    expect(github.artifacts).toMatchObject([
      {
        name: expect.stringMatching(
          /^syscall-gate-shard-shards-[0-9a-f]{8}-of-3-measure-[A-Za-z0-9._-]+$/,
        ),
      },
    ]);
  });

  it('keeps its records where no later run takes them for a baseline', () => {
    const path = measured.outputs['run'] ?? '';
    expect(path).toMatch(/\/shards\/[^/]+$/);
    const parse = parseRun(readFileSync(path, 'utf8'));
    expect(parse).toMatchObject({ ok: true, run: { duet: { side: 'candidate' } } });
  });

  it('leaves what the job that judges finds, which measures nothing', () => {
    expect(merged.exitCode, merged.log).toBe(1);
    expect(reportOf(merged)).toMatchObject({ design: DESIGN.shards, verdict: 'regressed' });
    expect(merged.log).not.toContain('Compile');
  });

  it('is red when its records cannot be stored: nobody would miss them else', async () => {
    const job = measuring(github, RUN, '2', QUICK);
    const result = await runAction({ ...job, environment: { ACTIONS_RUNTIME_TOKEN: undefined } });
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.errors).toEqual([
      expect.stringMatching(/^Could not store this shard .*ACTIONS_RUNTIME_TOKEN.*\.$/),
    ]);
  });
});

describe('the same by hand', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shards-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is two verbs: --shard measures, and merge judges its folder', async () => {
    const measure = (out: string, ...more: string[]) =>
      cli([
        ...['--shard', '--duration', QUICK.duration, '--metrics', QUICK.metrics],
        ...['--baseline', 'host', '--candidate', SLOW, '--out', join(folder, out), ...more],
      ]);
    const one = await measure('one', '--duration', ENOUGH);
    expect(one, one.stderr).toMatchObject({ code: 0 });
    expect(one.stdout).toContain('there is no verdict yet');
    expect(existsSync(join(folder, 'one', 'report.json'))).toBe(false);
    const { files } = JSON.parse((await measure('two', '--json')).stdout);
    expect(existsSync(files.baseline) && existsSync(files.candidate)).toBe(true);

    const out = ['--out', join(folder, 'out'), '--margin', MARGIN, '--json'];
    const merged = await cli(['merge', join(folder, 'one'), ...out]);
    expect(merged.code, merged.stderr).toBe(1);
    expect(reportIn(merged.stdout)).toMatchObject({ verdict: 'regressed' });
  });
});
