import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ActionResult, removeFolders, runAction } from '../fake-github/runner.js';
import {
  type FakeGithub,
  forbidden,
  serverError,
  startGithub,
  tooManyRequests,
} from '../fake-github/server.js';
import { judging, knowRun, leaveShards } from '../fake-github/shards.js';
import { regressedIn, reportOf } from '../fixtures/report.js';
import { BLOCKED, CALLS, type Change } from '../fixtures/stored.js';

/**
 * What becomes of a measurement: outputs, annotations, summary, comment, exit code. The records are
 * made up, so that each verdict is certain and nothing is compiled or measured.
 */

const FIRST_RUN = 300;

let github: FakeGithub;
beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());
afterAll(removeFolders);

/** The next run of the pull request's workflow, whose shards measured such a change. */
function judge(change: Change, inputs: Record<string, string> = {}): Promise<ActionResult> {
  const runId = FIRST_RUN + github.runs.length;
  leaveShards(github, runId, change);
  return runAction(judging(github, runId, inputs));
}

const onlyComment = (): string => {
  expect(github.comments).toHaveLength(1);
  return github.comments[0]?.body ?? '';
};

describe('a candidate that is', () => {
  it('unchanged is green and silent', async () => {
    const result = await judge('unchanged');
    expect(result.exitCode, result.log).toBe(0);
    expect(result).toMatchObject({ errors: [], warnings: [], notices: [], stderr: '' });
    expect(result.outputs).toMatchObject({ verdict: 'unchanged', regressions: '0' });
    expect(result.summary).toContain('unchanged');
    expect(github.comments).toEqual([]);
  });

  it('slower is red, with each metric in the outputs, the annotations and the summary', async () => {
    const result = await judge('regressed');
    expect(result.exitCode, result.log).toBe(1);
    expect(result.outputs).toMatchObject({ verdict: 'regressed', regressions: '3' });
    const calls = CALLS.map(({ id }) => id);
    expect(regressedIn(reportOf(result)).sort()).toEqual([...calls].sort());
    // One or more that name the metrics, and the job's own sentence.
    expect(result.errors.length).toBeGreaterThan(1);
    const annotated = result.log.split('\n').filter((line) => line.startsWith('::error'));
    for (const id of calls) {
      expect(annotated.join('\n')).toContain(id);
      expect(result.summary).toContain(id);
      expect(onlyComment()).toContain(id);
    }
  });

  it('faster is green, and no comment says so', async () => {
    const result = await judge('improved');
    expect(result).toMatchObject({ exitCode: 0, errors: [], outputs: { verdict: 'improved' } });
    expect(github.comments).toEqual([]);
  });

  it('not decided about is green, unless the policy has it otherwise', async () => {
    const outputs = { verdict: 'inconclusive', regressions: '0' };
    expect(await judge('inconclusive')).toMatchObject({ exitCode: 0, outputs });
    const strict = await judge('inconclusive', { 'fail-on': 'inconclusive' });
    expect(strict).toMatchObject({ exitCode: 1, outputs });
  });

  it('blocked is red, says what is refused first, and is commented on', async () => {
    const result = await judge('blocked');
    expect(result.exitCode, result.log).toBe(1);
    expect(result.outputs).toMatchObject({ verdict: 'blocked' });
    expect(reportOf(result).headline).toMatch(new RegExp(` is refused: EPERM .${BLOCKED}.; `));
    expect(result.errors.join('\n')).toContain(BLOCKED);
    expect(result.summary).toContain('blocked');
    expect(onlyComment()).toContain('syscall-gate: blocked at `ec26c3e`');
    expect(onlyComment()).toContain(BLOCKED);
  });

  it('blocked passes under the policy never, with the same verdict', async () => {
    const result = await judge('blocked', { 'fail-on': 'never' });
    expect(result).toMatchObject({ exitCode: 0, outputs: { verdict: 'blocked' } });
  });
});

