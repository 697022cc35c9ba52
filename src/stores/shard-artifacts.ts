import { measurementFailure } from '../failure.js';
import {
  downloadArtifact,
  listArtifacts,
  type NamedArtifact,
  UnusableError,
} from '../github/artifacts.js';
import { explain, type GithubClient } from '../github/client.js';
import type { GithubContext } from '../github/context.js';
import { plannedShards, shardPrefix } from '../github/identity.js';
import { unzipTexts } from '../github/unzip.js';
import { RUN_SUFFIX } from '../record/file.js';
import { MAX_RUN_BYTES, parseRun, type Run } from '../record/run.js';
import { type FindRuns, type FoundRuns, MOST_SHARDS } from './shards-found.js';

/** A shard's archive holds two small JSON files; anything much larger was not made by it. */
const ZIP_LIMITS = { entries: 4, inflatedBytes: MAX_RUN_BYTES, ratio: 200 };

export interface ShardStore {
  connect: () => Promise<GithubClient>;
  context: GithubContext;
  /** The input `name`. */
  name: string;
}

/**
 * The records that the shards of this very workflow run stored as artifacts.
 *
 * @throws Failure (measurement) when GitHub does not give the list; an archive that cannot be used
 *   is a sentence in `skipped`
 */
export const runsOfThisWorkflow =
  (store: ShardStore): FindRuns =>
  async () => {
    const doing = `list what the shards of workflow run ${store.context.runId} stored`;
    try {
      return await readStore(await store.connect(), store);
    } catch (error) {
      throw measurementFailure(explain(error, { doing, permission: 'actions: read' }), error);
    }
  };

async function readStore(client: GithubClient, store: ShardStore): Promise<FoundRuns> {
  const { context, name } = store;
  const prefix = shardPrefix(context, name);
  const listed = await listArtifacts(client, context, prefix, MOST_SHARDS);
  const runs: Run[] = [];
  const skipped: string[] = [];
  for (const artifact of listed) {
    const left = await readShard(client, context, artifact);
    if (typeof left === 'string') skipped.push(left);
    else runs.push(...left);
  }
  const planned = Math.max(0, ...listed.map((one) => plannedShards(one.name, prefix)));
  return {
    runs,
    skipped,
    origin: `workflow run ${context.runId}`,
    ...(planned > 0 ? { planned } : {}),
  };
}

/** @returns the records, or one sentence that says why there are none */
async function readShard(
  client: GithubClient,
  context: GithubContext,
  artifact: NamedArtifact,
): Promise<Run[] | string> {
  try {
    if (artifact.expired) throw new UnusableError('it has expired');
    const zip = await downloadArtifact(client, context, artifact);
    const files = await unzipTexts(zip, RUN_SUFFIX, ZIP_LIMITS);
    if (!files.ok) throw new UnusableError(files.reason);
    return files.texts.map((text) => readRecord(text, context));
  } catch (error) {
    if (error instanceof UnusableError) {
      return `Passed over the shard ${artifact.name}: ${error.message}.`;
    }
    const doing = `download the shard ${artifact.name}`;
    return explain(error, { doing, permission: 'actions: read' });
  }
}

function readRecord(text: string, { repository, runId, commit }: GithubContext): Run {
  const parse = parseRun(text);
  if (!parse.ok) throw new UnusableError(parse.reason);
  const { source } = parse.run;
  if (source?.repository === repository && source.runId === runId && source.commit === commit) {
    return parse.run;
  }
  throw new UnusableError('it does not say that it comes from this workflow run');
}
