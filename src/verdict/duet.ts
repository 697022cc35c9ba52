import type { MetricRecord, Run } from '../record/run.js';
import {
  DUET_MARGIN,
  EQUIVALENCE_CONFIDENCE,
  SCREEN_FAMILY_WISE,
  SHOWN_CONFIDENCE,
} from '../stats/assumptions.js';
import { hodgesLehmann } from '../stats/hodges-lehmann.js';
import { holm } from '../stats/holm.js';
import { mde80ForDuet, minimumPairs } from '../stats/power.js';
import { pairsToSettle } from '../stats/settle.js';
import { signedRankTest } from '../stats/signed-rank.js';
import type { Comparison, MetricComparison } from './comparison.js';
import { asChange, decide } from './decision.js';
import { floorOf } from './floor.js';
import { metricOf, type PairedDifferences, pairDifferences } from './samples.js';
import { type JudgingSettings, marginOf } from './settings.js';
import { bothSides, comparablePair, incomparable } from './sides.js';
import { validityCaveats } from './validity.js';

/** One metric of a duet: its pairs of both phases, on the log scale. */
interface DuetMetric {
  metric: MetricRecord;
  marginRatio: number;
  screen: PairedDifferences;
  confirm: PairedDifferences;
}

/**
 * Says which gated metrics may have changed and are to be measured afresh: Holm at a generous
 * family-wise level, either direction.
 *
 * @returns ids, and the pairs without which the confirming test could not reach its level: the
 * exact p of a signed-rank test on K pairs is never below 2^−K
 */
export function screenDuet(
  baseline: Run,
  candidate: Run,
  settings: JudgingSettings,
): { flagged: string[]; leastPairs: number } {
  const family = duetMetrics(baseline, candidate, settings).filter(inFamily);
  const tests = family.map((metric) => testShift(metric.screen.between, metric.marginRatio));
  const slower = holm(tests.map((test) => test.slower));
  const faster = holm(tests.map((test) => test.faster));
  const flagged = family
    .filter((_, i) => Math.min(slower[i] ?? 1, faster[i] ?? 1) <= SCREEN_FAMILY_WISE)
    .map(({ metric }) => metric.id);
  return {
    flagged,
    leastPairs: flagged.length > 0 ? minimumPairs(settings.alpha, flagged.length) : 0,
  };
}

/**
 * Compares both sides of a duet from their records alone.
 *
 * Only what the screen flagged and fresh launches confirmed (Holm over the flagged, at alpha) is
 * `regressed` or `improved`: the error level holds whatever the screen picked, and the change that
 * is shown is the fresh one, free of the screen's selection.
 */
export function compareDuet(baseline: Run, candidate: Run, settings: JudgingSettings): Comparison {
  const metrics = duetMetrics(baseline, candidate, settings);
  const familySize = metrics.filter(inFamily).length;
  const confirmed = confirmations(metrics.filter(wasFlagged));
  const compared = candidate.metrics.map((metric) => {
    const duet = metrics.find((one) => one.metric === metric);
    return duet
      ? compareMetric(duet, baseline, settings, familySize, confirmed.get(metric.id))
      : notCompared(metric, baseline, settings);
  });
  return {
    design: 'duet',
    alpha: settings.alpha,
    familySize,
    candidate,
    baseline: [baseline],
    metrics: compared,
    caveats: validityCaveats([baseline, candidate]),
  };
}

function duetMetrics(baseline: Run, candidate: Run, settings: JudgingSettings): DuetMetric[] {
  return candidate.metrics.flatMap((metric) => {
    const pair = comparablePair(metricOf(baseline, metric.id), metric);
    if (typeof pair === 'string') return [];
    const screen = pairDifferences(baseline, candidate, metric.id, 'screen');
    if (screen.between.length === 0) return [];
    const confirm = pairDifferences(baseline, candidate, metric.id, 'confirm');
    const marginRatio = marginOf(metric.id, settings.margins, DUET_MARGIN);
    return { metric, marginRatio, screen, confirm };
  });
}

const inFamily = ({ metric }: DuetMetric): boolean => metric.gate;

/** Only flagged metrics were measured again. */
const wasFlagged = ({ confirm }: DuetMetric): boolean => confirm.between.length > 0;

interface ShiftTest {
  slower: number;
  faster: number;
}

/** p of "not slower by more than the margin" and of "not faster by more than the margin". */
function testShift(differences: readonly number[], marginRatio: number): ShiftTest {
  const margin = Math.log1p(marginRatio);
  return {
    slower: signedRankTest(differences, margin).greater,
    faster: signedRankTest(differences, -margin).less,
  };
}

function confirmations(flagged: readonly DuetMetric[]): Map<string, ShiftTest> {
  const tests = flagged.map((metric) => testShift(metric.confirm.between, metric.marginRatio));
  const slower = holm(tests.map((test) => test.slower));
  const faster = holm(tests.map((test) => test.faster));
  return new Map(
    flagged.map(({ metric }, i) => [metric.id, { slower: slower[i] ?? 1, faster: faster[i] ?? 1 }]),
  );
}

function compareMetric(
  duet: DuetMetric,
  baseline: Run,
  settings: JudgingSettings,
  familySize: number,
  confirmed: ShiftTest | undefined,
): MetricComparison {
  const { metric, marginRatio, screen, confirm } = duet;
  const sides = bothSides(metricOf(baseline, metric.id), metric);
  const { between } = confirmed ? confirm : screen;
  const shown = hodgesLehmann(between, SHOWN_CONFIDENCE);
  const floor = floorOf([...screen.within, ...confirm.within], marginRatio, settings.alpha);
  const equivalence = hodgesLehmann(between, EQUIVALENCE_CONFIDENCE);
  const decision = decide({
    gate: metric.gate,
    marginRatio,
    alpha: settings.alpha,
    test: confirmed ?? testShift(between, marginRatio),
    decisive: confirmed !== undefined || !metric.gate,
    equivalence,
    sample: `${between.length}${confirmed ? ' fresh' : ''} pairs of launches`,
    floor,
    toSettle: pairsToSettle(equivalence, between.length, {
      margin: Math.log1p(marginRatio),
      alpha: settings.alpha,
      familySize: Math.max(1, familySize),
    }),
  });
  return {
    id: metric.id,
    gate: metric.gate,
    marginRatio,
    ...sides,
    ...decision,
    change: asChange(shown),
    ...(floor ? { floor } : {}),
    mde80: smallestDetectable(duet, settings.alpha, metric.gate ? familySize : 1),
  };
}

/** As a ratio above 0; the pairs of both phases tell of the noise. */
function smallestDetectable(
  { marginRatio, screen, confirm }: DuetMetric,
  alpha: number,
  familySize: number,
): number {
  const confirmPairs = confirm.between.length;
  const shift = mde80ForDuet({
    differences: [...screen.between, ...confirm.between],
    margin: Math.log1p(marginRatio),
    alpha,
    familySize,
    pairs: screen.between.length,
    ...(confirmPairs > 0 ? { confirmPairs } : {}),
  });
  return Math.expm1(shift);
}

function notCompared(
  candidate: MetricRecord,
  baseline: Run,
  settings: JudgingSettings,
): MetricComparison {
  const other = metricOf(baseline, candidate.id);
  const why = comparablePair(other, candidate);
  return incomparable(
    candidate,
    marginOf(candidate.id, settings.margins, DUET_MARGIN),
    bothSides(other, candidate),
    typeof why === 'string' ? why : 'No two launches of the sides stand side by side.',
  );
}
