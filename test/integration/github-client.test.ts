import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, explain } from '../../src/github/client.js';
import { type FakeGithub, serverError, startGithub } from '../fake-github/server.js';

let github: FakeGithub;
beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());

const ANSWER_MS = 400;

async function listComments(): Promise<unknown> {
  const client = await connect({
    token: 't',
    apiUrl: github.apiUrl,
    onWait: () => {},
    secondMs: 1,
    answerMs: ANSWER_MS,
  });
  const issue = { owner: 'Codertocat', repo: 'Hello-World', issue_number: 2 };
  return (await client.rest.issues.listComments(issue)).data;
}

const sentenceOf = (error: unknown): string =>
  explain(error, { doing: 'read', permission: 'actions: read' });

describe('each try has a deadline of its own', () => {
  it.each(['before', 'within'] as const)(
    'so that after an answer that goes silent %s its body the next is used',
    async (silent) => {
      github.comments.push({ id: 1, issue: 2, login: 'octo', body: 'text' });
      const answer = { status: 200, body: [], silent };
      github.faults.push({ path: /comments/, times: 2, answer });
      expect(await listComments()).toMatchObject([{ body: 'text' }]);
      expect(github.requests).toHaveLength(3);
    },
  );

  it('and when all are used up the sentence says how many there were, and why', async () => {
    const answer = { status: 200, silent: 'before' } as const;
    github.faults.push({ path: /comments/, times: 99, answer });
    await expect(listComments().catch(sentenceOf)).resolves.toMatch(/timeout.* after 4 tries;/);
    expect(github.requests).toHaveLength(4);
  });
});

describe('the sentence counts the tries that were made', () => {
  it('four where GitHub went on failing', async () => {
    github.faults.push({ path: /comments/, times: 99, answer: serverError });
    await expect(listComments().catch(sentenceOf)).resolves.toContain('(500) after 4 tries;');
  });

  it('one where nothing was tried again', () => {
    const error = Object.assign(new Error('Server Error'), { status: 500, response: {} });
    expect(sentenceOf(error)).toContain('(500) after 1 try;');
  });
});
