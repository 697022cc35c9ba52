import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/github/client.js';
import { type CommentMode, keepComment } from '../../src/github/comment.js';
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
  runId: 4711,
  runAttempt: 1,
  runUrl: 'https://github.com/Codertocat/Hello-World/actions/runs/4711',
};
const marker = commentMarker(context, 'null');

const client = () => connect({ token: 't', apiUrl: github.apiUrl, onWait: () => {}, secondMs: 1 });

const keep = (regressed: boolean, text = 'report', mode: CommentMode = 'on-regression') =>
  keepComment(client, context, { marker, body: `${marker}\n${text}`, mode, regressed });

const people = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    issue: 2,
    login: 'Codertocat',
    body: `remark ${index}`,
  }));

describe('one comment', () => {
  it('is written when something regressed, edited later, and says when it is gone', async () => {
    expect(await keep(true, 'slower')).toMatchObject({ did: 'created' });
    expect(await keep(true, 'slower still')).toMatchObject({ did: 'updated' });
    expect(await keep(false, 'fine again')).toMatchObject({ did: 'updated' });
    expect(github.comments.map(({ body }) => body)).toEqual([`${marker}\nfine again`]);
  });

  it('is not written while nothing regressed, unless the mode is always', async () => {
    expect(await keep(false)).toEqual({ did: 'nothing' });
    expect(github.comments).toEqual([]);
    expect(await keep(false, 'fine', 'always')).toMatchObject({ did: 'created' });
  });

  it('is neither written nor looked for in mode never, nor outside a pull request', async () => {
    expect(await keep(true, 'slower', 'never')).toEqual({ did: 'nothing' });
    const { pullRequest: _, ...push } = context;
    const comment = { marker, body: marker, mode: 'always', regressed: true } as const;
    expect(await keepComment(client, push, comment)).toEqual({ did: 'nothing' });
    expect(github.requests).toEqual([]);
  });

  it('is found behind pages of other comments', async () => {
    github.comments.push(...people(230));
    await keep(true, 'slower');
    await keep(false, 'fine again');
    expect(github.comments).toHaveLength(231);
    expect(github.comments.at(-1)?.body).toContain('fine again');
  });

  it('of somebody else is left alone, whatever marker it carries', async () => {
    github.comments.push({ id: 1, issue: 2, login: 'mallory', body: `${marker}\nforged` });
    expect(await keep(true, 'slower')).toMatchObject({ did: 'created' });
    expect(github.comments.map(({ login }) => login)).toEqual(['mallory', 'github-actions[bot]']);
    expect(github.comments[0]?.body).toContain('forged');
  });

  it('of the job token is found when GitHub does not say who the token belongs to', async () => {
    await keep(true, 'slower');
    github.faults.push({ path: /graphql/, times: 9, answer: forbidden });
    expect(await keep(false, 'fine again')).toMatchObject({ did: 'updated' });
  });

  it('of another identity is found through the token of that identity', async () => {
    github.login = 'gate-app[bot]';
    await keep(true, 'slower');
    expect(await keep(false, 'fine again')).toMatchObject({ did: 'updated' });
  });

  it('of another gate on the same pull request is left alone', async () => {
    await keep(true, 'slower');
    const other = commentMarker(context, '{"kernel":"6.8"}');
    const comment = { marker: other, body: other, mode: 'on-regression', regressed: true } as const;
    expect(await keepComment(client, context, comment)).toMatchObject({ did: 'created' });
    expect(github.comments).toHaveLength(2);
  });
});

describe('a GitHub in trouble', () => {
  it('that fails twice gets the comment at the third try', async () => {
    github.faults.push({ method: 'POST', path: /comments/, times: 2, answer: serverError });
    expect(await keep(true)).toMatchObject({ did: 'created' });
    expect(github.comments).toHaveLength(1);
  });

  it('that says when to come back is obeyed', async () => {
    github.faults.push({ method: 'POST', path: /comments/, times: 1, answer: tooManyRequests(5) });
    expect(await keep(true)).toMatchObject({ did: 'created' });
    expect(github.comments).toHaveLength(1);
  });

  it('that wants a long wait is not waited for, nor asked again', async () => {
    const answer = tooManyRequests(3600);
    github.faults.push({ method: 'POST', path: /comments/, times: 9, answer });
    expect(await keep(true)).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(/rate limit is used up \(429\); run the job again later\.$/),
    });
    expect(github.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
  });

  it('that goes on failing gives a sentence', async () => {
    github.faults.push({ path: /comments/, times: 99, answer: serverError });
    expect(await keep(true)).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(
        /^Could not keep the comment on pull request #2: .*\(500\) after 4 tries; .*\.$/,
      ),
    });
  });

  it('that refuses gives the line to add to the workflow, and speaks of forks', async () => {
    github.faults.push({ method: 'POST', path: /comments/, times: 1, answer: forbidden });
    const outcome = await keep(true);
    expect(outcome).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(/permissions: pull-requests: write.*fork.*read-only/),
    });
  });

  it('that cannot be reached gives a sentence', async () => {
    await github.close();
    expect(await keep(true)).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(/^Could not keep the comment on pull request #2: .*\.$/),
    });
  });

  it('is not asked without a token', async () => {
    const none = () => connect({ token: '', apiUrl: github.apiUrl, onWait: () => {} });
    const comment = { marker, body: marker, mode: 'always', regressed: true } as const;
    expect(await keepComment(none, context, comment)).toMatchObject({
      did: 'failed',
      warning: expect.stringMatching(/^github-token is empty/),
    });
  });
});
