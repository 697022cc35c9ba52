import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { usageFailure } from '../failure.js';
import { makeFolder } from '../files/folder.js';
import { claimFolder, saveFile } from '../files/write.js';
import { prepareBench } from '../measure/bench.js';
import { bothIdentities } from '../measure/identity.js';
import { Session, WHOLE_BUDGET } from '../measure/session.js';
import type { Progress } from '../progress.js';
import { runFileName, runText, SHARDS } from '../record/file.js';
import type { Run, Source } from '../record/run.js';
import { MIN_REPLICATES } from '../stats/assumptions.js';
import { isRunnable } from '../targets/index.js';
import { withTargets } from '../targets/sides.js';
import type { RunnableSpec } from '../targets/spec.js';
import { countOf } from '../text/units.js';

/** What a shard's job leaves for the job that judges. */
export interface MeasuredShard {
  /** Of the duet, which both records carry. */
  id: string;
  /** Absolute paths of both records. */
  files: { baseline: string; candidate: string };
}

interface Surroundings {
  progress: Progress;
  signal: AbortSignal;
  source?: Source;
}

/**
 * One machine's share of a comparison: measures both sides in turn for the whole time, judges
 * nothing, and writes both records down. Nothing is confirmed on the spot, since the machines that
 * follow are the fresh evidence.
 *
 * @throws Failure one sentence for every foreseeable cause
 */
export async function measureShard(
  config: Config,
  { progress, signal, source }: Surroundings,
): Promise<MeasuredShard> {
  const specs = { baseline: runnableBaseline(config), candidate: config.candidate };
  await claimFolder(config.out);
  const bench = await prepareBench(config, { progress, signal });
  const [before, after] = bothIdentities(source);
  const [baselineRun, candidateRun] = await withTargets(
    specs,
    bench,
    { progress },
    async (sides) => {
      const session = new Session(bench, sides, config.durationMs, progress);
      await session.warmUp();
      progress.phase('Measure both sides in turn');
      // All metrics alike: what machines differ by, not the noise inside one, is what few pairs cannot beat.
      await session.screen({ share: WHOLE_BUDGET });
      return [session.baselineRun(before), session.candidateRun(after)] as const;
    },
  );
  warnOfFewPairs(candidateRun, config.durationMs, progress);
  const files = {
    baseline: await save(config.out, baselineRun),
    candidate: await save(config.out, candidateRun),
  };
  progress.end();
  return { id: before.duet.id, files };
}

/** Said where it can still be mended, and not only by the job that judges. */
function warnOfFewPairs({ launches }: Run, durationMs: number, progress: Progress): void {
  const pairs = launches.filter(({ phase, failure }) => phase === 'screen' && !failure).length;
  if (pairs >= MIN_REPLICATES) return;
  progress.warn(
    `This machine measured ${countOf(pairs, 'pair')} of launches in ${durationMs / 1000} s, and one with fewer than ${MIN_REPLICATES} does not count: measure for longer (duration) or fewer metrics.`,
  );
}

function runnableBaseline({ baseline }: Config): RunnableSpec {
  if (isRunnable(baseline)) return baseline;
  throw usageFailure(
    `A shard measures both sides on its machine, and baseline "${baseline.spec}" is a store of earlier runs: give baseline host or command:CMD.`,
  );
}

async function save(out: string, run: Run): Promise<string> {
  const file = join(out, SHARDS, runFileName(run));
  await makeFolder(join(out, SHARDS));
  await saveFile(file, runText(run));
  return file;
}
