/**
 * The verdict of a comparison on one metric, the worst first.
 * - `blocked`: the candidate can no longer do what the baseline can;
 * - `regressed`, `improved`: a change that matters was shown;
 * - `inconclusive`: neither a change that matters nor its absence was shown;
 * - `incomparable`: the sides have no two numbers with the same meaning;
 * - `unchanged`: it was shown that no change matters.
 *
 * A confirmed change outranks missing knowledge: `improved` stands above `inconclusive`, which only
 * says that the run was too short or the machine too noisy for a metric. `unchanged` comes last: a
 * whole gate is unchanged only if every metric was shown to be.
 */
export const VERDICTS = [
  'blocked',
  'regressed',
  'improved',
  'inconclusive',
  'incomparable',
  'unchanged',
] as const;

export type Verdict = (typeof VERDICTS)[number];

/** The verdict of a whole gate: the worst of its metrics, or that there is no baseline. */
export const GATE_VERDICTS = [...VERDICTS, 'no-baseline'] as const;
export type GateVerdict = (typeof GATE_VERDICTS)[number];

/** The worst of the given verdicts; `incomparable` if there are none. */
export function worstOf(verdicts: Iterable<Verdict>): Verdict {
  const given = new Set(verdicts);
  return VERDICTS.find((verdict) => given.has(verdict)) ?? 'incomparable';
}

/** Whether something was shown to be worse, whatever the policy is. */
export const isRed = ({ verdict }: { verdict: GateVerdict }): boolean =>
  verdict === 'blocked' || verdict === 'regressed';

/** Whether a change or a loss was shown. */
export const isCalled = (one: { verdict: Verdict }): boolean =>
  isRed(one) || one.verdict === 'improved';
