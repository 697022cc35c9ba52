import { dirname } from 'node:path';
import { HttpClient } from '@actions/http-client';
import type { GithubClient } from './client.js';
import type { GithubContext } from './context.js';

/** Events whose runs measure the code of the branch itself, started by people who may write to it. */
const TRUSTED_EVENTS = ['push', 'schedule', 'workflow_dispatch'];
const PAGE = 100;
/** So many pages are read at most of a listing: 300 runs hold any history that is still kept. */
const PAGES = 3;
/** A record of a run deflates to some ten kilobytes; the largest allowed one to under 4 MiB. */
const MAX_DOWNLOAD_BYTES = 8 * 1024 * 1024;
const SOCKET_TIMEOUT_MS = 30_000;

/** An archive that an earlier run of this workflow left. */
export interface StoredArtifact {
  id: number;
  runId: number;
  expired: boolean;
  sizeBytes: number;
}

export interface ArtifactList {
  /** One for each run, newest first; as many that have not expired as were wanted. */
  artifacts: StoredArtifact[];
  /** How many of the same name and branch belong to runs of other workflows. */
  strangers: number;
}

/**
 * Lists the archives of one name that trusted runs of this workflow left on a branch: runs of this
 * repository itself (a fork's branch may have the same name), started by a push, a schedule or by
 * hand, and never the current run.
 *
 * @throws RequestError of Octokit
 */
export async function listArtifacts(
  client: GithubClient,
  context: GithubContext,
  name: string,
  wanted: number,
): Promise<ArtifactList> {
  const branch = context.compareWith;
  const runs = await trustedRuns(client, context, wanted);
  if (runs.size === 0) return { artifacts: [], strangers: 0 };
  const oldest = Math.min(...runs);
  const newestOfRun = new Map<number, StoredArtifact>();
  let strangers = 0;
  let alive = 0;
  for await (const artifact of artifactsOfName(client, context, name)) {
    const run = artifact.workflow_run;
    if (run?.id === undefined || run.head_branch !== branch) continue;
    if (!runs.has(run.id)) {
      const stranger = run.id > oldest && run.id !== context.runId;
      if (stranger && run.head_repository_id === run.repository_id) strangers += 1;
      continue;
    }
    // A run that was started again keeps the archive of each attempt: the newest is listed first.
    if (newestOfRun.has(run.id)) continue;
    const { id, expired, size_in_bytes: sizeBytes } = artifact;
    newestOfRun.set(run.id, { id, runId: run.id, expired, sizeBytes });
    if (!expired) alive += 1;
    if (alive === wanted || newestOfRun.size === runs.size) break;
  }
  return { artifacts: [...newestOfRun.values()], strangers };
}

async function trustedRuns(
  client: GithubClient,
  context: GithubContext,
  wanted: number,
): Promise<Set<number>> {
  const trusted = new Set<number>();
  const pages = client.paginate.iterator(client.rest.actions.listWorkflowRuns, {
    owner: context.owner,
    repo: context.name,
    workflow_id: context.workflow,
    branch: context.compareWith,
    exclude_pull_requests: true,
    per_page: PAGE,
  });
  let read = 0;
  for await (const { data } of pages) {
    for (const run of data) {
      const own = run.head_repository?.full_name === context.repository;
      const usable = own && TRUSTED_EVENTS.includes(run.event) && run.id !== context.runId;
      if (usable && run.head_branch === context.compareWith) trusted.add(run.id);
    }
    read += 1;
    // Not every run left an archive: a margin of runs over the archives that are wanted.
    if (trusted.size >= 2 * wanted || read === PAGES) break;
  }
  return trusted;
}

async function* artifactsOfName(client: GithubClient, context: GithubContext, name: string) {
  const pages = client.paginate.iterator(client.rest.actions.listArtifactsForRepo, {
    owner: context.owner,
    repo: context.name,
    name,
    per_page: PAGE,
  });
  let read = 0;
  for await (const { data } of pages) {
    yield* data;
    read += 1;
    if (read === PAGES) return;
  }
}

/** An archive that cannot be had; the message is one clause that says why. */
export class DownloadError extends Error {
  override name = 'DownloadError';
}

/**
 * Downloads an archive as the zip that it is.
 *
 * @throws RequestError of Octokit, or DownloadError when the blob store refuses or gives too much
 */
export async function downloadArtifact(
  client: GithubClient,
  context: GithubContext,
  artifact: StoredArtifact,
): Promise<Buffer> {
  if (artifact.sizeBytes > MAX_DOWNLOAD_BYTES) throw tooLarge();
  const { headers } = await client.rest.actions.downloadArtifact({
    owner: context.owner,
    repo: context.name,
    artifact_id: artifact.id,
    archive_format: 'zip',
    // The signed address is another server's: it must not get the token.
    request: { redirect: 'manual' },
  });
  if (headers.location === undefined) throw new DownloadError('GitHub named no address for it');
  return readBlob(headers.location);
}

async function readBlob(url: string): Promise<Buffer> {
  const http = new HttpClient('syscall-gate', [], {
    allowRetries: true,
    maxRetries: 2,
    socketTimeout: SOCKET_TIMEOUT_MS,
  });
  const { message } = await http.get(url);
  const status = message.statusCode ?? 0;
  if (status !== 200) {
    message.resume();
    throw new DownloadError(`the server that keeps it answered ${status}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_DOWNLOAD_BYTES) throw tooLarge();
  }
  return Buffer.concat(chunks);
}

const tooLarge = () => new DownloadError(`it is larger than ${MAX_DOWNLOAD_BYTES} bytes`);

/**
 * Stores a run record with the current workflow run, for later runs to compare with.
 *
 * @param retentionDays 0 for what the repository's settings say
 * @returns a sentence when it could not be stored: this run's verdict does not depend on it
 */
export async function storeRun(
  name: string,
  file: string,
  retentionDays: number,
): Promise<string | undefined> {
  try {
    // Imported late: it brings the whole Azure client, which nothing else needs.
    const { DefaultArtifactClient } = await import('@actions/artifact');
    const options = retentionDays > 0 ? { retentionDays } : {};
    await new DefaultArtifactClient().uploadArtifact(name, [file], dirname(file), options);
    return undefined;
  } catch (error) {
    const [reason] = String((error as Error).message).split('\n', 1);
    return `Could not store this run as a baseline for later ones (artifact ${name}): ${reason}; run the job again, and give each gate of a job its own name.`;
  }
}
