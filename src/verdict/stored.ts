import type { EarlierRuns } from '../record/earlier-runs.js';
import { isRefused } from '../record/metric-status.js';
import { isCounted, type MetricRecord, type Run } from '../record/run.js';
import { EQUIVALENCE_CONFIDENCE, SHOWN_CONFIDENCE, STORED_MARGIN } from '../stats/assumptions.js';
import { mde80ForPrediction } from '../stats/power.js';
import { runsToSettle } from '../stats/settle.js';
import { studentTest } from '../stats/student-test.js';
import { type ComparableRuns, comparableRuns } from './comparability.js';
import type { Comparison, MeasuredFinding } from './comparison.js';
import { compareCounts } from './counts.js';
import { asChange, decide, hiddenBy } from './decision.js';
import { floorOf } from './floor.js';
import { judgeTimes, nuisanceOf, SHARE, type TimedAgainstHistory } from './history/judge-times.js';
import { countedBaseline, haveLikeCounts } from './instructions.js';
import { metricOf, withinDifferences } from './samples.js';
import { type JudgingSettings, marginOf } from './settings.js';
import { comparablePair, notTested, sidesOfChange } from './sides.js';
import { validityCaveats } from './validity.js';

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
  const times =
    comparable.match === 'other-machine'
      ? undefined
      : judgeTimes(comparable.runs, candidate, settings);
  const counted = haveLikeCounts(countedBaseline(stored.runs, candidate), candidate);
  const sameModel = sameModelObstacle(comparable, counted);
  const machine = sameModel ?? unreadCpuObstacle(comparable);
  const obstacle = machine ?? times?.obstacle;
  return {
    design: 'stored',
    alpha: settings.alpha,
    familySize: times?.familySize ?? 0,
    candidate,
    baseline: comparable.runs,
    findings: candidate.metrics.map((metric) => {
      const found = times?.metrics.get(metric.id);
      return found
        ? timedFinding(found, candidate, settings, machine)
        : (compareWithLast(metric, comparable, sameModel) ??
            notCompared(metric, comparable, settings));
    }),
    census: {
      found: stored.runs.filter(({ id }) => id !== candidate.id).length + stored.skipped.length,
      comparable: times === undefined ? 0 : comparable.runs.length,
      used: times?.used ?? 0,
    },
    skipped: stored.skipped,
    caveats: [
      ...(candidate.metrics.length === 0 ? [] : otherMachineCaveats(comparable, counted)),
      ...(obstacle === undefined ? [] : [obstacle]),
      ...(times?.caveats ?? []),
      ...otherTarget(comparable.runs, candidate),
      ...validityCaveats([candidate]),
    ],
  };
}

/** Gated metrics that seem to have changed, the surest first: they are to be measured again. */
export const suspectedTimes = (
  stored: EarlierRuns,
  candidate: Run,
  settings: JudgingSettings,
): string[] => {
  const { match, runs } = comparableRuns(candidate, stored.runs);
  return match === 'other-machine' ? [] : judgeTimes(runs, candidate, settings).suspects;
};

