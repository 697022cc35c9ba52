import { archive } from '../archive/write.js';
import { claimFolder } from '../files/write.js';
import type { Progress } from '../progress.js';
import type { Report } from '../record/report.js';
import { newerNotes, type Run } from '../record/run.js';
import { type FindShards, pairRecords } from '../stores/shard-records.js';
import { shardsEvidence } from '../verdict/evidence.js';
import type { Policy } from '../verdict/settings.js';
import type { Shard } from '../verdict/shard-set.js';
import { judgeEvidence } from './judge.js';
import { checkMargins } from './recorded.js';

/** The options of a merge. Nothing is measured, so it has no sides and no duration. */
interface MergeConfig extends Policy {
  out: string;
  /** Fewer shards than this give no verdict; 1 by default. */
  expect?: number;
}

interface Merged {
  report: Report;
  files: { report: string };
}

/**
 * The verdict over several machines: finds the records that shards left, pairs them, judges, and
 * writes the report and its evidence.
 *
 * @throws Failure one sentence for every foreseeable cause
 */
export async function mergeShards(
  find: FindShards,
  config: MergeConfig,
  progress: Progress,
): Promise<Merged> {
  await claimFolder(config.out);
  progress.phase('Put the shards together');
  const { shards, skipped, missing } = pairRecords(await find(), config.expect);
  for (const sentence of skipped) progress.warn(sentence);
  for (const sentence of newerNotes(shards.flatMap(sidesOf))) progress.note(sentence);
  const evidence = shardsEvidence(shards, [...missing, ...skipped]);
  checkMargins(config.margins, evidence);
  const specs = {
    baseline: shards[0].baseline.target.spec,
    candidate: evidence.candidate.target.spec,
  };
  const judged = judgeEvidence(evidence, config, specs);
  const { path, notes } = await archive(config.out, judged);
  for (const sentence of notes) progress.note(sentence);
  progress.end();
  return { report: judged.report, files: { report: path } };
}

const sidesOf = ({ baseline, candidate }: Shard): Run[] => [baseline, candidate];
