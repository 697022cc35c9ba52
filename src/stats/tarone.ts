import { requireLevel, requireProbabilities } from './arguments.js';

/** The p of an exact test, and the smallest p that its data could have given. */
interface DiscreteTest {
  p: number;
  smallestP: number;
}

/**
 * Which tests of a family of exact tests reject, at a family-wise level. A test whose smallest
 * possible p is above the level can never reject, so it takes no share of the level. Bonferroni's
 * divisor becomes the smallest K for which at most K tests can get below alpha / K.
 *
 * Holds the level for any dependence between the tests, provided that each test fixes whatever its
 * smallest p depends on (Fisher's test fixes the margins of its table).
 *
 * Source: R. E. Tarone, "A modified Bonferroni method for discrete data", Biometrics 46 (1990),
 * 515-522.
 *
 * @returns in the order given
 * @throws RangeError when a p is outside [0, 1]
 */
export function tarone(tests: readonly DiscreteTest[], alpha: number): boolean[] {
  requireLevel('alpha', alpha);
  requireProbabilities(
    'p',
    tests.map(({ p }) => p),
  );
  requireProbabilities(
    'smallestP',
    tests.map(({ smallestP }) => smallestP),
  );
  let divisor = 1;
  while (tests.filter(({ smallestP }) => smallestP <= alpha / divisor).length > divisor) divisor++;
  return tests.map(({ p }) => p <= alpha / divisor);
}
