import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Finding, keepComment, type StickyComment } from '../../src/action/comment.js';
import { hiddenLine } from '../../src/action/comment-memory.js';
import { connect } from '../../src/github/client.js';
import type { GithubContext } from '../../src/github/context.js';
import { commentMarker } from '../../src/github/identity.js';
import {
  type FakeGithub,
  forbidden,
  serverError,
  startGithub,
  tooManyRequests,
} from '../fake-github/server.js';

let github: FakeGithub;
beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());

const context: GithubContext = {
  repository: 'Codertocat/Hello-World',
  owner: 'Codertocat',
  name: 'Hello-World',
  event: 'pull_request',
  branch: 'changes',
  commit: 'a'.repeat(40),
  compareWith: 'master',
  leavesBaseline: false,
  pullRequest: 2,
  workflow: 'gate.yml',
  job: 'gate',
  step: '__self',
  runId: 4711,
  runAttempt: 1,
  runUrl: 'https://github.com/Codertocat/Hello-World/actions/runs/4711',
  enterpriseServer: false,
};
const marker = commentMarker(context, 'null');

const client = () => connect({ token: 't', apiUrl: github.apiUrl, onWait: () => {}, secondMs: 1 });

const sticky = (changes: Partial<StickyComment> = {}): StickyComment => ({
  marker,
  mode: 'on-regression',
  finding: 'regressed',
  render: (wasRegressed) => `report${wasRegressed ? ', was regressed' : ''}`,
  ...changes,
});

const keep = (finding: Finding, text = 'report', changes: Partial<StickyComment> = {}) =>
  keepComment(client, context, sticky({ finding, render: () => text, ...changes }));

const lastLines = () => github.comments.map(({ body }) => body.split('\n').at(-1));

const people = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    issue: 2,
    login: 'Codertocat',
    body: `remark ${index}`,
  }));

describe('one comment', () => {
  it('is written when something regressed, edited later, and says when it is gone', async () => {
    expect(await keep('regressed', 'slower')).toMatchObject({ did: 'created' });
    expect(await keep('regressed', 'slower still')).toMatchObject({ did: 'updated' });
    expect(await keep('clear', 'fine again')).toMatchObject({ did: 'updated' });
    expect(lastLines()).toEqual(['fine again']);
  });

  it('is not written while nothing regressed, unless the mode is always', async () => {
    expect(await keep('clear')).toEqual({ did: 'nothing' });
    expect(await keep('not-measured', 'broken', { mode: 'always' })).toEqual({ did: 'nothing' });
    expect(github.comments).toEqual([]);
    expect(await keep('clear', 'fine', { mode: 'always' })).toMatchObject({ did: 'created' });
  });

  it('is neither written nor looked for in mode never, nor outside a pull request', async () => {
    expect(await keep('regressed', 'slower', { mode: 'never' })).toEqual({ did: 'nothing' });
    const { pullRequest: _, ...push } = context;
    expect(await keepComment(client, push, sticky({ mode: 'always' }))).toEqual({ did: 'nothing' });
    expect(github.requests).toEqual([]);
  });

  it('is found behind pages of other comments', async () => {
    github.comments.push(...people(230));
    await keep('regressed', 'slower');
    await keep('clear', 'fine again');
    expect(github.comments).toHaveLength(231);
    expect(github.comments.at(-1)?.body).toContain('fine again');
  });

  it('of somebody else is left alone, whatever marker it carries', async () => {
    github.comments.push({ id: 1, issue: 2, login: 'mallory', body: `${marker}\nforged` });
    expect(await keep('regressed', 'slower')).toMatchObject({ did: 'created' });
    expect(github.comments.map(({ login }) => login)).toEqual(['mallory', 'github-actions[bot]']);
    expect(github.comments[0]?.body).toContain('forged');
  });

  it('of the same identity that only quotes it is left alone', async () => {
    const body = `Hidden in it:\n${marker}`;
    github.comments.push({ id: 1, issue: 2, login: github.login, body });
    expect(await keep('regressed')).toMatchObject({ did: 'created' });
    expect(github.comments[0]?.body).toBe(body);
  });

  it('of the job token is found when GitHub does not say who the token belongs to', async () => {
    await keep('regressed', 'slower');
    github.faults.push({ path: /graphql/, times: 9, answer: forbidden });
    expect(await keep('clear', 'fine again')).toMatchObject({ did: 'updated' });
  });

  it('of another identity is found through the token of that identity', async () => {
    github.login = 'gate-app[bot]';
    await keep('regressed', 'slower');
    expect(await keep('clear', 'fine again')).toMatchObject({ did: 'updated' });
  });

  it('of another gate on the same pull request is left alone', async () => {
    await keep('regressed', 'slower');
    const other = sticky({ marker: commentMarker(context, '{"kernel":"6.8"}') });
    expect(await keepComment(client, context, other)).toMatchObject({ did: 'created' });
    expect(github.comments).toHaveLength(2);
  });
});

