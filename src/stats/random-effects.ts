import { requireLevel, requireNotNegative, requirePositive, requireSome } from './arguments.js';
import { moderatedVariance, type VariancePrior } from './moderated.js';
import { type StudentTest, studentTest } from './student-test.js';

/** What one machine says of a change, on the log scale. */
export interface MachineEstimate {
  estimate: number;
  /** Of the noise inside the machine alone: 0 or more. */
  standardError: number;
}

/**
 * The change behind the estimates of several machines, each of which has its own: a random-effects
 * model θ_j = Δ + b_j + e_j with Var b_j = τ² between machines and Var e_j = s_j² inside one.
 *
 * Weights are w_j = 1 / (τ₀² + s_j²) with the prior's τ₀, so that they do not depend on the
 * estimates. Var θ_j is taken for φ / w_j; φ is observed as Knapp and Hartung's
 * q = Σ w_j (θ_j − θ̄)² / (k − 1) and moderated by the prior, which says φ = 1 and is worth ν₀
 * observations: φ̃ = (ν₀ + (k − 1) q) / (ν₀ + k − 1). Then (θ̄ − Δ) / √(φ̃ / Σw) follows Student's t
 * with ν₀ + k − 1 degrees of freedom under that prior. One machine gives k − 1 = 0, and the prior
 * alone answers for what other machines might have said; each further machine takes weight from it.
 *
 * Machines that happen to agree make nothing surer than their own noise does: the standard error is
 * never below √(Σ w_j² s_j²) / Σw, what it would be if all machines were alike.
 *
 * By simulation (test/unit/stats/random-effects.test.ts) the level holds for 1 to 8 machines when τ
 * is at most τ₀. Where τ is twice τ₀ it does not: a nominal 0.05 is 0.15 for one machine, 0.13 for
 * two, 0.09 for five or more. Far out (0.0002) it holds for noise with one mode, normal or
 * long-tailed, and not for one with two, which may make a machine's estimate look surest when it is
 * furthest off: there the pairs have to be asked as well, as the verdict over shards does.
 *
 * Sources: G. Knapp and J. Hartung, Statistics in Medicine 22 (2003), 2693-2710; G. K. Smyth (2004),
 * see {@link moderatedVariance}.
 *
 * @param machines at least one
 * @param margin δ on the log scale, 0 or more
 * @param prior τ₀ and ν₀
 * @param confidence two-sided coverage of `low` to `high`
 * @throws RangeError when there is no machine or a number is out of its range
 */
export function testOverMachines(
  machines: readonly MachineEstimate[],
  { margin, prior }: { margin: number; prior: VariancePrior },
  confidence: number,
): StudentTest {
  requireMachines(machines);
  requireNotNegative('margin', margin);
  requireLevel('confidence', confidence);
  requirePositive('prior.standardDeviation', prior.standardDeviation);
  const weights = machines.map(
    ({ standardError }) => 1 / (prior.standardDeviation ** 2 + standardError ** 2),
  );
  const total = sum(weights);
  const estimate = sum(machines.map((machine, j) => at(weights, j) * machine.estimate)) / total;
  const degrees = machines.length - 1;
  const squares = machines.map((machine, j) => at(weights, j) * (machine.estimate - estimate) ** 2);
  const { variance: scale, degreesOfFreedom } = moderatedVariance(
    { variance: degrees === 0 ? 0 : sum(squares) / degrees, degreesOfFreedom: degrees },
    { standardDeviation: 1, degreesOfFreedom: prior.degreesOfFreedom },
  );
  const inside = sum(machines.map((machine, j) => (at(weights, j) * machine.standardError) ** 2));
  const standardError = Math.sqrt(Math.max(scale / total, inside / total ** 2));
  return studentTest({ estimate, standardError, degreesOfFreedom }, margin, confidence);
}

function requireMachines(machines: readonly MachineEstimate[]): void {
  requireSome(
    'estimates',
    machines.map(({ estimate }) => estimate),
  );
  for (const { standardError } of machines) requireNotNegative('standardError', standardError);
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

const at = (values: readonly number[], index: number): number => values[index] ?? 0;
