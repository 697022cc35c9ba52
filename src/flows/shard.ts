import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { usageFailure } from '../failure.js';
import { makeFolder } from '../files/folder.js';
import { claimFolder, saveFile } from '../files/write.js';
import { timeShard } from '../gather/timing.js';
import { prepareBench } from '../measure/bench.js';
import { bothIdentities } from '../measure/identity.js';
import type { Progress } from '../progress.js';
import { runFileName, SHARDS } from '../record/file.js';
import { type Run, runText } from '../record/run.js';
import { MIN_REPLICATES } from '../stats/assumptions.js';
import { isRunnable } from '../targets/index.js';
import { withTargets } from '../targets/sides.js';
import type { RunnableSpec } from '../targets/spec.js';
import { countOf } from '../text/units.js';
import { refuseToKeep } from './keep-kernel.js';
import type { Surroundings } from './surroundings.js';

/** What a shard's job leaves for the job that judges. */
export interface MeasuredShard {
  /** Both records carry it: they are one paired comparison. */
  id: string;
  /** Absolute paths of both records. */
  files: { baseline: string; candidate: string };
}

/**
 * One machine's share of a comparison: measures both sides in turn and writes both records. It does
 * not judge.
 *
 * @throws Failure one sentence for every foreseeable cause
 */
export async function measureShard(
  config: Config,
  { progress, signal, source }: Surroundings,
): Promise<MeasuredShard> {
  refuseToKeep(config);
  const specs = { baseline: runnableBaseline(config), candidate: config.candidate };
  await claimFolder(config.out);
  const bench = await prepareBench(config, { progress, signal });
  const identities = bothIdentities(source);
  const shard = await withTargets(specs, bench, { progress }, (sides) =>
    timeShard({ config, bench, progress }, sides, identities),
  );
  warnOfFewPairs(shard.candidate, config.durationMs, progress);
  const files = {
    baseline: await save(config.out, shard.baseline),
    candidate: await save(config.out, shard.candidate),
  };
  progress.end();
  return { id: identities[0].paired.id, files };
}

function runnableBaseline({ baseline }: Config): RunnableSpec {
  if (isRunnable(baseline)) return baseline;
  throw usageFailure(
    `A shard measures both sides on its machine, and baseline "${baseline.spec}" is a store of earlier runs: give baseline host or command:CMD.`,
  );
}

/** The job that judges says this too, but then it is too late to measure for longer. */
function warnOfFewPairs({ launches }: Run, durationMs: number, progress: Progress): void {
  const pairs = launches.filter(({ phase, failure }) => phase === 'screen' && !failure).length;
  if (pairs >= MIN_REPLICATES) return;
  progress.warn(
    `This machine measured ${countOf(pairs, 'pair')} of launches in ${durationMs / 1000} s, and one with fewer than ${MIN_REPLICATES} does not count: measure for longer (duration) or fewer metrics.`,
  );
}

async function save(out: string, run: Run): Promise<string> {
  const file = join(out, SHARDS, runFileName(run));
  await makeFolder(join(out, SHARDS));
  await saveFile(file, runText(run));
  return file;
}
