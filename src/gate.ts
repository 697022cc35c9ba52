import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readDirectory, readFileRun, readOwnRuns } from './baseline/directory.js';
import type { ReadStoredRuns, StoredRuns } from './baseline/stored.js';
import { claimFolder, runFileName, SET_ASIDE, saveFile } from './baseline/write.js';
import type { Config, RunnableSpec, StoredSpec } from './config/config.js';
import { usageFailure } from './failure.js';
import { prepareBench } from './measure/bench.js';
import type { RunIdentity } from './measure/collect.js';
import type { Bench } from './measure/launch.js';
import { Session } from './measure/session.js';
import type { Progress } from './progress.js';
import type { Run, Source } from './record/run.js';
import { buildReport } from './report/build.js';
import type { Report } from './report/report.js';
import { makeTarget } from './targets/index.js';
import type { Target } from './targets/target.js';
import type { Comparison } from './verdict/comparison.js';
import { compareDuet, screenDuet } from './verdict/duet.js';
import { judge } from './verdict/judge.js';
import { comparePrediction } from './verdict/prediction.js';
import { describeSelf } from './verdict/self.js';
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
 * The whole story: compile the probe, measure both sides or one, compare, judge, write it down.
 * @throws Failure one sentence for every foreseeable cause; nothing half-written stays behind
 */
export async function gate(config: Config, surroundings: Surroundings): Promise<Outcome> {
  const { progress } = surroundings;
  await claimFolder(config.out, config.out);
  const stored = await storedRuns(config, surroundings);
  progress.phase('Compile the probe');
  const bench = await prepareBench(config, surroundings);
  const { comparison, run } = await compare(config, bench, stored, surroundings);
  const judgement = judge(comparison, config.failOn);
  const report = buildReport(comparison, judgement, VERSION, {
    baseline: config.baseline.spec,
    candidate: config.candidate.spec,
  });
  const files = await save(config.out, run, report);
  progress.end();
  return { report, run, files };
}

interface Evidence {
  comparison: Comparison;
  run: Run;
}

function compare(
  config: Config,
  bench: Bench,
  stored: StoredRuns | RunnableSpec,
  surroundings: Surroundings,
): Promise<Evidence> {
  const candidate = makeTarget(config.candidate);
  if ('kind' in stored) return duel(config, bench, makeTarget(stored), candidate, surroundings);
  if (stored.runs.length === 0) return selfPortrait(config, bench, stored, candidate, surroundings);
  return predict(config, bench, stored, candidate, surroundings);
}

/** Both sides can be run here: interleave them, screen all metrics, confirm the flagged ones. */
async function duel(
  config: Config,
  bench: Bench,
  baseline: Target,
  candidate: Target,
  { progress, source }: Surroundings,
): Promise<Evidence> {
  const session = new Session(bench, { baseline, candidate }, config.durationMs, progress);
  const identify = identities(source);
  const runs = (): { before: Run; after: Run } => ({
    before: session.baselineRun(baseline, identify('baseline')),
    after: session.candidateRun(identify('candidate')),
  });
  progress.phase('Warm up');
  await session.warmUp();
  progress.phase('Measure both sides in turn');
  await session.screen();
  const screened = runs();
  const { flagged, leastPairs } = screenDuet(screened.before, screened.after, config);
  if (flagged.length > 0) {
    progress.phase(`Confirm ${flagged.length} flagged metrics on fresh launches`);
    await session.confirm(flagged, leastPairs);
  }
  const { before, after } = runs();
  return { comparison: compareDuet(before, after, config), run: after };
}

/** The baseline is stored runs: measure the candidate and ask whether they predict it. */
async function predict(
  config: Config,
  bench: Bench,
  stored: StoredRuns,
  candidate: Target,
  { progress, source }: Surroundings,
): Promise<Evidence> {
  const identify = identities(source);
  const session = new Session(bench, { candidate }, config.durationMs, progress);
  progress.phase('Warm up');
  await session.warmUp();
  progress.phase(`Measure, to compare with ${stored.origin}`);
  await session.screen(1);
  const run = session.candidateRun(identify('candidate'));
  return { comparison: comparePrediction(stored, run, config), run };
}

/** Nothing to compare with: the candidate against itself shows what this machine can tell apart. */
async function selfPortrait(
  config: Config,
  bench: Bench,
  stored: StoredRuns,
  candidate: Target,
  { progress, source }: Surroundings,
): Promise<Evidence> {
  progress.note(
    `There is no earlier run in ${stored.origin}, so the candidate is measured against itself, which shows what this machine can tell apart.`,
  );
  const identify = identities(source);
  const session = new Session(
    bench,
    { baseline: candidate, candidate },
    config.durationMs,
    progress,
  );
  progress.phase('Warm up');
  await session.warmUp();
  progress.phase('Measure the candidate against itself');
  await session.screen(1);
  const before = session.baselineRun(candidate, identify('baseline'));
  const after = session.candidateRun(identify('candidate'));
  const run = session.pooledRun(identify('candidate'));
  return { comparison: describeSelf(before, after, run, stored, config), run };
}

/** Earlier runs, or the spec of a baseline that will be run here. */
async function storedRuns(
  config: Config,
  surroundings: Surroundings,
): Promise<StoredRuns | RunnableSpec> {
  const { baseline } = config;
  if (baseline.kind === 'host' || baseline.kind === 'command') return baseline;
  surroundings.progress.phase('Look for earlier runs');
  const stored = await readStored(baseline, config.candidate.spec, surroundings.artifacts);
  for (const sentence of stored.skipped) surroundings.progress.warn(sentence);
  return stored;
}

function readStored(
  baseline: StoredSpec,
  candidateSpec: string,
  artifacts: ReadStoredRuns | undefined,
): Promise<StoredRuns> {
  switch (baseline.kind) {
    case 'own':
      return readOwnRuns(baseline.path, baseline.shown, candidateSpec);
    case 'directory':
      return readDirectory(baseline.path, baseline.shown);
    case 'file':
      return readFileRun(baseline.path, baseline.shown);
    case 'artifact':
      if (artifacts) return artifacts();
      throw usageFailure(
        'baseline "artifact" needs the earlier runs of a GitHub workflow and this is not one: give directory:PATH, file:PATH or host.',
      );
  }
}

function identities(source: Source | undefined): (side: string) => RunIdentity {
  const startedAt = new Date().toISOString();
  const ids = new Map<string, string>();
  return (side) => {
    const id = ids.get(side) ?? randomBytes(8).toString('hex');
    ids.set(side, id);
    return { id, startedAt, tool: VERSION, ...(source ? { source } : {}) };
  };
}

async function save(out: string, run: Run, report: Report): Promise<Outcome['files']> {
  const folder = report.verdict === 'regressed' ? join(out, SET_ASIDE) : out;
  const files = { report: join(out, 'report.json'), run: join(folder, runFileName(run)) };
  await mkdir(folder, { recursive: true });
  await saveFile(files.run, `${JSON.stringify(run)}\n`);
  await saveFile(files.report, `${JSON.stringify(report, null, 2)}\n`);
  return files;
}
