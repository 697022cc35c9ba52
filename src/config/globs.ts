import picomatch from 'picomatch';
import { usageFailure } from '../failure.js';

/**
 * The metrics that a glob matches.
 *
 * @param among where the ids come from, for the error sentence: "the catalogue"
 * @throws Failure (usage) for a glob that matches none of them
 */
export function metricsNamed(
  input: 'metrics' | 'margin',
  glob: string,
  ids: readonly string[],
  among: string,
): string[] {
  const found = ids.filter((id) => picomatch.isMatch(id, glob));
  if (found.length > 0) return found;
  const families = [...new Set(ids.map((id) => `${id.split('.', 1)[0]}.*`))];
  throw usageFailure(
    `${input} "${glob}" matches no metric of ${among}: give an id such as ${ids[0]}, or a glob such as ${families.join(', ')}.`,
  );
}
