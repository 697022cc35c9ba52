import { median } from 'simple-statistics';
import { familyOf } from '../families.js';
import type { EarlierRuns } from '../record/earlier-runs.js';
import { isRefused } from '../record/metric-status.js';
import {
  isCounted,
  isTimed,
  type MetricRecord,
  type Run,
  type TimedMetric,
} from '../record/run.js';
import {
  EQUIVALENCE_CONFIDENCE,
  OTHER_PRIOR_STANDARD_DEVIATION,
  PRIOR_DEGREES_OF_FREEDOM,
  PRIOR_STANDARD_DEVIATIONS,
  SHOWN_CONFIDENCE,
  STORED_MARGIN,
} from '../stats/assumptions.js';
import type { VariancePrior } from '../stats/moderated.js';
import { mde80ForPrediction } from '../stats/power.js';
import { predict } from '../stats/prediction.js';
import { runsToSettle } from '../stats/settle.js';
import type { StudentTest } from '../stats/student-test.js';
import { countOf } from '../text/units.js';
import { type ComparableRuns, comparableRuns } from './comparability.js';
import type { Comparison, MeasuredFinding } from './comparison.js';
import { compareCounts } from './counts.js';
import { asChange, decide } from './decision.js';
import { floorOf } from './floor.js';
import { machineMoved } from './machine.js';
import { controlSpeed, metricOf, runEstimate, withinDifferences } from './samples.js';
import { type JudgingSettings, marginOf } from './settings.js';
import { adjustFamily, type ShiftTest } from './shift-test.js';
import { comparablePair, notTested, sidesOfChange } from './sides.js';
import { validityCaveats } from './validity.js';

/**
 * A metric in a comparison with stored runs: the candidate's run, and the stored runs that measured
 * the metric.
 */
interface TestedMetric {
  metric: TimedMetric;
  stored: TimedMetric[];
  marginRatio: number;
  test: StudentTest;
}

/** What all metrics of a comparison share. */
interface JudgingContext {
  candidate: Run;
  settings: JudgingSettings;
  /** Holm-adjusted tests of the gated metrics. */
  family: ReadonlyMap<string, ShiftTest>;
  /** Why nothing may be called a change: the machine is another one, or not in its usual state. */
  obstacle?: string | undefined;
}

/**
 * Compares a candidate run with stored runs of earlier jobs.
 *
 * The unit is the run: the spread between runs decides, not the number of launches inside a run.
 * Runs of another machine are shown and not judged. Runs of another machine with the same CPU model,
 * or of this machine in another state, are judged, but no change is called on them. If the CPU model
 * could not be read, no time is called changed.
 */
export function compareStored(
  stored: EarlierRuns,
  candidate: Run,
  settings: JudgingSettings,
): Comparison<MeasuredFinding> {
  const comparable = comparableRuns(candidate, stored.runs);
  const tested = testMetrics(comparable, candidate, settings);
  const gated = tested.filter(({ metric }) => metric.gate);
  const family = adjustFamily(new Map(gated.map((one) => [one.metric.id, one.test])));
  const obstacle =
    sameModelObstacle(comparable) ??
    unreadCpuObstacle(comparable) ??
    machineMoved(comparable.runs, candidate, tested);
  const circumstances = { candidate, settings, family, obstacle };
  return {
    design: 'stored',
    alpha: settings.alpha,
    familySize: family.size,
    candidate,
    baseline: comparable.runs,
    findings: candidate.metrics.map((metric) => {
      const found = tested.find((one) => one.metric === metric);
      return found
        ? compareMetric(found, circumstances)
        : (compareWithLast(metric, comparable) ?? notCompared(metric, comparable, settings));
    }),
    skipped: stored.skipped,
    caveats: [
      ...otherMachineCaveats(comparable),
      ...(obstacle === undefined ? [] : [obstacle]),
      ...otherTarget(comparable.runs, candidate),
      ...validityCaveats([candidate]),
    ],
  };
}

function testMetrics(
  { match, runs }: ComparableRuns,
  candidate: Run,
  settings: JudgingSettings,
): TestedMetric[] {
  if (match === 'other-machine') return [];
  return candidate.metrics.flatMap((metric) => {
    if (!isTimed(metric)) return [];
    const stored = runs.flatMap((run) => {
      const pair = comparablePair(metricOf(run, metric.id), metric);
      return typeof pair === 'string' || pair.kind === 'events' ? [] : [pair.baseline];
    });
    if (stored.length === 0) return [];
    const marginRatio = marginOf(metric, settings.margins, STORED_MARGIN);
    const test = testMetric(metric, stored, marginRatio, SHOWN_CONFIDENCE);
    return { metric, stored, marginRatio, test };
  });
}

const testMetric = (
  metric: TimedMetric,
  stored: readonly TimedMetric[],
  marginRatio: number,
  confidence: number,
): StudentTest =>
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
  const family = familyOf(id);
  const known = family && PRIOR_STANDARD_DEVIATIONS[family];
  return {
    standardDeviation: known ?? OTHER_PRIOR_STANDARD_DEVIATION,
    degreesOfFreedom: PRIOR_DEGREES_OF_FREEDOM,
  };
}

