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
