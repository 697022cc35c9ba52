import { dirname } from 'node:path';
import { HttpClient } from '@actions/http-client';
import { measurementFailure } from '../failure.js';
import { firstLine, type GithubClient } from './client.js';
import type { GithubContext } from './context.js';

/** Events whose runs measure the code of the branch itself, started by people who may write to it. */
const TRUSTED_EVENTS = ['push', 'schedule', 'workflow_dispatch'];
const PAGE = 100;
/** A record of a run deflates to some ten kilobytes; the largest allowed one to under 4 MiB. */
const MAX_DOWNLOAD_BYTES = 8 * 1024 * 1024;
const SOCKET_TIMEOUT_MS = 30_000;

/** An archive that an earlier run of this workflow left. */
export interface StoredArtifact {
  id: number;
  expired: boolean;
  sizeBytes: number;
}

export interface TrustedRuns {
  /** Newest first. */
  ids: number[];
  /** Whether there are older ones. */
  more: boolean;
}

/**
 * Lists the newest runs of this workflow on the branch to compare with, as far as they can be
 * trusted: runs of this repository itself, started by a push, a schedule or by hand, and never the
 * current one. Each event is asked for separately, so that no number of other runs, such as those
 * of pull requests from forks whose branch has the same name, pushes these off the list.
 *
 * @param most how many are wanted
 * @throws RequestError of Octokit
 */
export async function listTrustedRuns(
  client: GithubClient,
  context: GithubContext,
  most: number,
): Promise<TrustedRuns> {
  const lists = await Promise.all(
    TRUSTED_EVENTS.map((event) => runsOfEvent(client, context, event, most)),
  );
  const ids = lists.flat().sort((one, other) => other - one);
  return { ids: ids.slice(0, most), more: ids.length > most };
}

/** One more than so many, where there are more. */
async function runsOfEvent(
  client: GithubClient,
  { owner, name: repo, repository, workflow, compareWith, runId }: GithubContext,
  event: string,
  most: number,
): Promise<number[]> {
  const pages = client.paginate.iterator(client.rest.actions.listWorkflowRuns, {
    owner,
    repo,
    workflow_id: workflow,
    event,
    branch: compareWith,
    exclude_pull_requests: true,
    // This run is on the list too.
    per_page: Math.min(PAGE, most + 2),
  });
  const ids: number[] = [];
  for await (const { data } of pages) {
    const own = data.filter(
      ({ id, head_repository: head }) => head?.full_name === repository && id !== runId,
    );
    ids.push(...own.map(({ id }) => id));
    if (ids.length > most) break;
  }
  return ids;
}

/**
 * Finds the archive of a name that a run left; of a run that was started again, the last attempt's.
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

/** An archive and the name that it was stored under. */
export interface NamedArtifact extends StoredArtifact {
  name: string;
}

/**
 * Lists the archives of this workflow run whose name begins with a prefix; of jobs that were started
 * again, the last attempt's.
 *
 * @param most how many are listed at most
 * @throws RequestError of Octokit
 */
export async function listArtifacts(
  client: GithubClient,
  { owner, name: repo, runId }: GithubContext,
  prefix: string,
  most: number,
): Promise<NamedArtifact[]> {
  const place = { owner, repo, run_id: runId, per_page: PAGE };
  const pages = client.paginate.iterator(client.rest.actions.listWorkflowRunArtifacts, place);
  const found = new Map<string, NamedArtifact>();
  for await (const { data } of pages) {
    for (const { id, name, expired, size_in_bytes: sizeBytes } of data) {
      if (!name.startsWith(prefix) || (found.get(name)?.id ?? 0) > id) continue;
      found.set(name, { id, name, expired, sizeBytes });
    }
    if (found.size >= most) break;
  }
  return [...found.values()].slice(0, most);
}

/** An archive that cannot be had or used; the message is one clause that says why. */
export class UnusableError extends Error {
  override name = 'UnusableError';
}

/**
 * Downloads an archive as the zip that it is.
 *
 * @throws RequestError of Octokit, or UnusableError when the blob store refuses or gives too much
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
  if (headers.location === undefined) throw new UnusableError('GitHub named no address for it');
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
    throw new UnusableError(`the server that keeps it answered ${status}`);
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

const tooLarge = () => new UnusableError(`it is larger than ${MAX_DOWNLOAD_BYTES} bytes`);

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
  const reason = await upload(name, [file], retentionDays);
  if (reason === undefined) return undefined;
  return `Could not store this run as a baseline for later ones (artifact ${name}): ${reason}; run the job again, and give each gate of a job its own name.`;
}

/**
 * Stores both records of a shard with the current workflow run, for the job that judges.
 *
 * @param files absolute paths in one folder
 * @throws Failure (measurement): without them the shard was measured for nothing
 */
export async function storeShard(
  name: string,
  files: readonly string[],
  retentionDays: number,
): Promise<void> {
  const reason = await upload(name, files, retentionDays);
  if (reason === undefined) return;
  throw measurementFailure(
    `Could not store this shard for the job that judges (artifact ${name}): ${reason}; run the job again, and give each job that measures another name than the others.`,
  );
}

/** @returns why nothing could be stored, as a clause */
async function upload(
  name: string,
  files: readonly string[],
  retentionDays: number,
): Promise<string | undefined> {
  try {
    // Imported late: it brings the whole Azure client, which nothing else needs.
    const { DefaultArtifactClient } = await import('@actions/artifact');
    const options = retentionDays > 0 ? { retentionDays } : {};
    const folder = dirname(files[0] ?? '');
    await new DefaultArtifactClient().uploadArtifact(name, [...files], folder, options);
    return undefined;
  } catch (error) {
    return firstLine(String((error as Error).message));
  }
}
