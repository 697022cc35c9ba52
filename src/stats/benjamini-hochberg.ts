import { requireProbabilities } from './arguments.js';

/**
 * Benjamini and Hochberg's step-up adjustment: listing where the adjusted p-value is at most q
 * holds the expected share of false entries at q for independent or positively dependent tests.
 *
 * Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", Journal of the
 * Royal Statistical Society B 57 (1995), 289-300. Equals R's p.adjust(p, "BH").
 *
 * @param pValues in [0, 1]; an empty family gives an empty answer
 * @returns adjusted p-values, in the order given
 * @throws RangeError when a p-value is outside [0, 1]
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  requireProbabilities('pValues', pValues);
  const descending = [...pValues.entries()].sort(([, p], [, q]) => q - p);
  const adjusted = new Array<number>(pValues.length);
  let smallest = 1;
  for (const [step, [index, p]] of descending.entries()) {
    smallest = Math.min(smallest, (p * pValues.length) / (pValues.length - step));
    adjusted[index] = smallest;
  }
  return adjusted;
}
