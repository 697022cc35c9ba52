import type { GithubContext } from '../../src/github/context.js';
import { shardName } from '../../src/github/identity.js';
import { runFileName } from '../../src/record/file.js';
import type { Run, Source } from '../../src/record/run.js';
import { runText } from '../../src/record/run.js';
import { type Change, storedPair } from '../fixtures/stored.js';
import { pullRequestEvent, REPOSITORY } from './events.js';
import type { ActionRun } from './runner.js';
import type { ArtifactState } from './schemas.js';
import type { FakeGithub } from './server.js';
import { makeZip } from './zip.js';

/** A workflow with a job that measures on each machine, and one job that judges. */
const SHARDS_WORKFLOW = 'shards.yml';
const MACHINES = 3;

const { head, number: pullRequest } = pullRequestEvent().payload.pull_request;

/** The job that measures, as the action sees it. */
const MEASURING: GithubContext = {
  ...{ repository: REPOSITORY, owner: '', name: '', workflow: SHARDS_WORKFLOW },
  ...{ event: 'pull_request', branch: head.ref, commit: head.sha, compareWith: 'master' },
  ...{ leavesBaseline: false, pullRequest, job: 'measure', step: '__self' },
  ...{ runId: 0, runAttempt: 1, runUrl: '', enterpriseServer: false },
};

export const sourceOfShard = (runId: number): Source => ({
  ...{ repository: REPOSITORY, branch: head.ref, commit: head.sha, event: 'pull_request' },
  ...{ runId, runAttempt: 1 },
});

/** The archive that a shard's job stores. */
export const zipOfShard = (sides: { baseline: Run; candidate: Run }): Buffer =>
  makeZip(
    [sides.baseline, sides.candidate].map((run) => ({
      name: runFileName(run),
      content: runText(run),
    })),
  );

/** The artifact of one machine's shard in a workflow run. */
export function shardArtifact(runId: number, machine: number, change: Change): ArtifactState {
  const matrix = JSON.stringify({ machine: String(machine) }, null, 2);
  return {
    ...{ id: 100 * runId + machine, runId, expired: false },
    name: shardName(MEASURING, matrix, MACHINES, ''),
    zip: zipOfShard(storedPair(change, { machine, source: sourceOfShard(runId) })),
  };
}

/** Adds the workflow run and the shards of all machines. */
export function leaveShards(github: FakeGithub, runId: number, change: Change): void {
  knowRun(github, runId);
  const machines = Array.from({ length: MACHINES }, (_, index) => 1 + index);
  github.artifacts.push(...machines.map((machine) => shardArtifact(runId, machine, change)));
}

export const knowRun = (github: FakeGithub, runId: number): unknown =>
  github.runs.push({
    ...{ id: runId, event: 'pull_request', branch: head.ref },
    ...{ headRepository: github.repository, workflow: SHARDS_WORKFLOW },
  });

/** The job that judges the shards. It has no compiler, so it cannot measure. */
export const judging = (
  github: FakeGithub,
  runId: number,
  inputs: Record<string, string> = {},
): ActionRun => ({
  ...{ event: pullRequestEvent(), github, runId, workflow: SHARDS_WORKFLOW, job: 'verdict' },
  inputs: { shard: 'merge', ...inputs },
  environment: { PATH: '/nowhere' },
});

/** The job that measures on one machine. */
export const measuring = (
  github: FakeGithub,
  runId: number,
  machine: string,
  inputs: Record<string, string> = {},
): ActionRun => ({
  ...{ event: pullRequestEvent(), github, runId, workflow: SHARDS_WORKFLOW, job: 'measure' },
  ...{ matrix: { machine }, legs: MACHINES },
  inputs: { shard: 'measure', baseline: 'host', ...inputs },
});
