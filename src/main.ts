import * as core from '@actions/core';
import { keepComment, type StickyComment } from './action/comment.js';
import { type ActionInputs, readInputs } from './action/inputs.js';
import { logLine } from './action/log.js';
import { actionsProgress } from './action/progress.js';
import { annotate, conclude, setOutputs, writeSummary } from './action/publish.js';
import type { Config } from './config/config.js';
import { parseConfig } from './config/inputs.js';
import { Failure, measurementFailure, usageFailure } from './failure.js';
import { gate, type Outcome } from './flows/gate.js';
import { keepKernel, refuseToKeep } from './flows/keep-kernel.js';
import { mergeShards } from './flows/merge.js';
import { measureShard } from './flows/shard.js';
import { storeRun, storeShard } from './github/artifacts.js';
import { connect, type GithubClient } from './github/client.js';
import { type GithubContext, readContext, sourceOf } from './github/context.js';
import { artifactName, commentMarker, shardName } from './github/identity.js';
import type { Report } from './record/report.js';
import { isRed } from './record/verdict.js';
import { renderComment, renderNotMeasured } from './render/comment.js';
import { renderSummary } from './render/summary.js';
import { isClear } from './report/verdict-words.js';
import { kernelsInArtifacts } from './stores/kernel-artifacts.js';
import { shardsInArtifacts } from './stores/shard-artifacts.js';
import { runsInArtifacts } from './stores/stored-artifacts.js';
import type { KeptKernels } from './targets/kernel/kept.js';

/** What every step of the action needs. */
interface Job {
  context: GithubContext;
  inputs: ActionInputs;
  connect: () => Promise<GithubClient>;
  cancelled: AbortSignal;
}

/** The action: reads the inputs, runs the gate and publishes the result. */
async function main(): Promise<void> {
  const context = readContext(process.env);
  const inputs = readInputs(context);
  const job: Job = {
    context,
    inputs,
    connect: () => connect({ token: inputs.token, onWait: logLine }),
    cancelled: cancellation(),
  };
  try {
    await (inputs.shard === undefined ? runGate : SHARD[inputs.shard])(
      parseConfig(inputs.gate),
      job,
    );
  } catch (error) {
    // Only the job that judges comments, for all jobs that measure.
    if (error instanceof Failure && inputs.shard !== 'measure')
      await commentNotMeasured(error, job);
    throw error;
  }
}

async function runGate(config: Config, job: Job): Promise<void> {
  const { context, inputs, connect, cancelled } = job;
  const { retentionDays } = inputs;
  const keptKernels = kernelsInArtifacts({ connect, context, retentionDays, signal: cancelled });
  const outcome = await measure(config, job, keptKernels);
  await publish(outcome);
  if (context.leavesBaseline && storesRuns(config)) {
    await leaveBaseline(outcome, job);
    await leaveKernel(config, outcome, keptKernels);
  }
  await commentAndConclude(outcome, job);
}

/** Whether the baseline is the artifacts of earlier workflow runs, so that this one leaves one too. */
const storesRuns = ({ baseline }: Config): boolean =>
  baseline.kind === 'artifact' || baseline.kind === 'auto';

/**
 * Measures on one machine of several: stores the runs of both sides and leaves the verdict to
 * another job.
 */
async function measureOneShard(config: Config, { context, inputs, cancelled }: Job): Promise<void> {
  requireArtifacts(context, `shard "measure"`, SHARDS_INSTEAD);
  const { id, files } = await measureShard(config, {
    progress: actionsProgress(),
    signal: cancelled,
    source: sourceOf(context),
  });
  const name = shardName(context, inputs.name, inputs.expect, id);
  core.startGroup('Store both runs for the job that judges');
  await storeShard(name, Object.values(files), inputs.retentionDays);
  core.endGroup();
  core.setOutput('run', files.candidate);
  logLine(
    `This machine's share is measured (artifact ${name}); the job with "shard: merge" gives the verdict.`,
  );
}

/** Gives the verdict over the shards that all machines of this workflow run stored. */
async function mergeAllShards(config: Config, job: Job): Promise<void> {
  const { connect, context, inputs } = job;
  refuseToKeep(config);
  requireArtifacts(context, `shard "merge"`, SHARDS_INSTEAD);
  const find = shardsInArtifacts({ connect, context, name: inputs.name });
  const merge = { ...config, expect: inputs.expect };
  const merged = await mergeShards(find, merge, actionsProgress());
  await publish(merged);
  await commentAndConclude(merged, job);
}

const SHARD = { measure: measureOneShard, merge: mergeAllShards };

