import { join } from 'node:path';
import { getInput } from '@actions/core';
import type { RawInputs } from '../config/inputs.js';
import { type CountRange, EXPECTED, parseChoice, parseCount } from '../config/values.js';
import type { GithubContext } from '../github/context.js';
import { folderName } from '../github/identity.js';
import { COMMENT_MODES, type CommentMode } from './comment.js';

const SHARD_PARTS = ['measure', 'merge'] as const;
export type ShardPart = (typeof SHARD_PARTS)[number];

/** What action.yml lets a workflow say: the gate's own inputs, still raw, and how to publish. */
export interface ActionInputs {
  gate: RawInputs;
  comment: CommentMode;
  token: string;
  name: string;
  /** What part of a comparison over several machines this step has; none by default. */
  shard: ShardPart | undefined;
  /**
   * How many shards there should be. Where it judges, fewer are no verdict; where it measures, what
   * the one that judges is told.
   */
  expect: number;
  /** How long a run record is kept; 0 for what the repository's settings say. */
  retentionDays: number;
}

/**
 * Reads the inputs that the runner put into the environment.
 * @throws Failure (usage) naming the input, what is wrong and what is allowed
 */
export function readInputs(context: GithubContext): ActionInputs {
  const name = getInput('name');
  return {
    gate: {
      candidate: getInput('candidate'),
      baseline: getInput('baseline') || 'artifact',
      containerEngine: getInput('container-engine'),
      kernelOptions: getInput('kernel-options'),
      duration: getInput('duration'),
      margin: getInput('margin'),
      metrics: getInput('metrics'),
      alpha: getInput('alpha'),
      failOn: getInput('fail-on'),
      evidence: getInput('evidence'),
      history: getInput('history'),
      out: getInput('out') || join(process.env['RUNNER_TEMP'] || '.', folderName(context, name)),
    },
    comment: parseChoice('comment', getInput('comment') || 'on-regression', COMMENT_MODES),
    token: getInput('github-token'),
    name,
    shard: getInput('shard') ? parseChoice('shard', getInput('shard'), SHARD_PARTS) : undefined,
    expect: readCount('expect', EXPECTED, 1),
    retentionDays: readCount('retention-days', { lowest: 0, highest: 400 }, 0),
  };
}

function readCount(input: string, range: CountRange, usual: number): number {
  const text = getInput(input);
  return text === '' ? usual : parseCount(input, text, range);
}