function compareMetric(
  { metric, stored, marginRatio, test }: TestedMetric,
  { candidate, settings: { alpha }, family, obstacle }: JudgingContext,
): MeasuredFinding {
  const { id, gate } = metric;
  const judging = { margin: Math.log1p(marginRatio), alpha, familySize: gate ? family.size : 1 };
  const equivalence = testMetric(metric, stored, marginRatio, EQUIVALENCE_CONFIDENCE);
  const change = asChange({ ...test, confidence: SHOWN_CONFIDENCE });
  const floor = floorOf(withinDifferences(candidate, id, 'screen'), marginRatio, alpha);
  const replicates = stored.flatMap((run) => run.replicates);
  const baselineNs = Math.exp(median(stored.map(runEstimate))) * controlSpeed(id, replicates);
  return {
    measure: 'time',
    id,
    gate,
    marginRatio,
    ...sidesOfChange(metric, baselineNs, change.ratio, {
      baseline: replicates.length,
      candidate: metric.replicates.length,
    }),
    ...decide({
      gate,
      marginRatio,
      alpha,
      test: gate ? family.get(id) : test,
      obstacle,
      equivalence: { ...equivalence, confidence: EQUIVALENCE_CONFIDENCE },
      settledBy: 'stored runs',
      sample: `this run against ${countOf(stored.length, 'stored run')}`,
      toSettle: runsToSettle(test, { candidate: 1, baseline: stored.length }, judging),
    }),
    change,
    ...(floor ? { floor } : {}),
    mde80: Math.expm1(mde80ForPrediction({ ...test, ...judging })),
  };
}

function notCompared(
  metric: MetricRecord,
  { match, runs }: ComparableRuns,
  settings: JudgingSettings,
): MeasuredFinding {
  const stored = runs.flatMap((run) => metricOf(run, metric.id) ?? []);
  const other = stored.findLast((one) => one.status === 'ok' || isRefused(one)) ?? stored.at(-1);
  const marginRatio = marginOf(metric, settings.margins, STORED_MARGIN);
  const pair = comparablePair(other, metric);
  if (match !== 'other-machine' && typeof pair === 'string') {
    return notTested(metric, marginRatio, other, metric, pair);
  }
  // Another machine may offer what this one never did. So it is not a loss.
  const finding = notTested(metric, marginRatio, other, metric, OTHER_MACHINE);
  return { ...finding, verdict: 'incomparable' };
}

/**
 * An exact count is compared with the newest stored run that has it. Older runs would report changes
 * that were merged long ago.
 */
function compareWithLast(
  metric: MetricRecord,
  comparable: ComparableRuns,
): MeasuredFinding | undefined {
  if (comparable.match === 'other-machine') return undefined;
  const counted = comparable.runs.map((run) => metricOf(run, metric.id)).filter(isCounted);
  return compareCounts(counted.at(-1), metric, sameModelObstacle(comparable));
}

const OTHER_MACHINE = 'The stored runs were measured on another machine.';

function sameModelObstacle(comparable: ComparableRuns): string | undefined {
  const { match, differences, cpuUnreadIn } = comparable;
  if (match !== 'same-cpu-model') return undefined;
  const model = cpuUnreadIn.length === 0 ? ' with the same CPU model' : '';
  const unread = cpuUnreadIn.length === 0 ? '' : ` ${unreadCpuText(comparable)}`;
  return `The stored runs come from another machine${model} (${differences.join(', ')}).${unread} So times are scaled to the baseline's CPU speed, and nothing is called regressed or improved.`;
}

/** An unknown processor may be a slower one. That says nothing about what it can do or count. */
const unreadCpuObstacle = (comparable: ComparableRuns): string | undefined =>
  comparable.match === 'other-machine' || comparable.cpuUnreadIn.length === 0
    ? undefined
    : `${unreadCpuText(comparable)} So times are scaled to the baseline's CPU speed, and none is called regressed or improved. To judge them, let the target read /proc/cpuinfo, or give a baseline that runs here, such as host.`;

const unreadCpuText = ({ cpuUnreadIn }: ComparableRuns): string =>
  `The processor model could not be read in ${cpuUnreadIn.join(' and ')}.`;

const otherMachineCaveats = ({ match, differences }: ComparableRuns): string[] =>
  match === 'other-machine'
    ? [
        `The stored runs come from another machine (${differences.join(', ')}), so nothing is compared: store a run of a machine like this one, or give a baseline that runs here, such as host.`,
      ]
    : [];

/** Somebody may want to compare different targets, but must notice it. */
function otherTarget(stored: readonly Run[], candidate: Run): string[] {
  const other = stored.find(({ target }) => target.spec !== candidate.target.spec);
  if (other === undefined) return [];
  return [
    `The stored runs measured ${other.target.spec} and this run measured ${candidate.target.spec}: every change includes the difference between the two.`,
  ];
}
