import { join } from 'node:path';
import { archive } from '../archive/write.js';
import type { Config } from '../config/config.js';
import { CleanUp } from '../files/clean-up.js';
import { makeFolder } from '../files/folder.js';
import { claimFolder, saveFile } from '../files/write.js';
import { gatherEvidence } from '../gather/evidence.js';
import { prepareBench } from '../measure/bench.js';
import { runFileName, SET_ASIDE } from '../record/file.js';
import type { Report } from '../record/report.js';
import { type Run, runText } from '../record/run.js';
import { isRed } from '../record/verdict.js';
import { type Baseline, openBaseline } from '../stores/open.js';
import type { ReadStoredRuns } from '../stores/stored-runs.js';
import type { KeptKernels } from '../targets/kernel/kept.js';
import type { Evidence } from '../verdict/evidence.js';
import { judgeEvidence } from './judge.js';
import type { Surroundings } from './surroundings.js';

export interface Outcome {
  report: Report;
  /** The candidate's record. */
  run: Run;
  /** Absolute paths of what was written. */
  files: { report: string; run: string };
}

interface GateSurroundings extends Surroundings {
  /** Earlier runs of this workflow; only there inside one. */
  artifacts?: ReadStoredRuns;
  /** Kernel images that earlier runs kept. */
  keptKernels?: KeptKernels;
}

/**
 * The whole gate: finds the baseline, compiles the probe, measures one side or both in turn, judges,
 * and writes report and evidence.
 *
 * @param prepare gets the compiled parts; only tests, which compile nothing, pass another function
 * @throws Failure with one sentence for every foreseeable cause; no half-written file stays behind
 */
export async function gate(
  config: Config,
  surroundings: GateSurroundings,
  prepare: typeof prepareBench = prepareBench,
): Promise<Outcome> {
  const { progress } = surroundings;
  await claimFolder(config.out);
  const { baseline, evidence } = await measure(config, surroundings, prepare);
  const origin = {
    ...{ baseline: baseline.spec, candidate: config.candidate.spec },
    choice: baseline.choice,
  };
  const judged = judgeEvidence(evidence, config, origin);
  const run = await leaveRun(config.out, evidence.candidate, judged.report);
  const { path: report, notes } = await archive(config.out, judged);
  for (const sentence of notes) progress.note(sentence);
  progress.end();
  return { report: judged.report, run: evidence.candidate, files: { report, run } };
}

/** Finds the baseline and measures. What was brought back for the baseline is removed in the end. */
async function measure(
  config: Config,
  surroundings: GateSurroundings,
  prepare: typeof prepareBench,
): Promise<{ baseline: Baseline; evidence: Evidence }> {
  const cleanUp = new CleanUp();
  try {
    const baseline = await openBaseline(config, { ...surroundings, cleanUp });
    const bench = await prepare(config, surroundings);
    return { baseline, evidence: await gatherEvidence(config, bench, baseline, surroundings) };
  } finally {
    for (const sentence of await cleanUp.now()) surroundings.progress.warn(sentence);
  }
}

/**
 * Leaves the candidate's record as a baseline for later runs. A run that regressed is set aside.
 *
 * @returns where it is
 */
async function leaveRun(out: string, run: Run, report: Report): Promise<string> {
  const folder = isRed(report) ? join(out, SET_ASIDE) : out;
  const path = join(folder, runFileName(run));
  await makeFolder(folder);
  await saveFile(path, runText(run));
  return path;
}