describe('a comment remembers', () => {
  it.each([
    ['the same attempt', 10, 2, true],
    ['a later attempt', 10, 3, true],
    ['a later run', 11, 1, true],
    ['an earlier attempt', 10, 1, false],
    ['an earlier run, however often it was started again', 9, 7, false],
  ])('its run, so that %s may write over it or not', async (_, runId, attempt, may) => {
    const line = hiddenLine({ runId: 10, runAttempt: 2, regressed: true });
    const body = `${marker}\n${line}\nfirst`;
    github.comments.push({ id: 1, issue: 2, login: github.login, body });
    const run = { ...context, runId, runAttempt: attempt };
    const outcome = await keepComment(client, run, sticky({ render: () => 'second' }));
    expect(outcome).toMatchObject({ did: may ? 'updated' : 'left to a newer run' });
    expect(lastLines()).toEqual([may ? 'second' : 'first']);
  });

  it.each<[Finding[], string]>([
    [['regressed', 'clear'], 'report, was regressed'],
    [['regressed', 'undecided', 'clear'], 'report, was regressed'],
    [['regressed', 'not-measured', 'clear'], 'report, was regressed'],
    [['regressed', 'clear', 'clear'], 'report'],
    [['clear', 'undecided'], 'report'],
    [['regressed'], 'report'],
  ])('a regression until it is gone, and none that was not: %j', async (findings, text) => {
    for (const finding of findings) {
      await keepComment(client, context, sticky({ mode: 'always', finding }));
    }
    expect(lastLines()).toEqual([text]);
  });

  it('nothing when its second line is not what a run writes', async () => {
    const body = `${marker}\n<!-- run=99999999999999999999 attempt=1 regression=open -->\nold`;
    github.comments.push({ id: 1, issue: 2, login: github.login, body });
    expect(await keep('clear', 'new')).toMatchObject({ did: 'updated' });
    expect(lastLines()).toEqual(['new']);
  });
});

describe('a GitHub in trouble', () => {
  it('that fails twice gets the comment at the third try', async () => {
    github.faults.push({ method: 'POST', path: /comments/, times: 2, answer: serverError });
    expect(await keep('regressed')).toMatchObject({ did: 'created' });
    expect(github.comments).toHaveLength(1);
  });

  it('that says when to come back is obeyed', async () => {
    github.faults.push({ method: 'POST', path: /comments/, times: 1, answer: tooManyRequests(5) });
    expect(await keep('regressed')).toMatchObject({ did: 'created' });
    expect(github.comments).toHaveLength(1);
  });

  it('that wants a long wait is not waited for, nor asked again', async () => {
    const answer = tooManyRequests(3600);
    github.faults.push({ method: 'POST', path: /comments/, times: 9, answer });
    expect(await keep('regressed')).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(/rate limit is used up \(429\); run the job again later\.$/),
    });
    expect(github.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
  });

  it('that goes on failing gives a sentence', async () => {
    github.faults.push({ path: /comments/, times: 99, answer: serverError });
    expect(await keep('regressed')).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(
        /^Could not keep the comment on pull request #2: .*\(500\) after 4 tries; .*\.$/,
      ),
    });
  });

  it('that refuses gives the line to add to the workflow, and speaks of forks', async () => {
    github.faults.push({ method: 'POST', path: /comments/, times: 1, answer: forbidden });
    const outcome = await keep('regressed');
    expect(outcome).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(
        /add "pull-requests: write" to the "permissions:" of the job and keep "contents: read".*fork/,
      ),
    });
  });

  it('that cannot be reached gives a sentence', async () => {
    await github.close();
    expect(await keep('regressed')).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(/^Could not keep the comment on pull request #2: .*\.$/),
    });
  });

  it('is not asked without a token', async () => {
    const none = () => connect({ token: '', apiUrl: github.apiUrl, onWait: () => {} });
    expect(await keepComment(none, context, sticky())).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(/^github-token is empty/),
    });
  });
});
