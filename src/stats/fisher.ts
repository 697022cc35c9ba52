import { requireNotNegative } from './arguments.js';

/** Two samples, and how many members of each have a property. */
interface TwoByTwo {
  /** Out of `firstSize`. */
  first: number;
  firstSize: number;
  /** Out of `secondSize`. */
  second: number;
  secondSize: number;
}

export interface FisherTest {
  /** p of H0: the first sample has the property no more often than the second. */
  greater: number;
  /** The smallest p that this total number with the property can give, however it is divided. */
  smallestP: number;
}

/**
 * Fisher's exact test, one-sided. Given the total number with the property, the number in the first
 * sample is hypergeometric if both samples have it equally often.
 *
 * Source: R. A. Fisher, Journal of the Royal Statistical Society 98 (1935), 39-54. Equals R's
 * fisher.test(…, alternative = "greater").
 *
 * @throws RangeError when a count is not a whole number, or exceeds the size of its sample
 */
export function fisherTest(table: TwoByTwo): FisherTest {
  const { first, firstSize, second, secondSize } = table;
  for (const [name, value] of Object.entries(table)) requireNotNegative(name, value);
  if (!Object.values(table).every(Number.isSafeInteger)) {
    throw new RangeError('counts must be whole numbers');
  }
  if (first > firstSize || second > secondSize) {
    throw new RangeError(
      `${first} of ${firstSize} and ${second} of ${secondSize} exceed the sample size`,
    );
  }
  const all = first + second;
  const maxCount = Math.min(all, firstSize);
  let term = shareOfMost(all, firstSize, secondSize);
  const smallestP = term;
  let tail = term;
  for (let count = maxCount; count > first; count--) {
    term *= (count * (secondSize - all + count)) / ((firstSize - count + 1) * (all - count + 1));
    tail += term;
  }
  return { greater: Math.min(1, tail), smallestP: Math.min(1, smallestP) };
}

/** The probability that the first sample has as many members with the property as possible. */
function shareOfMost(all: number, firstSize: number, secondSize: number): number {
  const size = firstSize + secondSize;
  // Either every member with the property is in the first sample, or the whole sample has it.
  const [drawn, from] = all <= firstSize ? [all, firstSize] : [firstSize, all];
  let share = 1;
  for (let i = 0; i < drawn; i++) share *= (from - i) / (size - i);
  return share;
}
