import type { Answer, GithubState, Received } from './server.js';

const TWIRP = '/twirp/github.actions.results.api.v1.ArtifactService/';

/** The fields that the fake reads. The client sends them by their protobuf names. */
interface ArtifactRequest {
  workflow_run_backend_id: string;
  name: string;
}

/** Answers for the results service (Twirp) and the blob store; undefined for other paths. */
export function handleResults(state: GithubState, received: Received): Answer | undefined {
  const { pathname } = received.url;
  if (pathname.startsWith(TWIRP)) return twirp(state, pathname.slice(TWIRP.length), received);
  if (pathname.startsWith('/blob/upload/')) return putBlob(state, received);
  if (pathname.startsWith('/blob/download/')) return getBlob(state, received);
  return undefined;
}

function twirp(state: GithubState, method: string, received: Received): Answer | undefined {
  if (!received.authorization.startsWith('Bearer ')) return { status: 401, body: { msg: 'token' } };
  const request: ArtifactRequest = JSON.parse(received.body.toString('utf8'));
  const call = calls[method];
  return call === undefined ? undefined : call(state, request);
}

const calls: Record<string, (state: GithubState, request: ArtifactRequest) => Answer> = {
  CreateArtifact(state, request) {
    if (find(state, request)) {
      return { status: 409, body: { code: 'already_exists', msg: 'an artifact with this name' } };
    }
    const blob = encodeURIComponent(blobOf(request));
    const url = `${state.origin}/blob/upload/${blob}?sig=signature`;
    return { status: 200, body: { ok: true, signed_upload_url: url } };
  },
  FinalizeArtifact(state, request) {
    const blocks = state.uploads.get(blobOf(request));
    if (blocks === undefined) return { status: 404, body: { code: 'not_found', msg: 'no blob' } };
    state.nextId += 1;
    state.artifacts.push({
      id: state.nextId,
      runId: Number(request.workflow_run_backend_id),
      name: request.name,
      zip: Buffer.concat([...blocks.values()]),
      expired: false,
    });
    return { status: 200, body: { ok: true, artifact_id: String(state.nextId) } };
  },
  ListArtifacts(state, request) {
    const artifacts = state.artifacts
      .filter(({ runId }) => runId === Number(request.workflow_run_backend_id))
      .map(({ id, name, zip }) => ({
        workflow_run_backend_id: request.workflow_run_backend_id,
        workflow_job_run_backend_id: 'job',
        database_id: String(id),
        name,
        size: String(zip.length),
      }));
    return { status: 200, body: { artifacts } };
  },
  GetSignedArtifactURL(state, request) {
    const found = find(state, request);
    if (found === undefined)
      return { status: 404, body: { code: 'not_found', msg: 'no artifact' } };
    return {
      status: 200,
      body: { signed_url: `${state.origin}/blob/download/${found.id}?sig=signature` },
    };
  },
  DeleteArtifact(state, request) {
    const found = find(state, request);
    if (found === undefined)
      return { status: 404, body: { code: 'not_found', msg: 'no artifact' } };
    state.artifacts.splice(state.artifacts.indexOf(found), 1);
    return { status: 200, body: { ok: true, artifact_id: String(found.id) } };
  },
};

const blobOf = ({ workflow_run_backend_id: run, name }: ArtifactRequest): string =>
  `${run}/${name}`;

const find = (state: GithubState, request: ArtifactRequest) =>
  state.artifacts.find(
    ({ runId, name }) => runId === Number(request.workflow_run_backend_id) && name === request.name,
  );

/** "Put Block" stores a block. "Put Block List" gives the blocks their order. */
function putBlob(state: GithubState, { url, body }: Received): Answer {
  const blob = decodeURIComponent(url.pathname.slice('/blob/upload/'.length));
  const blocks = state.uploads.get(blob) ?? new Map<string, Buffer>();
  if (url.searchParams.get('comp') === 'blocklist') {
    const ids = [...body.toString('utf8').matchAll(/<Latest>([^<]*)<\/Latest>/g)];
    const ordered = ids.map(([, id = '']) => [id, blocks.get(id) ?? Buffer.alloc(0)] as const);
    state.uploads.set(blob, new Map(ordered));
  } else {
    const id = url.searchParams.get('blockid') ?? 'whole';
    state.uploads.set(blob, blocks.set(id, body));
  }
  return { status: 201, headers: { etag: '"1"', 'x-ms-request-id': '1', 'x-ms-version': '1' } };
}

/** Blob stores refuse a signed address together with another credential. */
function getBlob(state: GithubState, { url, authorization }: Received): Answer {
  if (authorization !== '') return { status: 400, body: 'InvalidAuthenticationInfo' };
  const id = Number(url.pathname.slice('/blob/download/'.length));
  const found = state.artifacts.find((one) => one.id === id);
  return found === undefined
    ? { status: 404, body: 'BlobNotFound' }
    : { status: 200, body: found.zip };
}