const SHARDS_INSTEAD =
  'use the command line instead: measure with --shard, keep the out folders in a cache or on a network share, and run "syscall-gate merge" over them';

function requireArtifacts(context: GithubContext, what: string, instead: string): void {
  if (!context.enterpriseServer) return;
  throw usageFailure(
    `${what} does not work on ${new URL(context.runUrl).host}, because GitHub Enterprise Server lacks the artifact service that it needs: ${instead}.`,
  );
}

function measure(
  config: Config,
  { context, inputs, connect, cancelled }: Job,
  keptKernels: KeptKernels,
): Promise<Outcome> {
  if (config.keepKernel) requireKeeping(config, context);
  if (storesRuns(config)) {
    const instead =
      'give host or command:CMD to measure the baseline in this job too, or directory:PATH with run records from a cache or a network share';
    requireArtifacts(context, `baseline "${config.baseline.spec}"`, instead);
  }
  return gate(config, {
    progress: actionsProgress(),
    signal: cancelled,
    keptKernels,
    artifacts: runsInArtifacts({
      connect,
      context,
      name: artifactName(context, inputs.name),
      history: config.history,
    }),
    source: sourceOf(context),
  });
}

function requireKeeping(config: Config, context: GithubContext): void {
  const instead =
    'leave keep-kernel out, and name a baseline kernel:PATH that is measured in this job too';
  requireArtifacts(context, 'keep-kernel', instead);
  if (storesRuns(config)) return;
  throw usageFailure(
    `keep-kernel keeps the kernel of a run that is stored for later ones, and with baseline "${config.baseline.spec}" no run is stored: give baseline auto, or leave keep-kernel out.`,
  );
}

interface Published {
  report: Report;
  files: { report: string; run?: string };
}

/** Publishes the result where people look while the job runs: outputs, annotations and summary. */
async function publish({ report, files }: Published): Promise<void> {
  setOutputs(report, files);
  annotate(report);
  await writeSummary(renderSummary(report));
}

async function commentAndConclude({ report }: Published, job: Job): Promise<void> {
  await commentReport(report, job);
  conclude(report);
}

async function leaveBaseline({ files }: Outcome, { context, inputs }: Job): Promise<void> {
  core.startGroup('Store the run as a baseline for later ones');
  const name = artifactName(context, inputs.name);
  const problem = await storeRun(name, files.run, inputs.retentionDays);
  core.endGroup();
  if (problem !== undefined) core.warning(problem);
}

async function leaveKernel(
  config: Config,
  { run }: Outcome,
  keptKernels: KeptKernels,
): Promise<void> {
  if (!config.keepKernel) return;
  core.startGroup('Keep the kernel for later runs');
  const problem = await keepKernel(config, run, keptKernels);
  core.endGroup();
  if (problem !== undefined) core.warning(problem);
}

function commentReport(report: Report, job: Job): Promise<void> {
  const clear = isClear(report) ? 'clear' : 'undecided';
  return comment(job, {
    finding: isRed(report) ? 'regressed' : clear,
    render: (wasRegressed) => renderComment(report, { ...runDetails(job), wasRegressed }),
  });
}

/**
 * A cancelled job has only seconds left, and it is usually cancelled by the job of a newer commit.
 */
async function commentNotMeasured({ message }: Failure, job: Job): Promise<void> {
  if (job.cancelled.aborted) return;
  await comment(job, {
    finding: 'not-measured',
    render: (wasRegressed) => renderNotMeasured(message, { ...runDetails(job), wasRegressed }),
  });
}

const runDetails = ({ context: { commit, runUrl } }: Job) => ({ commit, runUrl });

async function comment(
  { connect, context, inputs }: Job,
  text: Pick<StickyComment, 'finding' | 'render'>,
): Promise<void> {
  const marker = commentMarker(context, inputs.name);
  const outcome = await keepComment(connect, context, { marker, mode: inputs.comment, ...text });
  if (outcome.did === 'failed') core.warning(outcome.warning);
  else if (outcome.did !== 'nothing') logLine(`Comment ${outcome.did}: ${outcome.url}`);
}

/** The runner cancels a job with SIGINT, and with SIGTERM 7.5 s later. */
function cancellation(): AbortSignal {
  const controller = new AbortController();
  const cancel = () =>
    controller.abort(
      measurementFailure('The job was cancelled before everything was measured: run it again.'),
    );
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  return controller.signal;
}

try {
  await main();
} catch (error) {
  core.endGroup();
  if (error instanceof Failure) {
    core.setFailed(error.message);
  } else {
    for (const line of String((error as Error).stack).split('\n')) logLine(line);
    core.setFailed(`This is a bug in syscall-gate, please report it: ${error}`);
  }
}
