import {
  type ArtifactState,
  artifact,
  basicError,
  type CommentState,
  issueComment,
  type Schemas,
  workflowRun,
} from './schemas.js';
import type { Answer, GithubState, Received } from './server.js';

type Handler = (state: GithubState, received: Received, segments: string[]) => Answer;

interface Route {
  method: string;
  /** Path under /repos/{owner}/{repo}; each group is a segment for the handler. */
  path: RegExp;
  handle: Handler;
}

const routes: Route[] = [
  { method: 'GET', path: /^\/issues\/(\d+)\/comments$/, handle: listComments },
  { method: 'POST', path: /^\/issues\/(\d+)\/comments$/, handle: createComment },
  { method: 'PATCH', path: /^\/issues\/comments\/(\d+)$/, handle: updateComment },
  { method: 'GET', path: /^\/actions\/workflows\/([^/]+)\/runs$/, handle: listRuns },
  { method: 'GET', path: /^\/actions\/runs\/(\d+)\/artifacts$/, handle: listRunArtifacts },
  { method: 'GET', path: /^\/actions\/artifacts$/, handle: listRepositoryArtifacts },
  { method: 'GET', path: /^\/actions\/artifacts\/(\d+)\/zip$/, handle: downloadArtifact },
];

/** Answers REST and GraphQL requests; undefined for other paths. */
export function handleRest(state: GithubState, received: Received): Answer | undefined {
  const { pathname } = received.url;
  if (pathname === '/graphql') return { status: 200, body: viewer(state) };
  const prefix = `/repos/${state.repository}`;
  if (!pathname.startsWith(`${prefix}/`)) return undefined;
  if (received.authorization === '') {
    return { status: 401, body: basicError('Requires authentication', 401) };
  }
  for (const { method, path, handle } of routes) {
    const match = method === received.method && path.exec(pathname.slice(prefix.length));
    if (match) return handle(state, received, match.slice(1));
  }
  return undefined;
}

const viewer = ({ login }: GithubState) => ({ data: { viewer: { login } } });

function listComments(state: GithubState, { url }: Received, [issue]: string[]): Answer {
  const comments = state.comments.filter((comment) => comment.issue === Number(issue));
  const { page, headers } = paginate(comments, url);
  const body: Schemas['issue-comment'][] = page.map((comment) =>
    issueComment(comment, state.repository),
  );
  return { status: 200, body, headers };
}

function createComment(state: GithubState, { body }: Received, [issue]: string[]): Answer {
  state.nextId += 1;
  const comment: CommentState = {
    id: state.nextId,
    issue: Number(issue),
    login: state.login,
    body: commentText(body),
  };
  state.comments.push(comment);
  const created: Schemas['issue-comment'] = issueComment(comment, state.repository);
  return { status: 201, body: created };
}

function updateComment(state: GithubState, { body }: Received, [id]: string[]): Answer {
  const comment = state.comments.find((candidate) => candidate.id === Number(id));
  if (comment === undefined) return { status: 404, body: basicError('Not Found', 404) };
  comment.body = commentText(body);
  const updated: Schemas['issue-comment'] = issueComment(comment, state.repository);
  return { status: 200, body: updated };
}

const commentText = (body: Buffer): string => String(JSON.parse(body.toString('utf8')).body);

interface WorkflowRunList {
  total_count: number;
  workflow_runs: Schemas['workflow-run'][];
}

function listRuns(state: GithubState, { url }: Received, [workflow]: string[]): Answer {
  const wanted = (key: 'branch' | 'event', value: string) =>
    [null, value].includes(url.searchParams.get(key));
  const runs = state.runs
    .filter((run) => run.workflow === workflow)
    .filter((run) => wanted('branch', run.branch) && wanted('event', run.event))
    .sort((one, other) => other.id - one.id);
  const { page, headers } = paginate(runs, url);
  const body: WorkflowRunList = {
    total_count: runs.length,
    workflow_runs: page.map((run) => workflowRun(run, state.repository)),
  };
  return { status: 200, body, headers };
}

interface ArtifactList {
  total_count: number;
  artifacts: Schemas['artifact'][];
}

function listRunArtifacts(state: GithubState, { url }: Received, [runId]: string[]): Answer {
  return listArtifacts(state, url, (one) => one.runId === Number(runId));
}

function listRepositoryArtifacts(state: GithubState, { url }: Received): Answer {
  return listArtifacts(state, url, () => true);
}

function listArtifacts(
  state: GithubState,
  url: URL,
  isWanted: (artifact: ArtifactState) => boolean,
): Answer {
  const name = url.searchParams.get('name');
  const artifacts = state.artifacts
    .filter((one) => isWanted(one) && (name === null || one.name === name))
    .sort((one, other) => other.id - one.id);
  const { page, headers } = paginate(artifacts, url);
  const body: ArtifactList = {
    total_count: artifacts.length,
    artifacts: page.map((one) =>
      artifact(
        one,
        state.runs.find((run) => run.id === one.runId),
        state.repository,
      ),
    ),
  };
  return { status: 200, body, headers };
}

/** Answers with a signed address in the blob store. A client must not send its token there. */
function downloadArtifact(state: GithubState, _: Received, [id]: string[]): Answer {
  const found = state.artifacts.find((one) => one.id === Number(id));
  if (found === undefined) return { status: 404, body: basicError('Not Found', 404) };
  if (found.expired) return { status: 410, body: basicError('Artifact has expired', 410) };
  return {
    status: 302,
    headers: { location: `${state.origin}/blob/download/${id}?sig=signature` },
  };
}

/** One page of a list, with a Link header (RFC 8288) to the next. */
function paginate<T>(items: T[], url: URL): { page: T[]; headers: Record<string, string> } {
  const size = Number(url.searchParams.get('per_page') ?? 30);
  const number = Number(url.searchParams.get('page') ?? 1);
  const page = items.slice((number - 1) * size, number * size);
  if (number * size >= items.length) return { page, headers: {} };
  const next = new URL(url);
  next.searchParams.set('page', String(number + 1));
  return { page, headers: { link: `<${next.href}>; rel="next"` } };
}
