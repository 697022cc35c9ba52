import { type Family, familyNameOf } from '../families.js';
import type { MeasuredReport } from '../record/finding.js';
import type { Injection } from '../record/injection.js';
import {
  type Injected,
  type NotInjected,
  type Scaled,
  SELFTEST_SCHEMA,
  SELFTEST_VERSION,
  type Selftest,
  selftestSchema,
} from '../record/selftest.js';
import type { Verdict } from '../record/verdict.js';
import type { Comparison, MeasuredFinding } from '../verdict/comparison.js';
import type { Detection } from '../verdict/detection.js';
import { metricOf } from '../verdict/samples.js';
import { certificateOf } from './certificate.js';
import { familyRank } from './family-words.js';
import { measuredReport } from './findings.js';
import { answerOf } from './selftest-answer.js';

/** The metric whose change gives the size of an injection: it is one kernel entry and little else. */
export const ENTRY_METRIC = 'syscall.null';

/** Sizes of the hypothetical changes, above the margin. */
const OVER_MARGIN = [0.01, 0.02, 0.03, 0.05];

/** Families in which some kernel entries are page faults, which pass no seccomp filter. */
const FAULTING: readonly string[] = ['memory', 'process'] satisfies Family[];

/** By time and events only: a self-test counts no instructions. */
type SelfComparison = Comparison<MeasuredFinding>;

/** A paired comparison in which an injection slowed the candidate's probe, or why there is none. */
export type Trial =
  | { injection: Injection; comparison: SelfComparison; first: Detection | undefined }
  | NotInjected;

/**
 * The results of a self-test's gates, as plain data.
 *
 * @param itself a paired comparison of the machine with itself
 * @param trials from the mildest injection to the strongest
 * @param gateMs measuring time of each gate
 * @throws ZodError if the result is not a valid report: a bug
 */
export function buildSelftest(
  itself: SelfComparison,
  trials: readonly Trial[],
  tool: string,
  gateMs: number,
): Selftest {
  const findings = itself.findings.map(measuredReport);
  const found = {
    gateMs,
    alarms: [...gatedOf(itself, 'regressed'), ...gatedOf(itself, 'improved')],
    injections: trials.map((trial) => ('status' in trial ? trial : injected(trial, itself))),
  };
  return selftestSchema.parse({
    schema: SELFTEST_SCHEMA,
    version: SELFTEST_VERSION,
    tool,
    ...answerOf(found),
    ...found,
    certificate: certificateOf({ ...itself, findings }),
    scaled: scaledOf(findings.filter(({ gate, mde80 }) => gate && mde80 !== null)),
    platform: itself.candidate.platform,
    subject: itself.candidate.subject,
    caveats: caveatsOf([itself, ...trials.flatMap((trial) => comparisonOf(trial) ?? [])]),
  });
}

const comparisonOf = (trial: Trial): SelfComparison | undefined =>
  'comparison' in trial ? trial.comparison : undefined;

const caveatsOf = (comparisons: readonly SelfComparison[]): string[] => [
  ...new Set(comparisons.flatMap(({ caveats }) => caveats)),
];

const gatedOf = ({ findings }: SelfComparison, verdict: Verdict): string[] =>
  findings.filter((one) => one.gate && one.verdict === verdict).map(({ id }) => id);

function injected(
  { injection, comparison, first }: Exclude<Trial, NotInjected>,
  itself: SelfComparison,
): Injected {
  const { addedNs, share } = sizeOf(comparison);
  const slowed = comparison.findings.flatMap((metric) => {
    const expected = expectedSlowdown(metric, comparison, addedNs);
    return metric.gate && expected > metric.marginRatio ? [{ id: metric.id, expected }] : [];
  });
  const mde80 = new Map(itself.findings.map((metric) => [metric.id, metric.mde80]));
  return {
    ...{ injection, status: 'ok', addedNs, share },
    slowed: slowed.map(({ id }) => id),
    promised: slowed
      .filter(({ id, expected }) => expected > (mde80.get(id) ?? Number.POSITIVE_INFINITY))
      .map(({ id }) => id),
    caught: gatedOf(comparison, 'regressed'),
    first: first ?? null,
  };
}

function sizeOf({ findings }: SelfComparison): { addedNs: number; share: number } {
  const call = findings.find(({ id }) => id === ENTRY_METRIC);
  if (call?.change === undefined || call.baseline.status !== 'ok') return { addedNs: 0, share: 0 };
  const share = call.change.ratio - 1;
  return { addedNs: share * call.baseline.estimate, share };
}

/** From the number of kernel entries that the catalogue states, not from the measured change. */
function expectedSlowdown(
  { id, baseline }: MeasuredFinding,
  { candidate }: SelfComparison,
  addedNs: number,
): number {
  const entries = metricOf(candidate, id)?.entries ?? 0;
  if (baseline.status !== 'ok' || FAULTING.includes(familyNameOf(id))) return 0;
  return (entries * addedNs) / baseline.estimate;
}

/** @param metrics gated ones with an MDE80 */
function scaledOf(metrics: readonly MeasuredReport[]): Scaled[] {
  const families = [...new Set(metrics.map(({ id }) => familyNameOf(id)))];
  return families
    .toSorted((a, b) => familyRank(a) - familyRank(b) || 0)
    .map((family) =>
      scaledFamily(
        family,
        metrics.filter(({ id }) => familyNameOf(id) === family),
      ),
    );
}

const scaledFamily = (family: string, metrics: readonly MeasuredReport[]): Scaled => ({
  family,
  gated: metrics.length,
  caught: OVER_MARGIN.map((overMargin) => ({
    overMargin,
    metrics: metrics.filter(({ margin, mde80 }) => margin + overMargin >= (mde80 ?? Infinity))
      .length,
  })),
});