function timedFinding(
  found: TimedAgainstHistory,
  candidate: Run,
  { alpha }: JudgingSettings,
  machine: string | undefined,
): MeasuredFinding {
  const { metric, marginRatio, change, test, stored, sample, familySize, doubt } = found;
  const { id, gate } = metric;
  const shown = asChange({
    ...studentTest(change, 0, SHOWN_CONFIDENCE),
    confidence: SHOWN_CONFIDENCE,
  });
  const floor = floorOf(withinDifferences(candidate, id, 'screen'), marginRatio, alpha);
  const margin = Math.log1p(marginRatio);
  const judging = { margin, alpha: SHARE * alpha, familySize: gate ? familySize : 1 };
  const detected = mde80ForPrediction({ ...change, ...judging, margin: nuisanceOf(marginRatio) });
  const equivalence = studentTest(change, margin, EQUIVALENCE_CONFIDENCE);
  const finding = {
    ...({ measure: 'time', id, gate, marginRatio, change: shown } as const),
    ...sidesOfChange(metric, found.baselineNs, shown.ratio, found.launches),
    ...(floor ? { floor } : {}),
    mde80:
      found.callable && (machine ?? found.obstacle) === undefined
        ? Math.expm1(Math.max(margin, detected, hiddenBy(floor, marginRatio)))
        : Number.POSITIVE_INFINITY,
  };
  if (doubt !== undefined && machine === undefined)
    return { ...finding, verdict: 'inconclusive', because: doubt };
  return {
    ...finding,
    ...decide({
      ...{ gate, marginRatio, alpha, test, sample, floor },
      byEstimate: true,
      obstacle: machine ?? found.obstacle,
      equivalence: { ...equivalence, confidence: EQUIVALENCE_CONFIDENCE },
      settledBy: 'stored runs',
      toSettle: runsToSettle(change, { candidate: 1, baseline: stored }, judging),
    }),
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
  // Another machine may offer what this one never did. So it is not a loss.
  if (match === 'other-machine') {
    const finding = notTested(metric, marginRatio, other, metric, OTHER_MACHINE);
    return { ...finding, verdict: 'incomparable' };
  }
  if (typeof pair === 'string') return notTested(metric, marginRatio, other, metric, pair);
  const finding = notTested(metric, marginRatio, other, metric, TOO_FEW_QUIET);
  return { ...finding, verdict: 'inconclusive' };
}

/**
 * An exact count is compared with the newest stored run that has it. Older runs would report changes
 * that were merged long ago.
 */
function compareWithLast(
  metric: MetricRecord,
  comparable: ComparableRuns,
  obstacle: string | undefined,
): MeasuredFinding | undefined {
  if (comparable.match === 'other-machine') return undefined;
  const counted = comparable.runs.map((run) => metricOf(run, metric.id)).filter(isCounted);
  return compareCounts(counted.at(-1), metric, obstacle);
}

const TOO_FEW_QUIET =
  'Too few of its launches met a quiet core, in this run or in the stored runs: measure for longer.';

const OTHER_MACHINE = 'The stored runs were measured on another machine.';

/** @param counted whether there are counts to compare, which are the same on any machine */
function sameModelObstacle(comparable: ComparableRuns, counted: boolean): string | undefined {
  const { match, differences, cpuUnreadIn } = comparable;
  if (match !== 'same-cpu-model') return undefined;
  const model = cpuUnreadIn.length === 0 ? ' with the same CPU model' : '';
  const unread = cpuUnreadIn.length === 0 ? '' : ` ${unreadCpuText(comparable)}`;
  return `The stored runs come from another machine${model} (${differences.join(', ')}).${unread} So times are scaled to the baseline's CPU speed, and ${counted ? 'only counted instructions are' : 'nothing is'} called regressed or improved.`;
}

/** An unknown processor may be a slower one. That says nothing about what it can do or count. */
const unreadCpuObstacle = (comparable: ComparableRuns): string | undefined =>
  comparable.match === 'other-machine' || comparable.cpuUnreadIn.length === 0
    ? undefined
    : `${unreadCpuText(comparable)} So times are scaled to the baseline's CPU speed, and none is called regressed or improved. To judge them, let the target read /proc/cpuinfo, or give a baseline that runs here, such as host.`;

const unreadCpuText = ({ cpuUnreadIn }: ComparableRuns): string =>
  `The processor model could not be read in ${cpuUnreadIn.join(' and ')}.`;

function otherMachineCaveats({ match, differences }: ComparableRuns, counted: boolean): string[] {
  if (match !== 'other-machine') return [];
  const what = counted
    ? 'no time is compared, only instructions, whose counts are the same on any machine. To compare times'
    : 'nothing is compared';
  return [
    `The stored runs come from another machine (${differences.join(', ')}), so ${what}: store a run of a machine like this one, or give a baseline that runs here, such as host.`,
  ];
}

/** Somebody may want to compare different targets, but must notice it. */
function otherTarget(stored: readonly Run[], candidate: Run): string[] {
  const other = stored.find(({ target }) => target.spec !== candidate.target.spec);
  if (other === undefined) return [];
  return [
    `The stored runs measured ${other.target.spec} and this run measured ${candidate.target.spec}: every change includes the difference between the two.`,
  ];
}
