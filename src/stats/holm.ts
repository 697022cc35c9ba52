import { requireProbabilities } from './arguments.js';

/**
 * Holm's step-down adjustment. Rejecting where the adjusted p-value is at most α keeps the
 * family-wise error level at α, for any dependence between the tests.
 *
 * Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
 * of Statistics 6 (1979), 65-70. Equals R's p.adjust(p, "holm").
 *
 * @param pValues in [0, 1]; an empty family gives an empty result
 * @returns adjusted p-values, in the order given
 * @throws RangeError when a p-value is outside [0, 1]
 */
export function holm(pValues: readonly number[]): number[] {
  requireProbabilities('pValues', pValues);
  const ascending = [...pValues.entries()].sort(([, p], [, q]) => p - q);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [step, [index, p]] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - step) * p));
    adjusted[index] = largest;
  }
  return adjusted;
}
