import { createHash } from 'node:crypto';
import type { GithubContext } from './context.js';

const MAX_READABLE_CHARACTERS = 48;

/**
 * What tells a gate from every other one of the repository: its workflow, its job and, through the
 * input `name`, the leg of the matrix or the step. Its runs are stored under this name; artifact
 * names are unique within a workflow run only.
 *
 * @param name the input `name`; by default the matrix as JSON, which is "null" without a matrix
 */
export const artifactName = ({ workflow, job }: GithubContext, name: string): string =>
  `syscall-gate-${slug([withoutExtension(workflow), job, distinct(name)])}`;

/** The hidden line by which a gate finds its comment among other gates' and people's. */
export const commentMarker = (context: GithubContext, name: string): string =>
  `<!-- ${artifactName(context, name)} -->`;

/** The folder for a gate's files: a job may run several gates, with one name even. */
export const folderName = (context: GithubContext, name: string): string =>
  `syscall-gate-${slug([distinct(name), context.step])}`;

/**
 * What the artifacts of all shards of a gate begin with, in the jobs that measure and in the one
 * that judges: the workflow, and the input `name` unless it is the leg of a matrix, in which those
 * that measure differ.
 */
export const shardPrefix = ({ workflow }: GithubContext, name: string): string =>
  `syscall-gate-shard-${slug([withoutExtension(workflow), isLeg(name) ? '' : name.trim()])}`;

/**
 * The artifact of one shard. A leg of a matrix keeps its name when its job is started again, so that
 * the last attempt counts; the legs that were given one `name` are told apart by their duets.
 *
 * @param legs how many jobs the matrix has, the name being that of one of them
 * @param duet id of what was measured
 */
export function shardName(
  context: GithubContext,
  name: string,
  legs: number,
  duet: string,
): string {
  const prefix = shardPrefix(context, name);
  if (!isLeg(name)) return `${prefix}-${slug([context.job])}-${duet}`;
  return `${prefix}${PLANNED}${legs}-${slug([context.job, context.step, distinct(name)])}`;
}

const PLANNED = '-of-';

/** How many shards there should be, by the name of one of them; 0 where it does not say. */
export function plannedShards(artifact: string, prefix: string): number {
  const rest = artifact.slice(prefix.length);
  return Number(rest.startsWith(PLANNED) ? /^\d{1,3}(?=-)/.exec(rest.slice(PLANNED.length)) : 0);
}

/** The input's default is the matrix as JSON: an object, or null outside a matrix. */
function isLeg(name: string): boolean {
  try {
    return typeof JSON.parse(name) === 'object';
  } catch {
    return name.trim() === '';
  }
}

const withoutExtension = (file: string): string => file.replace(/\.ya?ml$/, '');

const distinct = (name: string): string => (name.trim() === 'null' ? '' : name.trim());

/**
 * One word that is safe in artifact names and HTML comments: what people can recognise of the
 * parts, and a hash that keeps two lists of parts apart whatever was cut.
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
