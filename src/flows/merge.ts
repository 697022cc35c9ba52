import { archive } from '../archive/write.js';
import { measurementFailure, usageFailure } from '../failure.js';
import { claimFolder } from '../files/write.js';
import type { Progress } from '../progress.js';
import type { Report } from '../record/report.js';
import { type FindRuns, type FoundRuns, MOST_SHARDS } from '../stores/shards-found.js';
import { countOf } from '../text/units.js';
import { type Evidence, shardsEvidence } from '../verdict/evidence.js';
import type { Policy } from '../verdict/settings.js';
import { mismatchOf, pairShards } from '../verdict/shard-set.js';
import { judgeEvidence } from './judge.js';
import { checkMargins } from './judged.js';

/** What a merge is asked for: nothing is measured, so that no side and no time are among it. */
export interface MergeConfig extends Policy {
  out: string;
  /** Fewer shards than this are no verdict. */
  expect?: number;
}

export interface Merged {
  report: Report;
  files: { report: string };
}

/**
 * The verdict over machines: finds the records that shards left, puts them together, judges, writes
 * the report and its evidence down.
 *
 * @throws Failure one sentence for every foreseeable cause
 */
export async function mergeShards(
  find: FindRuns,
  config: MergeConfig,
  progress: Progress,
): Promise<Merged> {
  await claimFolder(config.out);
  progress.phase('Put the shards together');
  const { evidence, skipped } = putTogether(await find(), config.expect);
  for (const sentence of skipped) progress.warn(sentence);
  checkMargins(config.margins, evidence);
  const report = judgeEvidence(evidence, config, {
    baseline: specOfBaseline(evidence),
    candidate: evidence.candidate.target.spec,
  });
  const { path, notes } = await archive(config.out, report, evidence);
  for (const sentence of notes) progress.note(sentence);
  const files = { report: path };
  progress.end();
  return { report, files };
}

const specOfBaseline = (evidence: Evidence): string =>
  evidence.design === 'shards' ? evidence.shards[0].baseline.target.spec : '';

function putTogether(
  found: FoundRuns,
  expected: number | undefined,
): { evidence: Evidence; skipped: string[] } {
  const { shards, skipped: unpaired } = pairShards(found.runs);
  const skipped = [...found.skipped, ...unpaired];
  const [first, ...rest] = shards;
  if (first === undefined) throw noShard(found, skipped);
  if (shards.length > MOST_SHARDS) {
    throw usageFailure(
      `There are ${shards.length} shards in ${found.origin} and a comparison takes ${MOST_SHARDS} at most: give fewer.`,
    );
  }
  const mismatch = mismatchOf(shards);
  if (mismatch !== undefined) throw usageFailure(mismatch);
  if (expected !== undefined && shards.length < expected) {
    throw measurementFailure(
      `Only ${shards.length} of the ${countOf(expected, 'shard')} that are expected arrived${because(skipped)}: see what became of the jobs of the others and run them again.`,
    );
  }
  const absent = missing(found, shards.length);
  return { evidence: shardsEvidence([first, ...rest], [...absent, ...skipped]), skipped };
}

const noShard = ({ origin }: FoundRuns, why: readonly string[]) =>
  measurementFailure(
    `No shard was found in ${origin}${because(why)}: each machine has to measure first (--shard, or the input shard: measure), and both of its records have to be here.`,
  );

const because = ([first]: readonly string[]): string =>
  first === undefined ? '' : ` (${first.replace(/\.$/, '')})`;

/** A job that failed leaves nothing: only the others can tell that it should have. */
function missing({ planned }: FoundRuns, arrived: number): string[] {
  if (planned === undefined || arrived >= planned) return [];
  return [
    `Only ${arrived} of ${countOf(planned, 'shard')} arrived, and the verdict rests on ${arrived === 1 ? 'that one' : 'those'}: see what became of the other jobs.`,
  ];
}
