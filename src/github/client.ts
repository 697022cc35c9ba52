import type { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Failure, usageFailure } from '../failure.js';

export type GithubClient = ReturnType<typeof getOctokit>;

export interface ClientOptions {
  token: string;
  /** Told when GitHub asks to wait, one sentence. */
  onWait: (sentence: string) => void;
  apiUrl?: string | undefined;
  /** How long a second of waiting lasts; tests make it short. */
  secondMs?: number;
}

/** A request that fails on GitHub's side is sent so many times more: after 1, 4 and 9 s. */
const RETRIES = 3;
/** GitHub's limits for a token are waited for at most so often and so long (seconds). */
const RATE_LIMIT_RETRIES = 2;
const LONGEST_WAIT_S = 60;
/** An answer that takes longer counts as a failure on GitHub's side. */
const ANSWER_DEADLINE_MS = 30_000;

/**
 * A client that honours GITHUB_API_URL and proxies, and waits for a busy or limiting GitHub, but
 * never for long.
 *
 * @throws Failure (usage) when there is no token
 */
export async function connect(options: ClientOptions): Promise<GithubClient> {
  if (options.token === '') {
    throw usageFailure(
      'github-token is empty: leave the input out for the token of the job, or give one that can read this repository.',
    );
  }
  // Imported late: the module parses the event's payload as it loads and throws on a malformed one.
  const { getOctokit } = await import('@actions/github');
  const octokit = getOctokit(options.token, clientOptions(options), throttling, retry);
  octokit.hook.before('request', (request) => {
    request.request.signal ??= AbortSignal.timeout(ANSWER_DEADLINE_MS);
  });
  return octokit;
}

function clientOptions({ apiUrl, onWait, secondMs = 1000 }: ClientOptions) {
  const mayWait = (seconds: number, request: LimitedRequest, _: unknown, retries: number) => {
    const wait = retries < RATE_LIMIT_RETRIES && seconds <= LONGEST_WAIT_S;
    if (wait) onWait(`GitHub limits the requests of this token: trying again in ${seconds} s.`);
    // Else plugin-retry would go on asking, against what GitHub's answer says.
    else if (request.request) request.request['retries'] = 0;
    return wait;
  };
  return {
    ...(apiUrl ? { baseUrl: apiUrl } : {}),
    retry: { retries: RETRIES, retryAfterBaseValue: secondMs },
    throttle: {
      // The plugin paces writes per id, over all clients of the process.
      id: crypto.randomUUID(),
      retryAfterBaseValue: secondMs,
      onRateLimit: mayWait,
      onSecondaryRateLimit: mayWait,
    },
  };
}

interface LimitedRequest {
  request?: Record<string, unknown>;
}

/** What was being asked of GitHub, for the sentence that says that it did not work. */
export interface Request {
  /** As in "could not …": "read the artifacts of this repository". */
  doing: string;
  /** The line under `permissions:` that allows it. */
  permission: 'pull-requests: write' | 'actions: read';
}

/** Says in one sentence why a request to GitHub failed and what to do about it. */
export function explain(error: unknown, { doing, permission }: Request): string {
  if (error instanceof Failure) return error.message;
  const could = `Could not ${doing}:`;
  const message = error instanceof Error ? firstLine(error.message) : String(error);
  const status = statusOf(error);
  if (status === undefined) return `${could} ${message}; run the job again.`;
  if (status === 429 || /rate limit/i.test(message)) {
    return `${could} the token's rate limit is used up (${status}); run the job again later.`;
  }
  if (status >= 500) {
    return `${could} GitHub did not answer properly (${status}) after ${RETRIES + 1} tries; run the job again when githubstatus.com is green.`;
  }
  return `${could} ${EXPLANATIONS[status]?.(permission) ?? `${message} (${status})`}.`;
}

const EXPLANATIONS: Record<number, (permission: Request['permission']) => string> = {
  401: () => 'GitHub does not accept the token (401); check the input github-token',
  403: (permission) =>
    `GitHub refused it (403); add "permissions: ${permission}" to the job in the workflow file (a pull request from a fork gets a read-only token whatever the file says)`,
  404: (permission) =>
    `GitHub shows nothing there to this token (404); check that github-token belongs to this repository and that the job has "permissions: ${permission}"`,
  410: () => 'it is gone (410), as artifacts are after their retention time',
};

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' &&
  error !== null &&
  'status' in error &&
  typeof error.status === 'number'
    ? error.status
    : undefined;

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').replace(/\.$/, '');
