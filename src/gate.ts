import { join } from 'node:path';
import { openBaseline } from './baseline/open.js';
import type { ReadStoredRuns } from './baseline/stored.js';
import { claimFolder, runFileName, SET_ASIDE, saveFile } from './baseline/write.js';
import type { Config } from './config/config.js';
import { gatherEvidence } from './evidence.js';
import { makeFolder } from './folder.js';
import { prepareBench } from './measure/bench.js';
import type { Progress } from './progress.js';
import type { Run, Source } from './record/run.js';
import { buildReport } from './report/build.js';
import type { Report } from './report/report.js';
import { judge } from './verdict/judge.js';
import { VERSION } from './version.js';

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
 * @throws Failure one sentence for every foreseeable cause; nothing half-written stays behind
 */
export async function gate(config: Config, surroundings: Surroundings): Promise<Outcome> {
  const { progress } = surroundings;
  await claimFolder(config.out);
  const baseline = await openBaseline(config, surroundings);
  const bench = await prepareBench(config, surroundings);
  const { comparison, run } = await gatherEvidence(config, bench, baseline, surroundings);
  const judgement = judge(comparison, config.failOn);
  const report = buildReport(comparison, judgement, VERSION, {
    baseline: config.baseline.spec,
    candidate: config.candidate.spec,
  });
  const files = await save(config.out, run, report);
  progress.end();
  return { report, run, files };
}

async function save(out: string, run: Run, report: Report): Promise<Outcome['files']> {
  const folder = report.verdict === 'regressed' ? join(out, SET_ASIDE) : out;
  const files = { report: join(out, 'report.json'), run: join(folder, runFileName(run)) };
  await makeFolder(folder);
  await saveFile(files.run, `${JSON.stringify(run)}\n`);
  await saveFile(files.report, `${JSON.stringify(report, null, 2)}\n`);
  return files;
}
