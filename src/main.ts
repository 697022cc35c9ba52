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
import { mergeShards } from './flows/merge.js';
import { measureShard } from './flows/shard.js';
import { storeRun, storeShard } from './github/artifacts.js';
import { connect, type GithubClient } from './github/client.js';
import { type GithubContext, readContext, sourceOf } from './github/context.js';
import { artifactName, commentMarker, shardName } from './github/identity.js';
import type { Report } from './record/report.js';
import { renderComment, renderNotMeasured } from './render/comment.js';
import { renderSummary } from './render/summary.js';
import { isClear, isRed } from './report/words.js';
import { artifactRuns } from './stores/artifact.js';
import { runsOfThisWorkflow } from './stores/shard-artifacts.js';

/** What every step of the action needs to know. */
interface Job {
  context: GithubContext;
  inputs: ActionInputs;
  connect: () => Promise<GithubClient>;
  cancelled: AbortSignal;
}

/** The action: read the inputs, run the gate, publish what came out. */
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
    // The job that judges speaks for those that measure.
    if (error instanceof Failure && inputs.shard !== 'measure')
      await commentNotMeasured(error, job);
    throw error;
  }
}

async function runGate(config: Config, job: Job): Promise<void> {
  const outcome = await measure(config, job);
  await show(outcome);
  if (job.context.leavesBaseline && config.baseline.kind === 'artifact') {
    await leaveBaseline(outcome, job);
  }
  await close(outcome, job);
}

/** One machine of several: both runs are stored, and the verdict is another job's. */
async function measureLeg(config: Config, { context, inputs, cancelled }: Job): Promise<void> {
  requireArtifacts(context, `shard "measure"`, SHARDS_ELSEWHERE);
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
  logLine(`This machine's share is measured (artifact ${name}): the job with shard: merge judges.`);
}

/** The verdict over what all machines of this workflow run stored. */
async function mergeLegs(config: Config, job: Job): Promise<void> {
  const { connect, context, inputs } = job;
  requireArtifacts(context, `shard "merge"`, SHARDS_ELSEWHERE);
  const find = runsOfThisWorkflow({ connect, context, name: inputs.name });
  const merge = { ...config, expect: inputs.expect };
  const merged = await mergeShards(find, merge, actionsProgress());
  await show(merged);
  await close(merged, job);
}

const SHARD = { measure: measureLeg, merge: mergeLegs };

const SHARDS_ELSEWHERE =
  'measure with --shard and judge with the verb merge of the command line, over a folder that a cache or a share keeps';

function requireArtifacts(context: GithubContext, what: string, instead: string): void {
  if (!context.enterpriseServer) return;
  throw usageFailure(
    `${what} does not work on ${new URL(context.runUrl).host}, since GitHub Enterprise Server does not have the artifact service that it needs: ${instead}.`,
  );
}

function measure(config: Config, { context, inputs, connect, cancelled }: Job): Promise<Outcome> {
  if (config.baseline.kind === 'artifact') {
    const instead =
      'give host or command:CMD, measured in turn in this job, or directory:PATH with run records that a cache or a share keeps';
    requireArtifacts(context, 'baseline "artifact"', instead);
  }
  return gate(config, {
    progress: actionsProgress(),
    signal: cancelled,
    artifacts: artifactRuns({
      connect,
      context,
      name: artifactName(context, inputs.name),
      history: inputs.history,
    }),
    source: sourceOf(context),
  });
}

interface Published {
  report: Report;
  files: { report: string; run?: string };
}

/** Where people look who wait for the job. */
async function show({ report, files }: Published): Promise<void> {
  setOutputs(report, files);
  annotate(report);
  await writeSummary(renderSummary(report));
}

async function close({ report }: Published, job: Job): Promise<void> {
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

function commentReport(report: Report, job: Job): Promise<void> {
  const clear = isClear(report) ? 'clear' : 'undecided';
  return comment(job, {
    finding: isRed(report) ? 'regressed' : clear,
    render: (wasRegressed) => renderComment(report, { ...shown(job), wasRegressed }),
  });
}

/** A cancelled job has seconds left, and what cancels it is the job of a newer commit. */
async function commentNotMeasured({ message }: Failure, job: Job): Promise<void> {
  if (job.cancelled.aborted) return;
  await comment(job, {
    finding: 'not-measured',
    render: (wasRegressed) => renderNotMeasured(message, { ...shown(job), wasRegressed }),
  });
}

const shown = ({ context: { commit, runUrl } }: Job) => ({ commit, runUrl });

async function comment(
  { connect, context, inputs }: Job,
  text: Pick<StickyComment, 'finding' | 'render'>,
): Promise<void> {
  const marker = commentMarker(context, inputs.name);
  const outcome = await keepComment(connect, context, { marker, mode: inputs.comment, ...text });
  if (outcome.did === 'failed') core.warning(outcome.warning);
  else if (outcome.did !== 'nothing') logLine(`Comment ${outcome.did}: ${outcome.url}`);
}

/** The runner cancels a job with SIGINT, then SIGTERM 7.5 s later. */
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
