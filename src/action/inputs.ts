import { join } from 'node:path';
import { getInput } from '@actions/core';
import type { RawInputs } from '../config/inputs.js';
import { type CountRange, EXPECTED, parseChoice, parseCount } from '../config/values.js';
import type { GithubContext } from '../github/context.js';
import { folderName } from '../github/identity.js';
import { COMMENT_MODES, type CommentMode } from './comment.js';

const SHARD_PARTS = ['measure', 'merge'] as const;
type ShardPart = (typeof SHARD_PARTS)[number];

/** The inputs of action.yml: the gate's own inputs, still unparsed, and how to publish. */
export interface ActionInputs {
  gate: RawInputs;
  comment: CommentMode;
  token: string;
  name: string;
  /** Which part of a comparison over several machines this step does; undefined for all of it. */
  shard: ShardPart | undefined;
  /**
   * How many shards there should be. The job that judges gives no verdict with fewer; a job that
   * measures passes the number on to it.
   */
  expect: number;
  /** How many days a run record is kept; 0 for the repository's own setting. */
  retentionDays: number;
}

/**
 * Reads the inputs that the runner put into the environment.
 * @throws Failure (usage) that names the input, what is wrong and what is allowed
 */
export function readInputs(context: GithubContext): ActionInputs {
  const name = getInput('name');
  return {
    gate: {
      candidate: getInput('candidate'),
      baseline: getInput('baseline'),
      containerEngine: getInput('container-engine'),
      kernelOptions: getInput('kernel-options'),
      baselineSetup: getInput('baseline-setup'),
      duration: getInput('duration'),
      margin: getInput('margin'),
      metrics: getInput('metrics'),
      alpha: getInput('alpha'),
      failOn: getInput('fail-on'),
      evidence: getInput('evidence'),
      history: getInput('history'),
      keepKernel: getInput('keep-kernel'),
      out: getInput('out') || join(process.env['RUNNER_TEMP'] || '.', folderName(context, name)),
    },
    comment: parseChoice('comment', getInput('comment') || 'on-regression', COMMENT_MODES),
    token: getInput('github-token'),
    name,
    shard: getInput('shard') ? parseChoice('shard', getInput('shard'), SHARD_PARTS) : undefined,
    expect: readCount('expect', EXPECTED, 1),
    retentionDays: readCount('retention-days', { min: 0, max: 400 }, 0),
  };
}

function readCount(input: string, range: CountRange, fallback: number): number {
  const text = getInput(input);
  return text === '' ? fallback : parseCount(input, text, range);
}
