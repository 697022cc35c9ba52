import { median } from 'simple-statistics';
import type { MetricRecord, Run, TimedMetric } from '../record/run.js';
import {
  EQUIVALENCE_CONFIDENCE,
  PAIRED_MARGIN,
  SCREEN_LEVEL,
  SHOWN_CONFIDENCE,
} from '../stats/assumptions.js';
import { hodgesLehmann } from '../stats/hodges-lehmann.js';
import { mde80ForPairs, minimumPairs } from '../stats/power.js';
import { pairsToSettle } from '../stats/settle.js';
import { countOf } from '../text/units.js';
import type { Comparison, MeasuredFinding } from './comparison.js';
import { compareCounts } from './counts.js';
import { asChange, decide, hiddenBy } from './decision.js';
import { floorOf } from './floor.js';
import {
  metricOf,
  type PairedDifferences,
  pairDifferences,
  replicatesOf,
  typicalNs,
} from './samples.js';
import { type JudgingSettings, marginOf } from './settings.js';
import { adjustFamily, type ShiftTest, smallestP, testShift } from './shift-test.js';
import { comparablePair, notTested, sidesOfChange } from './sides.js';
import { unevenFilterCaveats, validityCaveats } from './validity.js';

/** One metric of a paired comparison: the pairs of both phases, on the log scale. */
interface PairedMetric {
  metric: TimedMetric;
  marginRatio: number;
  screen: PairedDifferences;
  confirm: PairedDifferences;
}

/**
 * Which gated metrics may have changed and must be measured again. Each metric is tested alone, in
 * both directions, at a generous level ({@link SCREEN_LEVEL}).
 *
 * @returns ids, smallest p first; of equal p, the largest change first
 */
export const screenPaired = (baseline: Run, candidate: Run, settings: JudgingSettings): string[] =>
  flaggedByScreen(pairedMetrics(baseline, candidate, settings));

function flaggedByScreen(metrics: readonly PairedMetric[]): string[] {
  const sizes = new Map(metrics.map((pair) => [pair.metric.id, sizeInMargins(pair)]));
  return [...testEach(metrics.filter(inFamily), 'screen')]
    .filter(([, test]) => smallestP(test) <= SCREEN_LEVEL)
    .toSorted(
      ([a, one], [b, other]) =>
        smallestP(one) - smallestP(other) || (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0),
    )
    .map(([id]) => id);
}

const sizeInMargins = ({ screen, marginRatio }: PairedMetric): number =>
  Math.abs(median(screen.between)) / Math.log1p(marginRatio);

/**
 * What the confirmation leaves open, one sentence each. It was measured for the margins and the alpha
 * of the original gate. Other settings may need more launches than the record holds.
 */
export function unconfirmedCaveats(
  baseline: Run,
  candidate: Run,
  settings: JudgingSettings,
): string[] {
  const metrics = pairedMetrics(baseline, candidate, settings);
  const confirmed = metrics.filter(wasFlagged);
  const ids = confirmed.map(({ metric }) => metric.id);
  const open = flaggedByScreen(metrics).filter((id) => !ids.includes(id));
  const pairs = Math.max(...confirmed.map(({ confirm }) => confirm.between.length));
  const needed = confirmed.length > 0 ? minimumPairs(settings.alpha, confirmed.length) : 0;
  return [
    ...(open.length > 0
      ? [
          `The first launches suggest a change in ${open.join(', ')}, but there are no fresh launches to confirm it, so nothing is called changed there: run the gate with this margin, and for longer.`,
        ]
      : []),
    ...(confirmed.length > 0 && pairs < needed
      ? [
          `At an alpha of ${settings.alpha}, confirming ${countOf(confirmed.length, 'metric')} takes ${needed} fresh pairs of launches and there are only ${pairs}, so nothing can be called changed: run the gate with this alpha.`,
        ]
      : []),
  ];
}

/**
 * Compares both sides of a paired comparison from their records alone.
 *
 * A metric is `regressed` or `improved` only if the screen flagged it and fresh launches confirmed it
 * (Holm over the flagged metrics, at alpha). So the error level holds whatever the screen picked. The
 * change shown is the one from the fresh launches, which the screen's selection does not bias.
 */
