import { mean, sampleStandardDeviation, sampleVariance } from 'simple-statistics';
import { normalUpperTail } from '#src/stats/normal.js';
import { studentCdf } from '#src/stats/student.js';
import type { GateMetric } from './gates.ts';

/** The rule by which another tool calls a candidate slower. */
interface Rule {
  name: string;
  /** Who uses it. */
  of: string;
  /** @param factor multiplies the candidate's times; 1 leaves them as measured */
  callsSlower(metric: GateMetric, factor: number): boolean;
}

const LEVEL = 0.05;

const ratioRule = (threshold: number): Rule => ({
  name: `mean over the last mean > ${threshold}`,
  of: 'github-action-benchmark',
  callsSlower: ({ baseline, candidate }, factor) =>
    (factor * mean(candidate.launches)) / mean(baseline.launches) > threshold,
});

/** Each rule as its users run it: two-sided, one metric at a time, red if the candidate is slower. */
export const OTHER_RULES: readonly Rule[] = [
  ratioRule(1.1),
  ratioRule(1.5),
  ratioRule(2),
  {
    name: 'Mann-Whitney p < 0.05 on launches',
    of: 'benchstat',
    callsSlower: ({ baseline, candidate }, factor) =>
      mannWhitneySlower(baseline.launches, scaled(candidate.launches, factor)) < LEVEL / 2,
  },
  {
    name: 'Mann-Whitney p < 0.05 on raw batches',
    of: 'samples of one process taken for independent',
    callsSlower: ({ baseline, candidate }, factor) =>
      mannWhitneySlower(baseline.batches, scaled(candidate.batches, factor)) < LEVEL / 2,
  },
  {
    name: 'Welch t test p < 0.05 on launches',
    of: 'Bencher t-test, criterion',
    callsSlower: ({ baseline, candidate }, factor) =>
      welchSlower(baseline.launches, scaled(candidate.launches, factor)) < LEVEL / 2,
  },
  {
    name: 'mean beyond mean + 2 σ of the launches',
    of: 'control charts',
    callsSlower: ({ baseline, candidate }, factor) =>
      factor * mean(candidate.launches) >
      mean(baseline.launches) + 2 * sampleStandardDeviation(baseline.launches),
  },
];

const scaled = (values: readonly number[], factor: number): number[] =>
  values.map((value) => factor * value);

/**
 * One-sided p of the rank-sum test, by the normal approximation with tie and continuity corrections
 * (H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18, 1947, 50-60).
 */
function mannWhitneySlower(before: readonly number[], after: readonly number[]): number {
  const [m, n] = [before.length, after.length];
  if (m === 0 || n === 0) return 1;
  const all = [
    ...before.map((value) => ({ value, after: false })),
    ...after.map((value) => ({ value, after: true })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j]?.value === all[i]?.value) j++;
    rankSum += all.slice(i, j).filter((one) => one.after).length * ((i + 1 + j) / 2);
    ties += (j - i) ** 3 - (j - i);
    i = j;
  }
  const u = rankSum - (n * (n + 1)) / 2;
  const size = m + n;
  const variance = ((m * n) / 12) * (size + 1 - ties / (size * (size - 1)));
  if (variance === 0) return 1;
  return normalUpperTail((u - (m * n) / 2 - 0.5) / Math.sqrt(variance));
}

/** One-sided p of Welch's t test (B. L. Welch, Biometrika 34, 1947, 28-35). */
function welchSlower(before: readonly number[], after: readonly number[]): number {
  if (before.length < 2 || after.length < 2) return 1;
  const [v, w] = [
    sampleVariance([...before]) / before.length,
    sampleVariance([...after]) / after.length,
  ];
  if (v + w === 0) return 1;
  const t = (mean([...after]) - mean([...before])) / Math.sqrt(v + w);
  const degrees = (v + w) ** 2 / (v ** 2 / (before.length - 1) + w ** 2 / (after.length - 1));
  return 1 - studentCdf(t, degrees);
}
