import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { measurementFailure } from '../failure.js';
import type { Source } from '../record/run.js';

/** What the gate needs to know about a workflow run. */
export interface GithubContext {
  /** "owner/name" */
  repository: string;
  owner: string;
  name: string;
  event: string;
  /**
   * The branch whose code is measured; empty if a tag or anything else that is no branch is checked
   * out.
   */
  branch: string;
  /** The measured commit: a pull request's head, not its merge commit. */
  commit: string;
  /** The branch whose stored runs are the baseline. */
  compareWith: string;
  /** Whether later runs may use this run as a baseline. */
  leavesBaseline: boolean;
  pullRequest?: number;
  /** File name of the workflow, such as gate.yml; its other runs are listed by this name. */
  workflow: string;
  job: string;
  /**
   * Tells this step from other steps of the job that use the action; empty if the runner does not
   * say.
   */
  step: string;
  runId: number;
  runAttempt: number;
  runUrl: string;
  /** Whether this is GitHub Enterprise Server, whose artifact service the toolkit cannot use. */
  enterpriseServer: boolean;
}

type Environment = Record<string, string | undefined>;

const payloadSchema = z.object({
  repository: z.object({ default_branch: z.string().min(1) }).optional(),
  pull_request: z
    .object({
      number: z.int().positive(),
      head: z.object({ ref: z.string(), sha: z.string() }),
      base: z.object({ ref: z.string().min(1) }),
    })
    .optional(),
  merge_group: z
    .object({ head_ref: z.string(), head_sha: z.string(), base_ref: z.string().min(1) })
    .optional(),
});

type Payload = z.infer<typeof payloadSchema>;
type Subject = Pick<
  GithubContext,
  'branch' | 'commit' | 'compareWith' | 'leavesBaseline' | 'pullRequest'
>;

/**
 * Reads what the runner says about this run, and decides what to compare it with:
 * - A pull request or a merge group is compared with its target branch. It leaves no baseline,
 *   since its code is not on any branch that others are compared with.
 * - A push to the default branch, a schedule and a manual start are compared with their own branch
 *   and leave a baseline for it.
 * - A push to another branch is compared with the default branch, which shows what the branch
 *   costs. It leaves a baseline too, for pull requests into that branch.
 * - A tag, and any other event, is compared with the default branch and leaves no baseline.
 *
 * @throws Failure when the runner's variables or the event's payload are missing or malformed
 */
export function readContext(env: Environment): GithubContext {
  const repository = required(env, 'GITHUB_REPOSITORY');
  const [owner = '', name = ''] = repository.split('/');
  const runId = wholeNumber(env, 'GITHUB_RUN_ID');
  const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
  const event = required(env, 'GITHUB_EVENT_NAME');
  return {
    repository,
    owner,
    name,
    event,
    ...readSubject(event, env, readPayload(required(env, 'GITHUB_EVENT_PATH'))),
    workflow: workflowFile(required(env, 'GITHUB_WORKFLOW_REF')),
    job: env['GITHUB_JOB'] || 'job',
    step: env['GITHUB_ACTION'] ?? '',
    runId,
    runAttempt: Number(env['GITHUB_RUN_ATTEMPT']) || 1,
    runUrl: `${server}/${repository}/actions/runs/${runId}`,
    enterpriseServer: isEnterpriseServer(server),
  };
}

/** The rule by which @actions/artifact refuses to work. */
function isEnterpriseServer(server: string): boolean {
  const host = URL.canParse(server) ? new URL(server).hostname : 'github.com';
  return host !== 'github.com' && !/\.(?:ghe\.com|localhost)$/.test(host);
}

/** The origin that a run record states. */
export function sourceOf(context: GithubContext): Source {
  const { repository, branch, commit, event, runId, runAttempt } = context;
  return { repository, branch, commit, event, runId, runAttempt };
}

function readSubject(event: string, env: Environment, payload: Payload): Subject {
  if (event === 'pull_request' || event === 'pull_request_target') {
    return pullRequestSubject(event, payload);
  }
  if (event === 'merge_group') return mergeGroupSubject(payload);
  const branch = env['GITHUB_REF_TYPE'] === 'tag' ? '' : (env['GITHUB_REF_NAME'] ?? '');
  const commit = required(env, 'GITHUB_SHA');
  if (branch !== '' && (event === 'schedule' || event === 'workflow_dispatch')) {
    return { branch, commit, compareWith: branch, leavesBaseline: true };
  }
  const compareWith = defaultBranch(event, payload);
  return { branch, commit, compareWith, leavesBaseline: event === 'push' && branch !== '' };
}

function pullRequestSubject(event: string, { pull_request: pull }: Payload): Subject {
  if (pull === undefined) throw incomplete(event, 'pull_request');
  return {
    branch: pull.head.ref,
    commit: pull.head.sha,
    compareWith: pull.base.ref,
    leavesBaseline: false,
    pullRequest: pull.number,
  };
}

function mergeGroupSubject({ merge_group: group }: Payload): Subject {
  if (group === undefined) throw incomplete('merge_group', 'merge_group');
  return {
    branch: withoutHeads(group.head_ref),
    commit: group.head_sha,
    compareWith: withoutHeads(group.base_ref),
    leavesBaseline: false,
  };
}

function defaultBranch(event: string, { repository }: Payload): string {
  if (repository === undefined) throw incomplete(event, 'repository.default_branch');
  return repository.default_branch;
}

const withoutHeads = (ref: string): string => ref.replace(/^refs\/heads\//, '');

/** "octo/repo/.github/workflows/gate.yml@refs/heads/main" gives "gate.yml". */
function workflowFile(workflowRef: string): string {
  const file = /([^/@]+)@/.exec(workflowRef)?.[1];
  if (file !== undefined) return file;
  throw measurementFailure(
    `Could not tell which workflow this is: GITHUB_WORKFLOW_REF is "${workflowRef}", not path@ref; run the action in a job of GitHub Actions.`,
  );
}

function readPayload(path: string): Payload {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read';
    throw measurementFailure(
      `Could not read the event of this run from ${path} (GITHUB_EVENT_PATH): ${why}; run the action in a job of GitHub Actions.`,
      error,
    );
  }
  const result = payloadSchema.safeParse(value);
  if (result.success) return result.data;
  const field = result.error.issues[0]?.path.join('.') || 'the payload';
  throw measurementFailure(
    `Could not read the event of this run from ${path} (GITHUB_EVENT_PATH): ${field} is not what GitHub sends; run the action in a job of GitHub Actions.`,
  );
}

const incomplete = (event: string, field: string) =>
  measurementFailure(
    `Could not tell what to compare with: the ${event} event's payload has no ${field}; run the action in a job of GitHub Actions.`,
  );

function required(env: Environment, variable: string): string {
  const value = env[variable];
  if (value) return value;
  throw measurementFailure(
    `Could not tell what this run is about: ${variable} is not set; run the action in a job of GitHub Actions, or use the command line instead.`,
  );
}

function wholeNumber(env: Environment, variable: string): number {
  const value = Number(required(env, variable));
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw measurementFailure(
    `Could not tell what this run is about: ${variable} is "${env[variable]}", not a number; run the action in a job of GitHub Actions.`,
  );
}
