import { type ComparableRuns, comparableRuns } from '../baseline/comparability.js';
import type { StoredRuns } from '../baseline/stored.js';
import type { MeasuredMetric, MetricRecord, Run } from '../record/run.js';
import {
  EQUIVALENCE_CONFIDENCE,
  OTHER_PRIOR_STANDARD_DEVIATION,
  PREDICTION_MARGIN,
  PRIOR_DEGREES_OF_FREEDOM,
  PRIOR_STANDARD_DEVIATIONS,
  SHOWN_CONFIDENCE,
} from '../stats/assumptions.js';
import { holm } from '../stats/holm.js';
import type { VariancePrior } from '../stats/moderated.js';
import { mde80ForPrediction } from '../stats/power.js';
import { type Prediction, predict } from '../stats/prediction.js';
import { runsToSettle } from '../stats/settle.js';
import type { Comparison, MetricComparison } from './comparison.js';
import { asChange, decide } from './decision.js';
import { floorOf } from './floor.js';
import { machineMoved } from './machine.js';
import { metricOf, pairDifferences, runEstimate } from './samples.js';
import { type JudgingSettings, marginOf } from './settings.js';
import { bothSides, comparablePair, incomparable } from './sides.js';
import { validityCaveats } from './validity.js';

/** One metric of a prediction: the candidate's run against those stored runs that measured it. */
interface PredictedMetric {
  metric: MeasuredMetric;
  stored: MeasuredMetric[];
  marginRatio: number;
  prediction: Prediction;
}

/**
 * Compares a candidate run with stored runs of earlier jobs.
 *
 * The unit is the run: between-run spread is what decides, never the number of launches inside one.
 * Runs of another machine are shown and not judged; runs of another machine with the same CPU model
 * are judged with `inconclusive` as the ceiling.
 */
export function comparePrediction(
  stored: StoredRuns,
  candidate: Run,
  settings: JudgingSettings,
): Comparison {
  const comparable = comparableRuns(candidate, stored.runs);
  const predicted = predictMetrics(comparable, candidate, settings);
  const veto = machineMoved(comparable.runs, candidate, predicted);
  const family = predicted.filter(({ metric }) => metric.gate);
  const adjusted = adjust(family);
  const metrics = candidate.metrics.map((metric) => {
    const found = predicted.find((one) => one.metric === metric);
    return found && veto === undefined
      ? compareMetric(
          found,
          candidate,
          comparable,
          settings,
          family.length,
          adjusted.get(metric.id),
        )
      : notCompared(metric, comparable, settings, veto);
  });
  return {
    design: 'prediction',
    alpha: settings.alpha,
    familySize: family.length,
    candidate,
    baseline: comparable.runs,
    metrics,
    caveats: [
      ...stored.skipped,
      ...kinshipCaveats(comparable),
      ...(veto === undefined ? [] : [veto]),
      ...validityCaveats([candidate]),
    ],
  };
}

function predictMetrics(
  { kinship, runs }: ComparableRuns,
  candidate: Run,
  settings: JudgingSettings,
): PredictedMetric[] {
  if (kinship === 'foreign') return [];
  return candidate.metrics.flatMap((metric) => {
    if (metric.status !== 'ok') return [];
    const stored = runs.flatMap((run) => {
      const pair = comparablePair(metricOf(run, metric.id), metric);
      return typeof pair === 'string' ? [] : [pair.baseline];
    });
    if (stored.length === 0) return [];
    const marginRatio = marginOf(metric.id, settings.margins, PREDICTION_MARGIN);
    const prediction = predictMetric(metric, stored, marginRatio, SHOWN_CONFIDENCE);
    return { metric, stored, marginRatio, prediction };
  });
}

const predictMetric = (
  metric: MeasuredMetric,
  stored: readonly MeasuredMetric[],
  marginRatio: number,
  confidence: number,
): Prediction =>
  predict(
    {
      candidate: [runEstimate(metric)],
      baseline: stored.map(runEstimate),
      margin: Math.log1p(marginRatio),
      prior: priorOf(metric.id),
    },
    confidence,
  );

