import { requireNotNegative } from './arguments.js';

/** Two samples, and how many in each have a property. */
export interface TwoByTwo {
  /** Of `firstSize`. */
  first: number;
  firstSize: number;
  /** Of `secondSize`. */
  second: number;
  secondSize: number;
}

export interface FisherTest {
  /** p of H0: the first sample has the property no more often than the second. */
  greater: number;
  /** The smallest p that so many with the property can give, whichever way they fall. */
  least: number;
}

/**
 * Fisher's exact test, one-sided: given how many have the property in all, those of the first sample
 * are hypergeometric when it makes no difference which sample one is in.
 *
 * Source: R. A. Fisher, Journal of the Royal Statistical Society 98 (1935), 39-54. Equals R's
 * fisher.test(…, alternative = "greater").
 *
 * @throws RangeError when a count is no whole number, or above the size of its sample
 */
export function fisherTest(table: TwoByTwo): FisherTest {
  const { first, firstSize, second, secondSize } = table;
  for (const [name, value] of Object.entries(table)) requireNotNegative(name, value);
  if (!Object.values(table).every(Number.isSafeInteger)) {
    throw new RangeError('counts must be whole numbers');
  }
  if (first > firstSize || second > secondSize) {
    throw new RangeError(`${first} of ${firstSize} and ${second} of ${secondSize} are no shares`);
  }
  const all = first + second;
  const most = Math.min(all, firstSize);
  let term = shareOfMost(all, firstSize, secondSize);
  const least = term;
  let tail = term;
  for (let count = most; count > first; count--) {
    term *= (count * (secondSize - all + count)) / ((firstSize - count + 1) * (all - count + 1));
    tail += term;
  }
  return { greater: Math.min(1, tail), least: Math.min(1, least) };
}

/** The probability that the first sample has as many of them as it can have. */
function shareOfMost(all: number, firstSize: number, secondSize: number): number {
  const size = firstSize + secondSize;
  // Either all of them are in the first sample, or all of the first sample are among them.
  const [drawn, from] = all <= firstSize ? [all, firstSize] : [firstSize, all];
  let share = 1;
  for (let i = 0; i < drawn; i++) share *= (from - i) / (size - i);
  return share;
}
