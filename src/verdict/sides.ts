import { absence, isRefused, type Outcome } from '../record/metric-status.js';
import {
  type CountedMetric,
  isCounted,
  isTimed,
  type MetricRecord,
  type TimedMetric,
  type Unit,
} from '../record/run.js';
import type { MeasuredFinding, NotMeasured, Side } from './comparison.js';
import { agreedCount, controlSpeed, runEstimate } from './samples.js';

/** Both sides of a metric: measured, and with the same meaning. */
type ComparablePair =
  | { kind: 'timed'; baseline: TimedMetric; candidate: TimedMetric }
  | { kind: 'events'; baseline: CountedMetric; candidate: CountedMetric };

/** A metric as one side of the comparison; a time is in ns at the given control speed. */
const measuredSide = (metric: TimedMetric | CountedMetric, controlNs: number): Side =>
  metric.unit === 'count'
    ? measured(metric.unit, agreedCount(metric).count, metric.counts.length)
    : measured(metric.unit, Math.exp(runEstimate(metric)) * controlNs, metric.replicates.length);

const measured = (unit: Unit, estimate: number, replicates: number): Side => ({
  status: 'ok',
  unit,
  estimate,
  replicates,
});

/** The two sides of a change: the baseline as measured, the candidate from the change. */
export const sidesOfChange = (
  { unit }: TimedMetric,
  baselineNs: number,
  ratio: number,
  replicates: { baseline: number; candidate: number },
): { baseline: Side; candidate: Side } => ({
  baseline: measured(unit, baselineNs, replicates.baseline),
  candidate: measured(unit, baselineNs * ratio, replicates.candidate),
});

const ABSENT: NotMeasured = {
  status: 'absent',
  reason: { operation: 'compare', errno: 0, message: 'the run does not have this metric' },
};

function sideOf(metric: MetricRecord | undefined, controlNs: number): Side {
  if (metric === undefined) return ABSENT;
  if (metric.status === 'ok') return measuredSide(metric, controlNs);
  return { status: metric.status, reason: metric.reason };
}

/** Both sides of a metric that is not compared, in ns at the control speed of the first timed side. */
export function bothSides(
  baseline: MetricRecord | undefined,
  candidate: MetricRecord | undefined,
): { baseline: Side; candidate: Side } {
  const reference = [baseline, candidate].find(isTimed);
  const controlNs = reference ? controlSpeed(reference.id, reference.replicates) : 1;
  return { baseline: sideOf(baseline, controlNs), candidate: sideOf(candidate, controlNs) };
}

/** The two records of a metric as a pair, or one sentence that says why they cannot be compared. */
export function comparablePair(
  baseline: MetricRecord | undefined,
  candidate: MetricRecord | undefined,
): ComparablePair | string {
  const why = notComparable(baseline, candidate, 'measured');
  if (why !== undefined) return why;
  if (isTimed(baseline) && isTimed(candidate)) return { kind: 'timed', baseline, candidate };
  if (isCounted(baseline) && isCounted(candidate)) return { kind: 'events', baseline, candidate };
  return `One side measured a time for this metric and the other a count.`;
}

/** What a record says of a metric: its definition, and whether it has a number. */
type Defined = Outcome & { version: number };

/** One sentence: why two records of a metric are not two numbers of one definition. */
export function notComparable(
  baseline: Defined | undefined,
  candidate: Defined | undefined,
  done: 'measured' | 'counted',
): string | undefined {
  const verb = done === 'measured' ? 'Measured' : 'Counted';
  const some = baseline?.status === 'ok' || candidate?.status === 'ok';
  if (some && baseline && candidate && baseline.version !== candidate.version) {
    return `The sides have different definitions of this metric: the baseline definition ${baseline.version}, the candidate definition ${candidate.version}.`;
  }
  if (baseline?.status === 'ok' && candidate?.status === 'ok') return undefined;
  if (baseline?.status === 'ok')
    return `${verb} on the baseline, but ${absence(candidate)} on the candidate.`;
  if (candidate?.status === 'ok')
    return `${verb} on the candidate, but ${absence(baseline)} on the baseline.`;
  return `Not ${done} on either side: ${absence(candidate)} on the candidate.`;
}

/**
 * The finding of a metric without a test: the candidate lost it, or its two numbers cannot be
 * compared.
 *
 * @param because a sentence of {@link comparablePair}, or another reason
 */
export function notTested(
  { id, gate }: { id: string; gate: boolean },
  marginRatio: number,
  baseline: MetricRecord | undefined,
  candidate: MetricRecord | undefined,
  because: string,
): MeasuredFinding {
  const sides = bothSides(baseline, candidate);
  const verdict = isLost(baseline, candidate) ? 'blocked' : 'incomparable';
  return { measure: measureOf(sides), id, gate, marginRatio, ...sides, verdict, because };
}

/**
 * Whether the baseline can do the operation and the candidate is refused it. Another definition is
 * another operation, which the baseline may have been refused as well.
 */
export const isLost = (baseline: Defined | undefined, candidate: Defined | undefined): boolean =>
  baseline?.status === 'ok' &&
  candidate !== undefined &&
  baseline.version === candidate.version &&
  isRefused(candidate);

const measureOf = ({ baseline, candidate }: { baseline: Side; candidate: Side }) =>
  [baseline, candidate].some((side) => side.status === 'ok' && side.unit === 'count')
    ? 'events'
    : 'time';
