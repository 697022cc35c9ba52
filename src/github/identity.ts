import { createHash } from 'node:crypto';
import type { GithubContext } from './context.js';

const MAX_READABLE_CHARACTERS = 48;

/**
 * The artifact name of a gate, under which its runs are stored. It tells the gate from all others
 * of the repository by its workflow, its job and the input `name`, which names the leg of the
 * matrix or the step. Artifact names are unique within one workflow run only.
 *
 * @param name the input `name`; by default the matrix as JSON, which is "null" without a matrix
 */
export const artifactName = ({ workflow, job }: GithubContext, name: string): string =>
  `syscall-gate-${slug([withoutExtension(workflow), job, distinguishingName(name)])}`;

/** The hidden line by which a gate tells its comment from those of other gates and of people. */
export const commentMarker = (context: GithubContext, name: string): string =>
  `<!-- ${artifactName(context, name)} -->`;

/**
 * The folder for a gate's files. The step is part of it, since a job may run several gates, even
 * with one name.
 */
export const folderName = (context: GithubContext, name: string): string =>
  `syscall-gate-${slug([distinguishingName(name), context.step])}`;

/**
 * The prefix of all shard artifacts of a gate, the same in the jobs that measure and in the one
 * that judges. It holds the workflow and the input `name`. A `name` that is a leg of a matrix is
 * left out, because it differs between the jobs that measure.
 */
export const shardPrefix = ({ workflow }: GithubContext, name: string): string =>
  `syscall-gate-shard-${slug([withoutExtension(workflow), isLeg(name) ? '' : name.trim()])}`;

/**
 * The artifact name of one shard. A leg of a matrix keeps its name when its job is started again,
 * so that the last attempt counts. Jobs that share one given `name` are told apart by their paired
 * comparisons.
 *
 * @param legs number of jobs in the matrix, if `name` is one of its legs
 * @param pairedId id of the paired comparison
 */
export function shardName(
  context: GithubContext,
  name: string,
  legs: number,
  pairedId: string,
): string {
  const prefix = shardPrefix(context, name);
  if (!isLeg(name)) return `${prefix}-${slug([context.job])}-${pairedId}`;
  return `${prefix}${PLANNED}${legs}-${slug([context.job, context.step, distinguishingName(name)])}`;
}

/** Digits of a digest that are enough to tell the kernels of a repository apart. */
const DIGEST_DIGITS = 16;

/** The artifact name of a kernel image. It is the same for all gates, since it names the content. */
export const kernelArtifactName = (sha256: string): string =>
  `syscall-gate-kernel-${sha256.slice(0, DIGEST_DIGITS)}`;

const PLANNED = '-of-';

/**
 * How many shards there should be, according to the name of one of them; 0 if the name does not
 * say.
 */
export function plannedShards(artifact: string, prefix: string): number {
  const rest = artifact.slice(prefix.length);
  return Number(rest.startsWith(PLANNED) ? /^\d{1,3}(?=-)/.exec(rest.slice(PLANNED.length)) : 0);
}

/** The input's default is the matrix as JSON: an object, or null without a matrix. */
function isLeg(name: string): boolean {
  try {
    return typeof JSON.parse(name) === 'object';
  } catch {
    return name.trim() === '';
  }
}

const withoutExtension = (file: string): string => file.replace(/\.ya?ml$/, '');

const distinguishingName = (name: string): string => (name.trim() === 'null' ? '' : name.trim());

/**
 * One word that is safe in artifact names and HTML comments: a readable part, and a hash that keeps
 * different lists apart where the readable part is cut.
 */
function slug(parts: string[]): string {
  const readable = parts
    .join('-')
    .replaceAll(/[^A-Za-z0-9._]+/g, '-')
    .slice(0, MAX_READABLE_CHARACTERS)
    .replaceAll(/^-+|-+$/g, '');
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${readable}-${hash.slice(0, 8)}`;
}
