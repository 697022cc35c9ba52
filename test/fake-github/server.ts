import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleRest } from './rest.js';
import { handleResults } from './results.js';
import { type ArtifactState, basicError, type CommentState, type RunState } from './schemas.js';

/** An answer. A string or a buffer is sent as it is, anything else as JSON. */
export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Stops before the answer or in the middle of its body, and keeps the connection open. */
  silent?: 'before' | 'within';
}

export interface Received {
  method: string;
  url: URL;
  body: Buffer;
  authorization: string;
}

/** An answer that replaces the real one, and how often. */
interface Fault {
  method?: string;
  /** Matched against path and query. */
  path: RegExp;
  times: number;
  answer: Answer;
}

/** The state of the fake GitHub. Tests read and change it. */
export interface GithubState {
  /** "owner/name" */
  repository: string;
  /** Owner of the token. */
  login: string;
  runs: RunState[];
  artifacts: ArtifactState[];
  comments: CommentState[];
  faults: Fault[];
  /** "METHOD path?query", in order. */
  requests: string[];
  /** Uploads under way: blocks by blob and block id. */
  uploads: Map<string, Map<string, Buffer>>;
  nextId: number;
  /** Address of this server, such as http://127.0.0.1:4711. */
  origin: string;
}

export interface FakeGithub extends GithubState {
  apiUrl: string;
  close(): Promise<void>;
}

/** Starts a fake GitHub on a free local port: REST, GraphQL, results service and blob store. */
export async function startGithub(repository = 'Codertocat/Hello-World'): Promise<FakeGithub> {
  const state: GithubState = {
    repository,
    login: 'github-actions[bot]',
    runs: [],
    artifacts: [],
    comments: [],
    faults: [],
    requests: [],
    uploads: new Map(),
    nextId: 1000,
    origin: '',
  };
  const server = createServer((request, response) => {
    respond(state, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  state.origin = `http://127.0.0.1:${port}`;
  return Object.assign(state, {
    apiUrl: state.origin,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

async function respond(
  state: GithubState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const received: Received = {
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', state.origin),
    body: Buffer.concat(chunks),
    authorization: request.headers.authorization ?? '',
  };
  state.requests.push(`${received.method} ${request.url}`);
  const { status, body, headers, silent } = answer(state, received);
  if (silent === 'before') return;
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  const type = raw ? 'application/octet-stream' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  const text = raw ? body : JSON.stringify(body ?? '');
  if (silent === 'within') response.write(text.slice(0, text.length / 2));
  else response.end(body === undefined ? undefined : text);
}

function answer(state: GithubState, received: Received): Answer {
  const path = `${received.url.pathname}${received.url.search}`;
  const fault = state.faults.find(
    ({ method, path: pattern, times }) =>
      times > 0 && pattern.test(path) && (method ?? received.method) === received.method,
  );
  if (fault) {
    fault.times -= 1;
    return fault.answer;
  }
  return (
    handleRest(state, received) ??
    handleResults(state, received) ?? { status: 404, body: basicError('Not Found', 404) }
  );
}

/** What GitHub says to a token that lacks a permission. */
export const forbidden: Answer = {
  status: 403,
  body: basicError('Resource not accessible by integration', 403),
};

export const serverError: Answer = { status: 500, body: basicError('Server Error', 500) };

export const tooManyRequests = (retryAfterS: number): Answer => ({
  status: 429,
  headers: { 'retry-after': String(retryAfterS) },
  body: basicError('You have exceeded a secondary rate limit.', 429),
});
