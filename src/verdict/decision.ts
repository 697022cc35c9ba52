import type { LocationEstimate } from '../stats/hodges-lehmann.js';
import { formatShare } from '../units.js';
import type { Floor, MetricComparison } from './comparison.js';
import { ratioOf } from './samples.js';

/** Everything that a metric's verdict rests on, the same for a duet and a prediction. */
export interface Evidence {
  gate: boolean;
  marginRatio: number;
  alpha: number;
  /** Adjusted p of "not slower by more than the margin" and of "not faster by more than it". */
  test: { slower: number; faster: number };
  /** Whether the test may decide; a screen may not, and neither may runs of another machine. */
  decisive: boolean;
  /** Interval at the confidence of the equivalence test, log scale. */
  equivalence: LocationEstimate;
  /** How the numbers were come by, for the sentence: "24 fresh pairs". */
  sample: string;
  floor?: Floor | undefined;
  /** How many samples there are, of those that `toSettle` counts. */
  toSettle: number | undefined;
}

export type Decision = Pick<
  MetricComparison,
  'verdict' | 'because' | 'pValue' | 'replicatesToSettle'
>;

/** Four-way verdict of one metric. `unchanged` is shown by equivalence, never by silence. */
export function decide(evidence: Evidence): Decision {
  const { alpha, test, decisive, equivalence, marginRatio, floor } = evidence;
  if (decisive && Math.min(test.slower, test.faster) <= alpha) {
    return floorExplains(equivalence, marginRatio, floor)
      ? tooLoud(evidence, floor)
      : changed(evidence);
  }
  const margin = Math.log1p(marginRatio);
  if (equivalence.low > -margin && equivalence.high < margin) return unchanged(evidence);
  return floor && floorExceeds(floor, marginRatio) ? tooLoud(evidence, floor) : undecided(evidence);
}

function changed({ test, gate, marginRatio, sample }: Evidence): Decision {
  const slower = test.slower < test.faster;
  const says = `${slower ? 'Slower' : 'Faster'} by more than the margin of ${formatShare(marginRatio)}`;
  return {
    verdict: slower ? 'regressed' : 'improved',
    because: `${says}, by ${sample}${gate ? '' : '; it informs and does not gate'}.`,
    pValue: Math.min(test.slower, test.faster),
  };
}

const unchanged = ({ marginRatio, sample }: Evidence): Decision => ({
  verdict: 'unchanged',
  because: `Shown to lie within the margin of ${formatShare(marginRatio)}, by ${sample}.`,
});

function undecided({ sample, toSettle, marginRatio }: Evidence): Decision {
  const more = toSettle === undefined ? '' : ` About ${toSettle} would settle it.`;
  return {
    verdict: 'inconclusive',
    because: `Neither a change beyond the margin of ${formatShare(marginRatio)} nor its absence is shown by ${sample}.${more}`,
    ...(toSettle === undefined ? {} : { replicatesToSettle: toSettle }),
  };
}

function tooLoud({ marginRatio }: Evidence, floor: Floor | undefined): Decision {
  const size = floor ? formatShare(Math.abs(floor.ratio - 1)) : 'more';
  return {
    verdict: 'inconclusive',
    because: `Launches of the same side differ by ${size} here, more than the margin of ${formatShare(marginRatio)}: the difference of the sides cannot be told from that.`,
  };
}

const floorExceeds = (floor: Floor, marginRatio: number): boolean =>
  Math.abs(Math.log(floor.ratio)) > Math.log1p(marginRatio);

/**
 * Identical sides that differ by more than the margin make a small change unbelievable, but not one
 * that lies wholly beyond anything that identical sides did.
 */
function floorExplains(
  change: LocationEstimate,
  marginRatio: number,
  floor: Floor | undefined,
): boolean {
  if (floor === undefined || !floorExceeds(floor, marginRatio)) return false;
  const reach = Math.max(Math.abs(Math.log(floor.low)), Math.abs(Math.log(floor.high)));
  const nearest = change.low > 0 ? change.low : -change.high;
  return nearest <= reach;
}

/** An interval on the log scale as the ratios that people read. */
export const asChange = (location: LocationEstimate) => ({
  ratio: ratioOf(location.estimate),
  low: ratioOf(location.low),
  high: ratioOf(location.high),
  confidence: location.confidence,
});
