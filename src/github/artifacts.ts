import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HttpClient } from '@actions/http-client';
import { measurementFailure } from '../failure.js';
import { firstLine, type GithubClient } from './client.js';
import type { GithubContext } from './context.js';

/**
 * Events whose runs measure the branch's own code; only people with write access can start them.
 */
const TRUSTED_EVENTS = ['push', 'schedule', 'workflow_dispatch'];
const PAGE = 100;
/** A run record deflates to about 10 kB; the largest one allowed, to less than 4 MiB. */
const MAX_DOWNLOAD_BYTES = 8 * 1024 * 1024;
const SOCKET_TIMEOUT_MS = 30_000;

/** An archive that an earlier run of this workflow left. */
export interface StoredArtifact {
  id: number;
  expired: boolean;
  sizeBytes: number;
}

interface TrustedRuns {
  /** Newest first. */
  ids: number[];
  /** Whether there are older ones. */
  more: boolean;
}

/**
 * Lists the newest trusted runs of this workflow on the branch to compare with. Trusted are runs of
 * this repository itself that a push, a schedule or a person started; the current run is left out.
 * Each event is requested separately. Otherwise many other runs, such as those of pull requests
 * from forks whose branch has the same name, could push the trusted ones off the list.
 *
 * @param limit maximum number of runs to return
 * @throws RequestError of Octokit
 */
export async function listTrustedRuns(
  client: GithubClient,
  context: GithubContext,
  limit: number,
): Promise<TrustedRuns> {
  const lists = await Promise.all(
    TRUSTED_EVENTS.map((event) => runsOfEvent(client, context, event, limit)),
  );
  const ids = lists.flat().sort((one, other) => other - one);
  return { ids: ids.slice(0, limit), more: ids.length > limit };
}

/** Lists up to one run more than `limit`, which shows that there are older ones. */
async function runsOfEvent(
  client: GithubClient,
  { owner, name: repo, repository, workflow, compareWith, runId }: GithubContext,
  event: string,
  limit: number,
): Promise<number[]> {
  const pages = client.paginate.iterator(client.rest.actions.listWorkflowRuns, {
    owner,
    repo,
    workflow_id: workflow,
    event,
    branch: compareWith,
    exclude_pull_requests: true,
    // One more than the limit, and the current run, which is on the list too.
    per_page: Math.min(PAGE, limit + 2),
  });
  const ids: number[] = [];
  for await (const { data } of pages) {
    const own = data.filter(
      ({ id, head_repository: head }) => head?.full_name === repository && id !== runId,
    );
    ids.push(...own.map(({ id }) => id));
    if (ids.length > limit) break;
  }
  return ids;
}

/**
 * Finds the archive that a run stored under a name. If the run was started again, the last
 * attempt's archive is returned.
 *
 * @throws RequestError of Octokit
 */
export async function findArtifact(
  client: GithubClient,
  { owner, name: repo }: GithubContext,
  runId: number,
  name: string,
): Promise<StoredArtifact | undefined> {
  const place = { owner, repo, run_id: runId, name, per_page: PAGE };
  const { data } = await client.rest.actions.listWorkflowRunArtifacts(place);
  const [last] = data.artifacts.sort((one, other) => other.id - one.id);
  return last && { id: last.id, expired: last.expired, sizeBytes: last.size_in_bytes };
}

/** An archive that any run of the repository stored. */
export interface OwnArtifact extends StoredArtifact {
  /** When GitHub removes it, ms since 1970; not known if undefined. */
  expiresAt: number | undefined;
}

/** More copies of one kernel than anybody needs. */
const MAX_COPIES = 5;

/**
 * Finds the newest archives of a name that workflow runs of this repository stored, and that have not
 * expired. Runs of forks are left out, however many there are. All others are of people who may write
 * to the repository, but of any branch and event, so the caller must check what is in the archive.
 *
 * @returns the newest first
 * @throws RequestError of Octokit
 */
export async function findOwnArtifacts(
  client: GithubClient,
  { owner, name: repo }: GithubContext,
  name: string,
): Promise<OwnArtifact[]> {
  const place = { owner, repo, name, per_page: PAGE };
  const pages = client.paginate.iterator(client.rest.actions.listArtifactsForRepo, place);
  const found: OwnArtifact[] = [];
  for await (const { data } of pages) {
    for (const { id, expired, size_in_bytes: sizeBytes, workflow_run: run, expires_at } of data) {
      if (expired || !isOwn(run)) continue;
      const expiresAt = expires_at ? Date.parse(expires_at) : undefined;
      found.push({ id, expired: false, sizeBytes, expiresAt });
    }
    if (found.length >= MAX_COPIES) break;
  }
  return found.sort((one, other) => other.id - one.id).slice(0, MAX_COPIES);
}

/** What GitHub says about the workflow run of an archive. */
type ArtifactSource =
  | { repository_id?: number | undefined; head_repository_id?: number | undefined }
  | null
  | undefined;

const isOwn = (run: ArtifactSource): boolean =>
  run?.repository_id !== undefined && run.repository_id === run.head_repository_id;

/** An archive and the name that it was stored under. */
export interface NamedArtifact extends StoredArtifact {
  name: string;
}

/**
 * Lists the archives of this workflow run whose name begins with a prefix. If a job was started
 * again, the last attempt's archive is returned.
 *
 * @param limit maximum number of archives to return
 * @throws RequestError of Octokit
 */
