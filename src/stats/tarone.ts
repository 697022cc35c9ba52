import { requireLevel, requireProbabilities } from './arguments.js';

/** An exact test, and the smallest p that its data could have given. */
export interface DiscreteTest {
  p: number;
  least: number;
}

/**
 * Which of a family of exact tests reject, at a family-wise level. A test whose smallest possible p
 * is above the level can never reject, and takes no share of it: Bonferroni's divisor is the
 * smallest K for which no more than K tests can get under alpha / K.
 *
 * Holds the level whatever the dependence between the tests, as long as what a test's smallest p
 * depends on is held fixed in it (as the margins are in Fisher's).
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
    'least',
    tests.map(({ least }) => least),
  );
  let divisor = 1;
  while (tests.filter(({ least }) => least <= alpha / divisor).length > divisor) divisor++;
  return tests.map(({ p }) => p <= alpha / divisor);
}
