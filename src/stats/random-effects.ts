import { requireLevel, requireNotNegative, requirePositive, requireSome } from './arguments.js';
import { moderatedVariance, type VariancePrior } from './moderated.js';
import { type StudentTest, studentTest } from './student-test.js';

/** The change as one machine measured it, on the log scale. */
export interface MachineEstimate {
  estimate: number;
  /** From the noise inside the machine alone; 0 or more. */
  standardError: number;
}

/**
 * The common change behind the estimates of several machines. The model has random effects:
 * θ_j = Δ + b_j + e_j, with Var b_j = τ² between machines and Var e_j = s_j² inside one machine.
 *
 * The weights are w_j = 1 / (τ₀² + s_j²) with the prior's τ₀, so they do not depend on the
 * estimates. Var θ_j is assumed to be φ / w_j. φ is observed as Knapp and Hartung's
 * q = Σ w_j (θ_j − θ̄)² / (k − 1) and moderated by the prior. The prior says φ = 1 and is worth ν₀
 * observations: φ̃ = (ν₀ + (k − 1) q) / (ν₀ + k − 1). Under that prior, (θ̄ − Δ) / √(φ̃ / Σw) follows
 * Student's t with ν₀ + k − 1 degrees of freedom. With one machine, k − 1 = 0, and only the prior
 * says how other machines might differ. Each further machine takes weight from the prior.
 *
 * Machines that happen to agree must not make the result more certain than their own noise allows.
 * So the standard error is never below √(Σ w_j² s_j²) / Σw, its value for identical machines.
 *
 * By simulation (test/unit/stats/random-effects.test.ts) the level holds for 1 to 8 machines if τ
 * is at most τ₀. If τ is twice τ₀ it does not: a nominal 0.05 is 0.15 for one machine, 0.13 for two,
 * 0.09 for five or more. At a small level (0.0002) it holds for noise with one mode, normal or
 * long-tailed. It does not hold for noise with two modes, where a machine's error may look smallest
 * when its estimate is furthest off. There the pairs must be tested too, as a comparison of shards
 * does.
 *
 * Sources: G. Knapp and J. Hartung, Statistics in Medicine 22 (2003), 2693-2710; G. K. Smyth (2004),
 * see {@link moderatedVariance}.
 *
 * @param machines at least one
 * @param margin δ on the log scale, 0 or more
 * @param prior τ₀ and ν₀
 * @param confidence two-sided coverage of `low` to `high`
 * @throws RangeError when the list is empty or a number is out of its range
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