export function comparePaired(
  baseline: Run,
  candidate: Run,
  settings: JudgingSettings,
): Comparison<MeasuredFinding> {
  const metrics = pairedMetrics(baseline, candidate, settings);
  const flagged = adjustFamily(testEach(metrics.filter(wasFlagged), 'confirm'));
  const compared = candidate.metrics.map((metric) => {
    const pair = metrics.find((one) => one.metric === metric);
    return pair
      ? compareMetric(pair, baseline, candidate, settings, flagged)
      : (compareCounts(metricOf(baseline, metric.id), metric) ??
          notCompared(metric, baseline, settings));
  });
  return {
    design: 'paired',
    alpha: settings.alpha,
    familySize: metrics.filter(inFamily).length,
    candidate,
    baseline: [baseline],
    findings: compared,
    skipped: [],
    caveats: [
      ...validityCaveats([baseline, candidate]),
      ...unevenFilterCaveats(baseline, candidate),
    ],
  };
}

function pairedMetrics(baseline: Run, candidate: Run, settings: JudgingSettings): PairedMetric[] {
  return candidate.metrics.flatMap((metric) => {
    const pair = comparablePair(metricOf(baseline, metric.id), metric);
    if (typeof pair === 'string' || pair.kind === 'events') return [];
    const screen = pairDifferences(baseline, candidate, metric.id, 'screen');
    if (screen.between.length === 0) return [];
    const confirm = pairDifferences(baseline, candidate, metric.id, 'confirm');
    const marginRatio = marginOf(metric, settings.margins, PAIRED_MARGIN);
    return { metric: pair.candidate, marginRatio, screen, confirm };
  });
}

const inFamily = ({ metric }: PairedMetric): boolean => metric.gate;

/** Whether the metric was measured again. A record's second phase may also hold ungated metrics. */
const wasFlagged = (pair: PairedMetric): boolean =>
  inFamily(pair) && pair.confirm.between.length > 0;

const testEach = (metrics: readonly PairedMetric[], phase: 'screen' | 'confirm') =>
  new Map(
    metrics.map((pair) => [pair.metric.id, testShift(pair[phase].between, pair.marginRatio)]),
  );

function compareMetric(
  pair: PairedMetric,
  baseline: Run,
  candidate: Run,
  settings: JudgingSettings,
  flagged: ReadonlyMap<string, ShiftTest>,
): MeasuredFinding {
  const { metric, marginRatio, screen, confirm } = pair;
  const confirmed = flagged.get(metric.id);
  const phase = confirmed ? 'confirm' : 'screen';
  const { between } = pair[phase];
  const change = asChange(hodgesLehmann(between, SHOWN_CONFIDENCE));
  const equivalence = hodgesLehmann(between, EQUIVALENCE_CONFIDENCE);
  const floor = floorOf([...screen.within, ...confirm.within], marginRatio, settings.alpha);
  const before = replicatesOf(baseline, metric.id, phase);
  return {
    measure: 'time',
    id: metric.id,
    gate: metric.gate,
    marginRatio,
    ...sidesOfChange(metric, typicalNs(metric.id, before), change.ratio, {
      baseline: before.length,
      candidate: replicatesOf(candidate, metric.id, phase).length,
    }),
    ...decide({
      gate: metric.gate,
      marginRatio,
      alpha: settings.alpha,
      test: metric.gate ? confirmed : testShift(between, marginRatio),
      equivalence,
      sample: `${between.length}${confirmed ? ' fresh' : ''} pairs of launches`,
      floor,
      settledBy: 'pairs',
      toSettle: pairsToSettle(equivalence, between.length, {
        margin: Math.log1p(marginRatio),
        alpha: settings.alpha,
        ...(confirmed ? { flagged: flagged.size } : {}),
      }),
    }),
    change,
    ...(floor ? { floor } : {}),
    mde80: smallestDetectable(pair, settings.alpha, hiddenBy(floor, marginRatio)),
  };
}

/** As a ratio above 0. The pairs of both phases describe the noise. */
function smallestDetectable(
  { marginRatio, screen, confirm }: PairedMetric,
  alpha: number,
  hidden: number,
): number {
  const confirmPairs = confirm.between.length;
  const shift = mde80ForPairs({
    differences: [...screen.between, ...confirm.between],
    margin: Math.log1p(marginRatio),
    alpha,
    pairs: screen.between.length,
    ...(confirmPairs > 0 ? { confirmPairs } : {}),
  });
  return Math.expm1(Math.max(shift, hidden));
}

function notCompared(
  candidate: MetricRecord,
  baseline: Run,
  settings: JudgingSettings,
): MeasuredFinding {
  const other = metricOf(baseline, candidate.id);
  const why = comparablePair(other, candidate);
  return notTested(
    candidate,
    marginOf(candidate, settings.margins, PAIRED_MARGIN),
    other,
    candidate,
    typeof why === 'string'
      ? why
      : 'No launch of the baseline is paired with a launch of the candidate.',
  );
}
