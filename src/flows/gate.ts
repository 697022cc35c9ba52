import { join } from 'node:path';
import { archive } from '../archive/write.js';
import type { Config } from '../config/config.js';
import { makeFolder } from '../files/folder.js';
import { claimFolder, SET_ASIDE, saveFile } from '../files/write.js';
import { gatherEvidence } from '../gather/evidence.js';
import { prepareBench } from '../measure/bench.js';
import type { Progress } from '../progress.js';
import { runFileName, runText } from '../record/file.js';
import type { Report } from '../record/report.js';
import type { Run, Source } from '../record/run.js';
import { isRed } from '../report/words.js';
import { openBaseline } from '../stores/open.js';
import type { ReadStoredRuns } from '../stores/stored.js';
import type { Evidence } from '../verdict/evidence.js';
import { judgeEvidence } from './judge.js';

/** What the gate needs of its caller. It does not know whether a person or a workflow called. */
export interface Surroundings {
  progress: Progress;
  /** Aborting it ends every launch and rejects the gate with the signal's reason. */
  signal: AbortSignal;
  /** Earlier runs of this workflow; only there inside one. */
  artifacts?: ReadStoredRuns;
  source?: Source;
}

export interface Outcome {
  report: Report;
  /** The candidate's record. */
  run: Run;
  /** Absolute paths of what was written. */
  files: { report: string; run: string };
}

/**
 * The whole story: find the baseline, compile the probe, measure one side or both in turn, compare,
 * judge, write it down.
 *
 * @param prepare where the compiled parts come from: another place only in tests, which compile nothing
 * @throws Failure one sentence for every foreseeable cause; nothing half-written stays behind
 */
export async function gate(
  config: Config,
  surroundings: Surroundings,
  prepare: typeof prepareBench = prepareBench,
): Promise<Outcome> {
  const { progress } = surroundings;
  await claimFolder(config.out);
  const baseline = await openBaseline(config, surroundings);
  const bench = await prepare(config, surroundings);
  const evidence = await gatherEvidence(config, bench, baseline, surroundings);
  const report = judgeEvidence(evidence, config, {
    baseline: config.baseline.spec,
    candidate: config.candidate.spec,
  });
  const { files, notes } = await save(config.out, report, evidence);
  for (const sentence of notes) progress.note(sentence);
  progress.end();
  return { report, run: evidence.candidate, files };
}

/** The candidate's record is a baseline for later runs; what the verdict rests on is evidence. */
async function save(
  out: string,
  report: Report,
  evidence: Evidence,
): Promise<Pick<Outcome, 'files'> & { notes: string[] }> {
  const { candidate } = evidence;
  const folder = isRed(report) ? join(out, SET_ASIDE) : out;
  const run = join(folder, runFileName(candidate));
  await makeFolder(folder);
  await saveFile(run, runText(candidate));
  const { path, notes } = await archive(out, report, evidence);
  return { files: { run, report: path }, notes };
}
