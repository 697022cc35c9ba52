import {
  DownloadError,
  downloadArtifact,
  listArtifacts,
  type StoredArtifact,
} from '../github/artifacts.js';
import { explain, type GithubClient } from '../github/client.js';
import type { GithubContext } from '../github/context.js';
import { unzipText } from '../github/unzip.js';
import { MAX_RUN_BYTES, parseRun, type Run } from '../record/run.js';
import type { ReadStoredRuns, StoredRuns } from './stored.js';

/** The action stores one small JSON file; anything much larger was not made by it. */
const ZIP_LIMITS = { entries: 16, inflatedBytes: MAX_RUN_BYTES, ratio: 200 };
const RECORD_SUFFIX = '.run.json';

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
  const { context, name, history } = store;
  const { artifacts, strangers } = await listArtifacts(client, context, name, history);
  const alive = artifacts.filter(({ expired }) => !expired);
  const read = await Promise.all(
    alive.slice(0, history).map((artifact) => readRun(client, context, artifact)),
  );
  const runs = read.filter((run) => typeof run !== 'string');
  runs.sort((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt));
  const skipped = [
    ...read.filter((run) => typeof run === 'string'),
    ...expiredSentence(artifacts.length - alive.length),
    ...strangersSentence(strangers, name),
  ];
  return { runs, skipped, origin: originOf(context, runs.length) };
}

/** The run that an archive holds, or one sentence that says why it was passed over. */
async function readRun(
  client: GithubClient,
  context: GithubContext,
  artifact: StoredArtifact,
): Promise<Run | string> {
  const which = `the run record that workflow run ${artifact.runId} stored`;
  const passedOver = (reason: string) => `Passed over ${which}: ${reason}.`;
  let zip: Buffer;
  try {
    zip = await downloadArtifact(client, context, artifact);
  } catch (error) {
    if (error instanceof DownloadError) return passedOver(error.message);
    return explain(error, { doing: `download ${which}`, permission: 'actions: read' });
  }
  const file = await unzipText(zip, RECORD_SUFFIX, ZIP_LIMITS);
  if (!file.ok) return passedOver(file.reason);
  const parse = parseRun(file.text);
  if (!parse.ok) return passedOver(parse.reason);
  const mismatch = sourceMismatch(parse.run, context, artifact.runId);
  return mismatch === undefined ? parse.run : passedOver(mismatch);
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
  const runs = count === 0 ? 'the runs' : counted(count, 'run', 'runs');
  return `${runs} of ${workflow} on ${compareWith}`;
}

const counted = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;

const expiredSentence = (count: number): string[] =>
  count === 0
    ? []
    : [
        `Passed over ${counted(count, 'artifact that has', 'artifacts that have')} expired: raise retention-days to pool older runs.`,
      ];

const strangersSentence = (count: number, name: string): string[] =>
  count === 0
    ? []
    : [
        `Passed over ${counted(count, 'artifact', 'artifacts')} called ${name} from runs of other workflows: give each gate a name of its own.`,
      ];
