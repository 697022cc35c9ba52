import type { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Failure, usageFailure } from '../failure.js';

export type GithubClient = ReturnType<typeof getOctokit>;

interface ClientOptions {
  token: string;
  /** Called with one sentence when GitHub asks to wait. */
  onWait: (sentence: string) => void;
  apiUrl?: string | undefined;
  /** How many milliseconds a second of waiting lasts; tests make it short. */
  secondMs?: number;
  /** How long each attempt may take, including the whole body. */
  answerMs?: number;
}

/** How often a request is repeated if it fails on GitHub's side: after 1, 4 and 9 s. */
const RETRIES = 3;
/**
 * Rate limits of a token are waited for at most this often, and at most this many seconds each
 * time.
 */
const RATE_LIMIT_RETRIES = 2;
const MAX_WAIT_S = 60;
/** A slower answer counts as a failure on GitHub's side, and the request is repeated. */
const ANSWER_MS = 30_000;

/**
 * A client that respects GITHUB_API_URL and proxies. It waits for a busy or limiting GitHub, but
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
  // Imported late: the module parses the event's payload when it loads, and throws if it is
  // malformed.
  const { getOctokit } = await import('@actions/github');
  const octokit = getOctokit(options.token, clientOptions(options), throttling, retry);
  octokit.hook.before('request', (call) => {
    const fetchAnswer = withDeadline(call.request.fetch ?? fetch, options.answerMs ?? ANSWER_MS);
    // A new object, because the old one may be the defaults that all requests share.
    call.request = { ...call.request, fetch: fetchAnswer };
  });
  return octokit;
}

/**
 * Gives each attempt its own deadline. A request's abort signal cannot do that, since all attempts
 * share it. The deadline includes the body, because Octokit takes a body that breaks off for an
 * empty one.
 */
const withDeadline =
  (fetchAnswer: typeof fetch, answerMs: number): typeof fetch =>
  async (url, init) => {
    const signal = AbortSignal.timeout(answerMs);
    const answer = await fetchAnswer(url, { ...init, signal });
    await answer.clone().arrayBuffer();
    return answer;
  };

function clientOptions({ apiUrl, onWait, secondMs = 1000 }: ClientOptions) {
  const mayWait = (seconds: number, request: LimitedRequest, _: unknown, retries: number) => {
    const wait = retries < RATE_LIMIT_RETRIES && seconds <= MAX_WAIT_S;
    if (wait) onWait(`GitHub limits the requests of this token: trying again in ${seconds} s.`);
    // Otherwise plugin-retry would keep asking, against what GitHub's answer says.
    else if (request.request) request.request['retries'] = 0;
    return wait;
  };
  return {
    ...(apiUrl ? { baseUrl: apiUrl } : {}),
    retry: { retries: RETRIES, retryAfterBaseValue: secondMs },
    throttle: {
      // The plugin paces writes per id, across all clients of the process.
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

/** What was requested from GitHub, for the sentence that says that it failed. */
interface Request {
  /** Goes on from "Could not": "read the artifacts of this repository". */
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
    return `${could} GitHub did not answer properly (${hasAnswer(error) ? status : message}) after ${triesText(error)}; run the job again when githubstatus.com is green.`;
  }
  return `${could} ${EXPLANATIONS[status]?.(permission) ?? `${message} (${status})`}.`;
}

const EXPLANATIONS: Record<number, (permission: Request['permission']) => string> = {
  401: () => 'GitHub does not accept the token (401); check the input github-token',
  403: (permission) =>
    `GitHub refused it (403); ${permissionAdvice(permission)} (a pull request from a fork gets a read-only token whatever the file says)`,
  404: (permission) =>
    `GitHub shows nothing there to this token (404); check that github-token belongs to this repository, or ${permissionAdvice(permission)}`,
  410: () => 'it is gone (410), as artifacts are after their retention time',
};

/**
 * "contents: read" is named because a list of permissions removes all others, and checkout needs
 * it.
 */
const permissionAdvice = (permission: Request['permission']): string =>
  `add "${permission}" to the "permissions:" of the job and keep "contents: read" there`;

const hasAnswer = (error: unknown): boolean =>
  error instanceof Error && 'response' in error && error.response !== undefined;

/** In the last attempt's request, the retry plugin leaves the number of earlier attempts. */
function triesText(error: unknown): string {
  const { request } = error as { request?: { request?: { retryCount?: number } } };
  const tries = (request?.request?.retryCount ?? 0) + 1;
  return tries === 1 ? '1 try' : `${tries} tries`;
}

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' &&
  error !== null &&
  'status' in error &&
  typeof error.status === 'number'
    ? error.status
    : undefined;

/** An error's message for the middle of a sentence: its first line, without the full stop. */
export const firstLine = (text: string): string =>
  (text.split('\n', 1)[0] ?? '').replace(/\.$/, '');