describe('the comment', () => {
  it('is one, which follows a regression from run to run until it is gone', async () => {
    await judge('regressed');
    const [comment] = github.comments;
    expect(comment).toMatchObject({ issue: 2, login: 'github-actions[bot]' });
    const first = onlyComment();
    expect(first).toContain('syscall-gate: regressed at `ec26c3e`');
    expect(first).toContain(`/actions/runs/${FIRST_RUN}`);

    expect(await judge('regressed')).toMatchObject({ exitCode: 1 });
    expect(onlyComment()).not.toBe(first);
    expect(onlyComment()).toContain(`/actions/runs/${FIRST_RUN + 1}`);

    expect(await judge('inconclusive')).toMatchObject({ exitCode: 0 });
    expect(onlyComment()).toContain('syscall-gate: inconclusive at `ec26c3e`');
    expect(onlyComment()).toMatch(
      /reported a regression or a lost operation: this run does not confirm it\.$/m,
    );

    expect(await judge('unchanged')).toMatchObject({ exitCode: 0 });
    expect(onlyComment()).toContain(`/actions/runs/${FIRST_RUN + 3}`);
    expect(onlyComment()).toContain('syscall-gate: unchanged at `ec26c3e`');
    expect(onlyComment()).toMatch(/reported a regression or a lost operation: it is gone\.$/m);
  });

  it('says when the newest commit could not be measured, and is not begun for that', async () => {
    const nothing = async () => {
      const runId = FIRST_RUN + github.runs.length;
      knowRun(github, runId);
      return runAction(judging(github, runId));
    };
    expect(await nothing()).toMatchObject({ exitCode: 1, outputs: {}, warnings: [] });
    expect(github.comments).toEqual([]);

    await judge('regressed');
    const failed = { exitCode: 1, outputs: {}, errors: [expect.stringContaining('No shard was')] };
    expect(await nothing()).toMatchObject(failed);
    expect(onlyComment()).toContain('syscall-gate: not measured at `ec26c3e`');
    expect(onlyComment()).toContain('No shard was found');
    expect(onlyComment()).toContain('nothing is known about it');
  });

  it('that GitHub refuses costs a warning that names the permission, and no verdict', async () => {
    github.faults.push({ method: 'POST', path: /comments/, times: 9, answer: forbidden });
    const result = await judge('regressed');
    expect(result).toMatchObject({ exitCode: 1, outputs: { verdict: 'regressed' } });
    expect(result.warnings).toEqual([expect.stringContaining('add "pull-requests: write" to')]);
  });

  it('comes through a GitHub that fails and limits for a while', async () => {
    github.faults.push({ method: 'GET', path: /artifacts\?/, times: 1, answer: serverError });
    github.faults.push({ method: 'GET', path: /comments/, times: 1, answer: tooManyRequests(1) });
    github.faults.push({ method: 'POST', path: /comments/, times: 1, answer: serverError });
    expect(await judge('regressed')).toMatchObject({ exitCode: 1, warnings: [] });
    expect(onlyComment()).toContain('regressed');
  });

  it('is kept from the first run on, or never, as the input says', async () => {
    await judge('unchanged', { comment: 'always' });
    expect(onlyComment()).toContain('syscall-gate: unchanged');
    github.comments = [];
    await judge('regressed', { comment: 'never' });
    expect(github.comments).toEqual([]);
  });
});

describe('the policy', () => {
  it('lets a regression pass where it is never to fail, with the same verdict', async () => {
    const result = await judge('regressed', { 'fail-on': 'never', comment: 'never' });
    expect(result).toMatchObject({ exitCode: 0, outputs: { verdict: 'regressed' } });
  });

  it('has margins, within which nothing is a regression', async () => {
    const wide = await judge('regressed', { margin: '1000%' });
    expect(wide.exitCode, wide.log).toBe(0);
    expect(wide.outputs).toMatchObject({ verdict: 'unchanged', regressions: '0' });
  });
});

describe('two gates of one job', () => {
  it('keep their reports apart, even under one name', async () => {
    leaveShards(github, FIRST_RUN, 'unchanged');
    const job = judging(github, FIRST_RUN);
    const results = [
      await runAction({ ...job, step: 'first' }),
      await runAction({ ...job, step: 'second' }),
      await runAction({ ...job, matrix: { kernel: '6.8' }, step: 'second' }),
    ];
    expect(new Set(results.map(({ outputs }) => outputs['report'])).size).toBe(3);
    for (const result of results) expect(reportOf(result).verdict).toBe('unchanged');
  });
});

describe('the legs of a matrix', () => {
  it('keep their comments apart', async () => {
    leaveShards(github, FIRST_RUN, 'regressed');
    const job = judging(github, FIRST_RUN);
    await runAction({ ...job, matrix: { kernel: '6.8' } });
    await runAction({ ...job, matrix: { kernel: '6.12' } });
    expect(github.comments).toHaveLength(2);
    const [one, other] = github.comments.map(({ body }) => body.split('\n', 1)[0]);
    expect(one).toContain('kernel-6.8');
    expect(other).toContain('kernel-6.12');
  });
});
