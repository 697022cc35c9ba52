/**
 * What a comparison says of a metric, the worst first.
 * - `blocked`: the candidate cannot do any more what the baseline could;
 * - `regressed`, `improved`: a change that matters was shown;
 * - `inconclusive`: neither a change that matters nor its absence was shown;
 * - `incomparable`: there is no pair of numbers that mean the same;
 * - `unchanged`: no change that matters was shown to be there.
 *
 * A finding outranks the absence of one: `improved` is a confirmed change and stands above
 * `inconclusive`, which only says that the run was too short or the machine too noisy for a metric.
 * `unchanged` comes last, so that a whole gate is only called so where every metric was shown to be.
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

/** The verdict of a whole gate: the worst of its metrics, or that there was nothing to compare with. */
export const GATE_VERDICTS = [...VERDICTS, 'no-baseline'] as const;
export type GateVerdict = (typeof GATE_VERDICTS)[number];

/** The first of {@link VERDICTS} that is among them; `incomparable` where there is none at all. */
export function worstOf(verdicts: Iterable<Verdict>): Verdict {
  const given = new Set(verdicts);
  return VERDICTS.find((verdict) => given.has(verdict)) ?? 'incomparable';
}

/** Whether a change or a loss was shown. */
export const isCalled = ({ verdict }: { verdict: Verdict }): boolean =>
  verdict === 'blocked' || verdict === 'regressed' || verdict === 'improved';