export async function listArtifacts(
  client: GithubClient,
  { owner, name: repo, runId }: GithubContext,
  prefix: string,
  limit: number,
): Promise<NamedArtifact[]> {
  const place = { owner, repo, run_id: runId, per_page: PAGE };
  const pages = client.paginate.iterator(client.rest.actions.listWorkflowRunArtifacts, place);
  const found = new Map<string, NamedArtifact>();
  for await (const { data } of pages) {
    for (const { id, name, expired, size_in_bytes: sizeBytes } of data) {
      if (!name.startsWith(prefix) || (found.get(name)?.id ?? 0) > id) continue;
      found.set(name, { id, name, expired, sizeBytes });
    }
    if (found.size >= limit) break;
  }
  return [...found.values()].slice(0, limit);
}

/** An archive that cannot be downloaded or used; the message is one clause that says why. */
export class UnusableError extends Error {
  override name = 'UnusableError';
}

/**
 * Downloads an archive as a zip file.
 *
 * @throws RequestError of Octokit, or UnusableError when the blob store refuses or sends too much
 */
export async function downloadArtifact(
  client: GithubClient,
  context: GithubContext,
  artifact: StoredArtifact,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await openArtifact(client, context, artifact, {
    maxBytes: MAX_DOWNLOAD_BYTES,
  })) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** How much of an archive is read, and until when. */
interface DownloadLimits {
  maxBytes: number;
  signal?: AbortSignal;
}

/**
 * Downloads an archive as a zip file into a new file, for archives that are large.
 *
 * @throws what {@link downloadArtifact} throws, the signal's reason, or the file system's error
 */
export async function downloadArtifactTo(
  file: string,
  client: GithubClient,
  context: GithubContext,
  artifact: StoredArtifact,
  limits: Required<DownloadLimits>,
): Promise<void> {
  try {
    const content = await openArtifact(client, context, artifact, limits);
    await pipeline(content, createWriteStream(file, { flags: 'wx' }));
  } catch (error) {
    limits.signal.throwIfAborted();
    throw error;
  }
}

async function openArtifact(
  client: GithubClient,
  context: GithubContext,
  artifact: StoredArtifact,
  limits: DownloadLimits,
): Promise<AsyncIterable<Buffer>> {
  if (artifact.sizeBytes > limits.maxBytes) throw tooLarge(limits.maxBytes);
  const { headers } = await client.rest.actions.downloadArtifact({
    owner: context.owner,
    repo: context.name,
    artifact_id: artifact.id,
    archive_format: 'zip',
    // The signed address is on another server, which must not get the token.
    request: { redirect: 'manual' },
  });
  if (headers.location === undefined) throw new UnusableError('GitHub gave no address for it');
  return readBlob(headers.location, limits);
}

async function* readBlob(url: string, { maxBytes, signal }: DownloadLimits): AsyncIterable<Buffer> {
  const http = new HttpClient('syscall-gate', [], {
    allowRetries: true,
    maxRetries: 2,
    socketTimeout: SOCKET_TIMEOUT_MS,
  });
  const { message } = await http.get(url);
  const status = message.statusCode ?? 0;
  if (status !== 200) {
    message.resume();
    throw new UnusableError(`the server that stores it answered ${status}`);
  }
  if (signal) addAbortSignal(signal, message);
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

const tooLarge = (maxBytes: number) => new UnusableError(`it is larger than ${maxBytes} bytes`);

/**
 * Stores a run record with the current workflow run, for later runs to compare with.
 *
 * @param retentionDays 0 for the repository's own setting
 * @returns a sentence if it could not be stored; this run's verdict does not depend on it
 */
export async function storeRun(
  name: string,
  file: string,
  retentionDays: number,
): Promise<string | undefined> {
  const reason = await upload(name, [file], retentionDays);
  if (reason === undefined) return undefined;
  return `Could not store this run as a baseline for later ones (artifact ${name}): ${reason}; run the job again, and give each gate of a job its own name.`;
}

/**
 * Stores a kernel image with the current workflow run, for later runs to boot.
 *
 * @returns a clause if it could not be stored
 */
export const storeKernel = (
  name: string,
  file: string,
  retentionDays: number,
): Promise<string | undefined> => upload(name, [file], retentionDays);

/**
 * Stores both records of a shard with the current workflow run, for the job that judges.
 *
 * @param files absolute paths in one folder
 * @throws Failure (measurement): without the records the measurement is lost
 */
export async function storeShard(
  name: string,
  files: readonly string[],
  retentionDays: number,
): Promise<void> {
  const reason = await upload(name, files, retentionDays);
  if (reason === undefined) return;
  throw measurementFailure(
    `Could not store this shard for the job that judges (artifact ${name}): ${reason}; run the job again, and give each job that measures its own name.`,
  );
}

/** @returns undefined, or a clause that says why nothing could be stored */
async function upload(
  name: string,
  files: readonly string[],
  retentionDays: number,
): Promise<string | undefined> {
  try {
    // Imported late: it loads the whole Azure client, which nothing else needs.
    const { DefaultArtifactClient } = await import('@actions/artifact');
    const options = retentionDays > 0 ? { retentionDays } : {};
    const folder = dirname(files[0] ?? '');
    await new DefaultArtifactClient().uploadArtifact(name, [...files], folder, options);
    return undefined;
  } catch (error) {
    return firstLine(String((error as Error).message));
  }
}
