import { createRequire } from 'node:module';
import type examplesModule from '@octokit/webhooks-examples';
import type { PullRequestEvent, PushEvent } from '@octokit/webhooks-types';

// The package is a JSON file. Its types do not allow the import attribute that JSON needs.
const examples: typeof examplesModule.default = createRequire(import.meta.url)(
  '@octokit/webhooks-examples',
);

/** The event that started a job: its payload, and variables that the runner sets. */
export interface RunnerEvent {
  name: string;
  payload: unknown;
  environment: Record<string, string>;
}

export const REPOSITORY = 'Codertocat/Hello-World';
/** Default branch in GitHub's examples, and the base of their pull requests. */
export const DEFAULT_BRANCH = 'master';

/** GitHub's example of an opened pull request (number 2, from `changes`). */
export function pullRequestEvent(): RunnerEvent & { payload: PullRequestEvent } {
  const payload = example('pull_request', (event) => event.action === 'opened');
  return {
    name: 'pull_request',
    payload,
    environment: refs(
      `refs/pull/${payload.number}/merge`,
      `${payload.number}/merge`,
      payload.pull_request.head.sha,
      { GITHUB_HEAD_REF: payload.pull_request.head.ref, GITHUB_BASE_REF: DEFAULT_BRANCH },
    ),
  };
}

/** GitHub's example of a push, to the given branch. */
export function pushEvent(branch = DEFAULT_BRANCH): RunnerEvent & { payload: PushEvent } {
  const payload = example('push', (event) => event.ref === `refs/heads/${DEFAULT_BRANCH}`);
  const ref: PushEvent['ref'] = `refs/heads/${branch}`;
  return {
    name: 'push',
    payload: { ...payload, ref },
    environment: refs(ref, branch, payload.after),
  };
}

/** The payload has little more than the cron line. */
export function scheduleEvent(): RunnerEvent {
  return {
    name: 'schedule',
    payload: { schedule: '17 3 * * *' },
    environment: refs(`refs/heads/${DEFAULT_BRANCH}`, DEFAULT_BRANCH, '0'.repeat(40)),
  };
}

const refs = (
  ref: string,
  name: string,
  sha: string,
  more: Record<string, string> = {},
): Record<string, string> => ({
  GITHUB_REF: ref,
  GITHUB_REF_NAME: name,
  GITHUB_REF_TYPE: 'branch',
  GITHUB_SHA: sha,
  ...more,
});

interface ExampleEvents {
  pull_request: PullRequestEvent;
  push: PushEvent;
}

function example<Name extends keyof ExampleEvents>(
  name: Name,
  fits: (event: ExampleEvents[Name]) => boolean,
): ExampleEvents[Name] {
  const events = examples.find((definition) => definition.name === name)?.examples ?? [];
  const found = (events as ExampleEvents[Name][]).find(fits);
  if (found === undefined) throw new Error(`@octokit/webhooks-examples has no such ${name} event`);
  return structuredClone(found);
}
