import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readContext, sourceOf } from '../../src/github/context.js';
import {
  pullRequestEvent,
  pushEvent,
  type RunnerEvent,
  scheduleEvent,
} from '../fake-github/events.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'context-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function environmentOf(event: RunnerEvent): Record<string, string> {
  const path = join(folder, 'event.json');
  writeFileSync(path, JSON.stringify(event.payload));
  return {
    GITHUB_REPOSITORY: 'Codertocat/Hello-World',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_JOB: 'gate',
    GITHUB_WORKFLOW_REF: 'Codertocat/Hello-World/.github/workflows/gate.yml@refs/heads/master',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: path,
    ...event.environment,
  };
}

const contextOf = (event: RunnerEvent) => readContext(environmentOf(event));

describe('what is compared with what', () => {
  it('compares a pull request with its base branch and leaves no baseline', () => {
    expect(contextOf(pullRequestEvent())).toMatchObject({
      pullRequest: 2,
      branch: 'changes',
      commit: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821',
      compareWith: 'master',
      leavesBaseline: false,
      workflow: 'gate.yml',
      runUrl: 'https://github.com/Codertocat/Hello-World/actions/runs/4711',
    });
  });

  it('treats a pull_request_target like a pull request', () => {
    const context = contextOf({ ...pullRequestEvent(), name: 'pull_request_target' });
    expect(context).toMatchObject({ pullRequest: 2, compareWith: 'master', leavesBaseline: false });
  });

  it('compares a merge group with the branch that it goes into', () => {
    const context = contextOf({
      name: 'merge_group',
      payload: {
        merge_group: {
          head_ref: 'refs/heads/gh-readonly-queue/master/pr-2',
          head_sha: 'a'.repeat(40),
          base_ref: 'refs/heads/master',
        },
      },
      environment: {},
    });
    expect(context).toMatchObject({ compareWith: 'master', leavesBaseline: false });
    expect(context.pullRequest).toBeUndefined();
  });

  it('compares a push to the default branch with that branch and leaves a baseline', () => {
    const context = contextOf(pushEvent());
    expect(context).toMatchObject({
      branch: 'master',
      compareWith: 'master',
      leavesBaseline: true,
    });
  });

  it('compares a push to another branch with the default branch and leaves a baseline', () => {
    const context = contextOf(pushEvent('topic'));
    expect(context).toMatchObject({ branch: 'topic', compareWith: 'master', leavesBaseline: true });
  });

  it('compares a pushed tag with the default branch and leaves no baseline', () => {
    const event = pushEvent('v1');
    event.environment['GITHUB_REF_TYPE'] = 'tag';
    const context = contextOf(event);
    expect(context).toMatchObject({ branch: '', compareWith: 'master', leavesBaseline: false });
  });

  it('compares a schedule and a manual start with their own branch and leaves a baseline', () => {
    for (const name of ['schedule', 'workflow_dispatch']) {
      const context = contextOf({ ...scheduleEvent(), name });
      expect(context).toMatchObject({ compareWith: 'master', leavesBaseline: true });
    }
  });

  it.each([
    ['https://github.com', false],
    ['https://octo.ghe.com', false],
    ['http://github.localhost', false],
    ['https://git.example.com', true],
    ['https://notghe.com', true],
  ])('knows whether %s is an enterprise server of its own: %s', (server, enterpriseServer) => {
    const environment = { ...environmentOf(pushEvent()), GITHUB_SERVER_URL: server };
    expect(readContext(environment)).toMatchObject({ enterpriseServer });
  });

  it('says in a run record where it comes from', () => {
    expect(sourceOf(contextOf(pushEvent()))).toEqual({
      repository: 'Codertocat/Hello-World',
      branch: 'master',
      commit: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
      event: 'push',
      runId: 4711,
      runAttempt: 2,
    });
  });
});

describe('a context that cannot be read is one sentence', () => {
  const sentence = (environment: Record<string, string>) => {
    try {
      return String(readContext(environment));
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each(['GITHUB_REPOSITORY', 'GITHUB_RUN_ID', 'GITHUB_EVENT_PATH', 'GITHUB_EVENT_NAME'])(
    'names %s when it is not set',
    (variable) => {
      const { [variable]: _, ...rest } = environmentOf(pushEvent());
      expect(sentence(rest)).toMatch(new RegExp(`${variable} is not set; .*\\.$`));
    },
  );

  it('names the payload when it is missing, not JSON, or not what GitHub sends', () => {
    const environment = environmentOf(pullRequestEvent());
    const path = join(folder, 'event.json');
    writeFileSync(path, '{"pull_request":');
    expect(sentence(environment)).toContain('it is not JSON');
    writeFileSync(path, '{"pull_request":{"number":"two"}}');
    expect(sentence(environment)).toContain('pull_request.number is not what GitHub sends');
    writeFileSync(path, '{}');
    expect(sentence(environment)).toContain("the pull_request event's payload has no pull_request");
    rmSync(path);
    expect(sentence(environment)).toContain('it cannot be read');
  });

  it('names a workflow reference that holds no file', () => {
    const environment = { ...environmentOf(pushEvent()), GITHUB_WORKFLOW_REF: 'gate' };
    expect(sentence(environment)).toContain('GITHUB_WORKFLOW_REF is "gate"');
  });
});
