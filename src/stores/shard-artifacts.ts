import { measurementFailure } from '../failure.js';
import { listArtifacts, type NamedArtifact } from '../github/artifacts.js';
import { explain, type GithubClient } from '../github/client.js';
import type { GithubContext } from '../github/context.js';
import { plannedShards, shardPrefix } from '../github/identity.js';
import type { Run } from '../record/run.js';
import { type ArtifactRead, PERMISSION, passedOver, readRecords } from './record-artifacts.js';
import { type FindShards, MAX_SHARDS, type ShardRecords } from './shard-records.js';

interface ShardArtifacts {
  connect: () => Promise<GithubClient>;
  context: GithubContext;
  /** The input `name`. */
  name: string;
}

/**
 * The records that the shards of this workflow run stored as artifacts. An artifact that cannot be
 * used is a sentence in `skipped`.
 *
 * @throws Failure (measurement) when GitHub refuses to list the artifacts
 */
export const shardsInArtifacts =
  (store: ShardArtifacts): FindShards =>
  async () => {
    const doing = `list what the shards of workflow run ${store.context.runId} stored`;
    try {
      return await readStore(await store.connect(), store);
    } catch (error) {
      throw measurementFailure(explain(error, { doing, permission: PERMISSION }), error);
    }
  };

async function readStore(
  client: GithubClient,
  { context, name }: ShardArtifacts,
): Promise<ShardRecords> {
  const prefix = shardPrefix(context, name);
  const listed = await listArtifacts(client, context, prefix, MAX_SHARDS);
  const runs: Run[] = [];
  const skipped: string[] = [];
  for (const artifact of listed) {
    const read = await readOne(client, context, artifact);
    if (read.outcome === 'read') runs.push(...read.runs);
    else if (read.outcome === 'unusable') skipped.push(read.sentence);
    else if (read.outcome === 'expired')
      skipped.push(passedOver(called(artifact), 'it has expired'));
  }
  const planned = Math.max(0, ...listed.map((one) => plannedShards(one.name, prefix)));
  return {
    runs,
    skipped,
    origin: `workflow run ${context.runId}`,
    ...(planned > 0 ? { planned } : {}),
  };
}

const called = ({ name }: NamedArtifact): string => `the shard ${name}`;

const readOne = (
  client: GithubClient,
  context: GithubContext,
  artifact: NamedArtifact,
): Promise<ArtifactRead> =>
  readRecords(client, context, {
    what: called(artifact),
    find: async () => artifact,
    mismatchOf: (run) => sourceMismatch(run, context),
  });

const sourceMismatch = (
  { source }: Run,
  { repository, runId, commit }: GithubContext,
): string | undefined =>
  source?.repository === repository && source.runId === runId && source.commit === commit
    ? undefined
    : 'it does not say that it comes from this workflow run';