function priorOf(id: string): VariancePrior {
  const family = id.split('.', 1)[0] ?? '';
  return {
    standardDeviation: PRIOR_STANDARD_DEVIATIONS[family] ?? OTHER_PRIOR_STANDARD_DEVIATION,
    degreesOfFreedom: PRIOR_DEGREES_OF_FREEDOM,
  };
}

interface ShiftTest {
  slower: number;
  faster: number;
}

function adjust(family: readonly PredictedMetric[]): Map<string, ShiftTest> {
  const slower = holm(family.map(({ prediction }) => prediction.slower));
  const faster = holm(family.map(({ prediction }) => prediction.faster));
  return new Map(
    family.map(({ metric }, i) => [metric.id, { slower: slower[i] ?? 1, faster: faster[i] ?? 1 }]),
  );
}

function compareMetric(
  { metric, stored, marginRatio, prediction }: PredictedMetric,
  candidate: Run,
  { kinship }: ComparableRuns,
  settings: JudgingSettings,
  familySize: number,
  adjusted: ShiftTest | undefined,
): MetricComparison {
  const judging = {
    margin: Math.log1p(marginRatio),
    alpha: settings.alpha,
    familySize: Math.max(1, metric.gate ? familySize : 1),
  };
  const { within } = pairDifferences(candidate, candidate, metric.id, 'screen');
  const equivalence = predictMetric(metric, stored, marginRatio, EQUIVALENCE_CONFIDENCE);
  const decision = decide({
    gate: metric.gate,
    marginRatio,
    alpha: settings.alpha,
    test: adjusted ?? prediction,
    decisive: kinship === 'same',
    equivalence: { ...equivalence, confidence: EQUIVALENCE_CONFIDENCE },
    sample: `this run against ${stored.length} stored ${stored.length === 1 ? 'run' : 'runs'}`,
    toSettle: runsToSettle(prediction, { candidate: 1, baseline: stored.length }, judging),
  });
  const floor = floorOf(within, marginRatio, settings.alpha);
  const mde = mde80ForPrediction({ ...prediction, ...judging });
  return {
    id: metric.id,
    gate: metric.gate,
    marginRatio,
    ...bothSides(pooledSide(metric, stored), metric),
    ...decision,
    change: asChange({ ...prediction, confidence: SHOWN_CONFIDENCE }),
    ...(floor ? { floor } : {}),
    mde80: Math.expm1(mde),
  };
}

/** The stored runs of a metric as one side: all their replicates. */
const pooledSide = (metric: MeasuredMetric, stored: readonly MeasuredMetric[]): MetricRecord => ({
  ...metric,
  replicates: stored.flatMap(({ replicates }) => replicates),
});

function notCompared(
  metric: MetricRecord,
  { kinship, runs }: ComparableRuns,
  settings: JudgingSettings,
  veto: string | undefined,
): MetricComparison {
  const last = runs.at(-1);
  const other = last ? metricOf(last, metric.id) : undefined;
  const pair = comparablePair(other, metric);
  const why = veto ?? (kinship !== 'foreign' && typeof pair === 'string' ? pair : FOREIGN);
  return incomparable(
    metric,
    marginOf(metric.id, settings.margins, PREDICTION_MARGIN),
    bothSides(other, metric),
    why,
  );
}

const FOREIGN = 'The stored runs were measured on another machine.';

function kinshipCaveats({ kinship, differences }: ComparableRuns): string[] {
  const what = differences.join(', ');
  switch (kinship) {
    case 'same':
      return [];
    case 'kindred':
      return [
        `The stored runs come from another machine with the same CPU model (${what}): figures are shown at the baseline's control speed, and nothing is called regressed or improved on them.`,
      ];
    case 'foreign':
      return [
        `The stored runs come from another machine (${what}): nothing is compared; let this workflow store a run on a machine like this one, or give a baseline that runs here, such as host.`,
      ];
  }
}
