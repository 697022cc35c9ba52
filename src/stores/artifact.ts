import {
  downloadArtifact,
  findArtifact,
  listTrustedRuns,
  UnusableError,
} from '../github/artifacts.js';
import { explain, type GithubClient } from '../github/client.js';
import type { GithubContext } from '../github/context.js';
import { unzipText } from '../github/unzip.js';
import { oldestFirst } from '../record/earlier-runs.js';
import { RUN_SUFFIX } from '../record/file.js';
import { MAX_RUN_BYTES, parseRun, type Run } from '../record/run.js';
import { newerText } from '../record/strict.js';
import { countOf } from '../text/units.js';
import type { ReadStoredRuns, StoredRuns } from './stored.js';

/** The action stores one small JSON file; anything much larger was not made by it. */
const ZIP_LIMITS = { entries: 16, inflatedBytes: MAX_RUN_BYTES, ratio: 200 };
/** Not every run leaves an archive: so many more runs are looked at than are pooled. */
const SPARE_RUNS = 50;

export interface ArtifactStore {
  connect: () => Promise<GithubClient>;
  context: GithubContext;
  /** Name of the archives, see artifactName. */
  name: string;
  /** How many runs are read at most, the newest. */
  history: number;
}

/**
 * The runs that earlier workflow runs measured and left as artifacts on the branch to compare with.
 * What cannot be used is a sentence in `skipped`; a listing that GitHub refuses is an empty store
 * with the reason.
 */
export function artifactRuns(store: ArtifactStore): ReadStoredRuns {
  return async () => {
    try {
      return await readStore(await store.connect(), store);
    } catch (error) {
      const doing = `list the stored runs of ${store.context.workflow}`;
      const reason = explain(error, { doing, permission: 'actions: read' });
      return { runs: [], skipped: [reason], origin: originOf(store.context, 0) };
    }
  };
}

async function readStore(client: GithubClient, store: ArtifactStore): Promise<StoredRuns> {
  const { context, history } = store;
  const listed = await listTrustedRuns(client, context, history + SPARE_RUNS);
  const runs: Run[] = [];
  const skipped: string[] = [];
  const notes: string[] = [];
  let expired = 0;
  const wanted = () => history - runs.length - skipped.length;
  // Newest first, so many at once as are still wanted.
  for (let next = 0; next < listed.ids.length && wanted() > 0; ) {
    const ids = listed.ids.slice(next, next + wanted());
    next += ids.length;
    for (const left of await Promise.all(ids.map((id) => readRun(client, store, id)))) {
      if (left.what === 'run') {
        runs.push(left.run);
        notes.push(...left.notes);
      } else if (left.what === 'unusable') skipped.push(left.sentence);
      else if (left.what === 'expired') expired += 1;
    }
  }
  if (listed.more && wanted() > 0) skipped.push(cappedSentence(store, runs, listed.ids));
  if (expired > 0) skipped.push(expiredSentence(expired));
  runs.sort(oldestFirst);
  return { runs, skipped, notes, origin: originOf(context, runs.length) };
}

/** What a workflow run left: a record, one sentence that says why it is passed over, or neither. */
type Left =
  | { what: 'run'; run: Run; notes: string[] }
  | { what: 'unusable'; sentence: string }
  | { what: 'expired' | 'nothing' };

async function readRun(client: GithubClient, store: ArtifactStore, runId: number): Promise<Left> {
  const which = `the run record that workflow run ${runId} stored`;
  try {
    const artifact = await findArtifact(client, store.context, runId, store.name);
    if (artifact === undefined) return { what: 'nothing' };
    if (artifact.expired) return { what: 'expired' };
    const zip = await downloadArtifact(client, store.context, artifact);
    return { what: 'run', ...(await readRecord(zip, store.context, runId)) };
  } catch (error) {
    const sentence =
      error instanceof UnusableError
        ? `Passed over ${which}: ${error.message}.`
        : explain(error, { doing: `download ${which}`, permission: 'actions: read' });
    return { what: 'unusable', sentence };
  }
}

async function readRecord(
  zip: Buffer,
  context: GithubContext,
  runId: number,
): Promise<{ run: Run; notes: string[] }> {
  const file = await unzipText(zip, RUN_SUFFIX, ZIP_LIMITS);
  if (!file.ok) throw new UnusableError(file.reason);
  const parse = parseRun(file.text);
  if (!parse.ok) throw new UnusableError(parse.reason);
  const mismatch = sourceMismatch(parse.run, context, runId);
  if (mismatch !== undefined) throw new UnusableError(mismatch);
  const { run, newer } = parse;
  const notes = newer
    ? [`The run record that workflow run ${runId} stored ${newerText(newer)}.`]
    : [];
  return { run, notes };
}

/** A record must come from where it was found: else somebody has moved or edited it. */
function sourceMismatch(
  { source }: Run,
  { repository, compareWith }: GithubContext,
  runId: number,
): string | undefined {
  if (source === undefined) return 'it does not say which workflow run made it';
  if (source.repository !== repository) return `it says that it comes from ${source.repository}`;
  if (source.branch !== compareWith) return `it says that it comes from branch ${source.branch}`;
  if (source.runId !== runId) return `it says that it comes from workflow run ${source.runId}`;
  return undefined;
}

function originOf({ workflow, compareWith }: GithubContext, count: number): string {
  const runs = count === 0 ? 'the runs' : countOf(count, 'run');
  return `${runs} of ${workflow} on ${compareWith}`;
}

const expiredSentence = (count: number): string =>
  `Passed over ${count === 1 ? '1 artifact that has' : `${count} artifacts that have`} expired: raise retention-days to pool older runs.`;

const cappedSentence = (
  { context, history }: ArtifactStore,
  runs: readonly Run[],
  looked: readonly number[],
): string =>
  `Found ${runs.length} of ${history} stored runs among the newest ${looked.length} runs of ${context.workflow} on ${context.compareWith} and looked no further: give the gate a workflow in which every run measures.`;
