import * as core from '@actions/core';
import { artifactRuns } from './baseline/artifact.js';
import { parseConfig } from './config/inputs.js';
import { Failure, measurementFailure } from './failure.js';
import { gate, type Outcome } from './gate.js';
import { storeRun } from './github/artifacts.js';
import { connect } from './github/client.js';
import { keepComment } from './github/comment.js';
import { type GithubContext, readContext, sourceOf } from './github/context.js';
import { artifactName, commentMarker } from './github/identity.js';
import { type ActionInputs, readInputs } from './github/inputs.js';
import { actionsProgress } from './github/progress.js';
import { annotate, conclude, setOutputs, writeSummary } from './github/publish.js';
import { renderComment } from './report/comment.js';
import { renderSummary } from './report/summary.js';

/** The action: read the inputs, run the gate, publish what came out. */
async function main(): Promise<void> {
  const inputs = readInputs();
  const config = parseConfig(inputs.gate);
  const context = readContext(process.env);
  const client = () => connect({ token: inputs.token, onWait: core.info });
  const outcome = await gate(config, {
    progress: actionsProgress(),
    signal: cancellation(),
    artifacts: artifactRuns({
      connect: client,
      context,
      name: artifactName(context, inputs.name),
      history: inputs.history,
    }),
    source: sourceOf(context),
  });
  setOutputs(outcome.report, outcome.files);
  annotate(outcome.report);
  await writeSummary(renderSummary(outcome.report), outcome.report);
  if (context.leavesBaseline && config.baseline.kind === 'artifact') {
    await leaveBaseline(outcome, context, inputs);
  }
  await comment(outcome, context, inputs, client);
  conclude(outcome.report);
}

async function leaveBaseline(
  outcome: Outcome,
  context: GithubContext,
  inputs: ActionInputs,
): Promise<void> {
  core.startGroup('Store the run as a baseline for later ones');
  const name = artifactName(context, inputs.name);
  const problem = await storeRun(name, outcome.files.run, inputs.retentionDays);
  core.endGroup();
  if (problem !== undefined) core.warning(problem);
}

async function comment(
  { report }: Outcome,
  context: GithubContext,
  inputs: ActionInputs,
  client: () => ReturnType<typeof connect>,
): Promise<void> {
  const marker = commentMarker(context, inputs.name);
  const outcome = await keepComment(client, context, {
    marker,
    body: renderComment(report, { marker, runUrl: context.runUrl }),
    mode: inputs.comment,
    regressed: report.verdict === 'regressed',
  });
  if (outcome.did === 'failed') core.warning(outcome.warning);
  else if (outcome.did !== 'nothing') core.info(`Comment ${outcome.did}: ${outcome.url}`);
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
    core.info(String((error as Error).stack));
    core.setFailed(`This is a bug in syscall-gate, please report it: ${error}`);
  }
}
