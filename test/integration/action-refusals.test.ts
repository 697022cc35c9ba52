import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pullRequestEvent } from '../fake-github/events.js';
import {
  type ActionResult,
  type ActionRun,
  compileOnce,
  removeFolders,
  runAction,
} from '../fake-github/runner.js';
import { type FakeGithub, startGithub } from '../fake-github/server.js';

let github: FakeGithub;
beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());
beforeAll(compileOnce);
afterAll(removeFolders);

const start = (run: Partial<ActionRun>): Promise<ActionResult> =>
  runAction({ event: pullRequestEvent(), github, runId: 7, ...run });

describe('what cannot work is one sentence, before anything is measured', () => {
  const refusal = async (result: Promise<ActionResult>): Promise<string> => {
    const { exitCode, errors, outputs, stderr, log } = await result;
    expect({ exitCode, stderr, outputs }).toEqual({ exitCode: 1, stderr: '', outputs: {} });
    expect(log).not.toContain('    at ');
    expect(log).not.toContain('Measure');
    expect(errors).toHaveLength(1);
    return errors[0] ?? '';
  };

  const KEEPING = { candidate: 'kernel:bzImage', 'keep-kernel': 'true' };

  it.each([
    [{ duration: '0' }, 'duration "0"'],
    [{ margin: 'abc' }, 'margin "abc"'],
    [{ metrics: 'nothing.*' }, 'metrics "nothing.*"'],
    [{ comment: 'sometimes' }, 'comment "sometimes"'],
    [{ history: 'all' }, 'history "all"'],
    [{ 'retention-days': '-1' }, 'retention-days "-1"'],
    [{ shard: 'both' }, 'shard "both"'],
    [{ expect: 'all' }, 'expect "all"'],
    [{ 'fail-on': 'monday' }, 'fail-on "monday"'],
    [{ candidate: 'container:' }, 'candidate "container:"'],
    [{ baseline: 'yesterday' }, 'baseline "yesterday"'],
    [{ 'keep-kernel': 'yes' }, 'keep-kernel "yes" is not known: give one of true, false'],
    [{ 'keep-kernel': 'true' }, 'host is no kernel image: give candidate kernel:PATH'],
    [{ ...KEEPING, baseline: 'kernel:b' }, 'with baseline "kernel:b" no run is stored'],
    [{ ...KEEPING, baseline: 'kernel:b', shard: 'measure' }, 'a comparison over several machines'],
    [{ ...KEEPING, shard: 'merge' }, 'a comparison over several machines leaves none'],
  ])('%o', async (inputs, words) => {
    expect(await refusal(start({ inputs }))).toContain(words);
  });

  it('an event whose payload is not there', async () => {
    const environment = { GITHUB_EVENT_PATH: '/nowhere/event.json' };
    expect(await refusal(start({ environment }))).toContain('GITHUB_EVENT_PATH');
  });

  it('an event whose payload is broken', async () => {
    const event = { ...pullRequestEvent(), payload: { pull_request: 'yes' } };
    expect(await refusal(start({ event }))).toContain('pull_request is not what GitHub sends');
  });

  it('stored runs on an enterprise server, with what to use instead', async () => {
    const environment = { GITHUB_SERVER_URL: 'https://git.example.com' };
    const sentence = await refusal(start({ environment }));
    expect(sentence).toMatch(/^baseline "auto" does not work on git\.example\.com, /);
    expect(sentence).toMatch(/give host or command:CMD to measure .*, or directory:PATH .*[^.]\.$/);
    expect(github.requests.filter((request) => !request.includes('/comments'))).toEqual([]);
  });

  it('a kernel to keep on an enterprise server, with what to use instead', async () => {
    const environment = { GITHUB_SERVER_URL: 'https://git.example.com' };
    const inputs = { ...KEEPING, baseline: 'kernel:b' };
    const sentence = await refusal(start({ environment, inputs }));
    expect(sentence).toMatch(/^keep-kernel does not work on git\.example\.com, .*kernel:PATH/);
  });

  it('a run outside GitHub Actions', async () => {
    expect(await refusal(start({ environment: { GITHUB_REPOSITORY: undefined } }))).toContain(
      'GITHUB_REPOSITORY is not set',
    );
  });
});
