/**
 * How the evidence of a comparison was gathered.
 * - `paired`: both sides measured in turn in this job;
 * - `stored`: this job's candidate against stored runs of earlier jobs;
 * - `shards`: a paired comparison on each of several machines;
 * - `self`: there is nothing to compare with; the candidate against itself, for the noise floor.
 */
export const DESIGNS = ['paired', 'stored', 'shards', 'self'] as const;

export type Design = (typeof DESIGNS)[number];
