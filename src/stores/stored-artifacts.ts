import { findArtifact, listTrustedRuns } from '../github/artifacts.js';
import { explain, type GithubClient } from '../github/client.js';
import type { GithubContext } from '../github/context.js';
import { oldestFirst } from '../record/earlier-runs.js';
import type { Run } from '../record/run.js';
import { countOf } from '../text/units.js';
import { type ArtifactRead, PERMISSION, readRecords } from './record-artifacts.js';
import type { ReadStoredRuns, StoredRuns } from './stored-runs.js';

/** Not every workflow run leaves an artifact, so this many more are looked at than are pooled. */
const SPARE_RUNS = 50;

interface StoredArtifacts {
  connect: () => Promise<GithubClient>;
  context: GithubContext;
  /** Name of the artifacts, see artifactName. */
  name: string;
  /** How many runs are read at most: the newest. */
  history: number;
}

/**
 * The runs that earlier workflow runs measured and left as artifacts on the branch to compare with.
 * What cannot be used is a sentence in `skipped`. If GitHub refuses to list the workflow runs, the
 * store is empty and says why.
 */
export function runsInArtifacts(store: StoredArtifacts): ReadStoredRuns {
  return async () => {
    try {
      return await readStore(await store.connect(), store);
    } catch (error) {
      const doing = `list the stored runs of ${store.context.workflow}`;
      const reason = explain(error, { doing, permission: PERMISSION });
      return { runs: [], skipped: [reason], origin: originOf(store.context, 0) };
    }
  };
}

async function readStore(client: GithubClient, store: StoredArtifacts): Promise<StoredRuns> {
  const { context, history } = store;
  const listed = await listTrustedRuns(client, context, history + SPARE_RUNS);
  const runs: Run[] = [];
  const skipped: string[] = [];
  let expired = 0;
  const wanted = () => history - runs.length - skipped.length;
  // From the newest on, as many at once as are still wanted.
  for (let next = 0; next < listed.ids.length && wanted() > 0; ) {
    const ids = listed.ids.slice(next, next + wanted());
    next += ids.length;
    for (const read of await Promise.all(ids.map((id) => readOne(client, store, id)))) {
      if (read.outcome === 'read') runs.push(...read.runs.slice(0, 1));
      else if (read.outcome === 'unusable') skipped.push(read.sentence);
      else if (read.outcome === 'expired') expired += 1;
    }
  }
  if (listed.more && wanted() > 0) skipped.push(lookedNoFurther(store, runs, listed.ids));
  if (expired > 0) skipped.push(expiredSentence(expired));
  runs.sort(oldestFirst);
  return { runs, skipped, origin: originOf(context, runs.length) };
}

const readOne = (
  client: GithubClient,
  { context, name }: StoredArtifacts,
  runId: number,
): Promise<ArtifactRead> =>
  readRecords(client, context, {
    what: `the run record that workflow run ${runId} stored`,
    find: () => findArtifact(client, context, runId, name),
    mismatchOf: (run) => sourceMismatch(run, context, runId),
  });

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

const lookedNoFurther = (
  { context, history }: StoredArtifacts,
  runs: readonly Run[],
  looked: readonly number[],
): string =>
  `Found ${runs.length} of ${history} stored runs among the newest ${looked.length} runs of ${context.workflow} on ${context.compareWith} and looked no further: give the gate a workflow in which every run measures.`;
