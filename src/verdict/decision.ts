import type { LocationEstimate } from '../stats/hodges-lehmann.js';
import { formatRatio, formatShare } from '../text/units.js';
import type { Floor, MeasuredFinding } from './comparison.js';
import { type ShiftTest, smallestP } from './shift-test.js';

/** Everything that a metric's verdict rests on, the same for a duet and a prediction. */
export interface MetricEvidence {
  gate: boolean;
  marginRatio: number;
  alpha: number;
  /**
   * The test that may call a change: adjusted p-values of the confirmation, or of the prediction.
   * Absent where nothing may be called: a screen only flags.
   */
  test?: ShiftTest | undefined;
  /** One sentence on why nothing is called although there are numbers, such as another machine. */
  obstacle?: string | undefined;
  /** Interval at the confidence of the equivalence test, log scale. */
  equivalence: LocationEstimate;
  /** How the numbers were come by, for the sentence: "24 fresh pairs". */
  sample: string;
  floor?: Floor | undefined;
  /** How many of those samples in all would settle it. */
  toSettle: number | undefined;
  /** What those are, where the sample leaves it open: "machines". */
  settledBy?: string;
}

export type Decision = Pick<
  MeasuredFinding,
  'verdict' | 'because' | 'pValue' | 'replicatesToSettle'
>;

/** Four-way verdict of one metric. `unchanged` is shown by equivalence, never by silence. */
export function decide(evidence: MetricEvidence): Decision {
  const { alpha, test, obstacle, floor, marginRatio } = evidence;
  if (test && obstacle === undefined && smallestP(test) <= alpha) {
    return floor && explains(floor, evidence) ? tooNoisy(evidence, floor) : changed(evidence, test);
  }
  if (floor && exceeds(floor, marginRatio)) return tooNoisy(evidence, floor);
  return isEquivalent(evidence) ? unchanged(evidence) : undecided(evidence);
}

function isEquivalent({ equivalence, marginRatio }: MetricEvidence): boolean {
  const margin = Math.log1p(marginRatio);
  return equivalence.low > -margin && equivalence.high < margin;
}

function changed({ gate, marginRatio, sample }: MetricEvidence, test: ShiftTest): Decision {
  const slower = test.slower < test.faster;
  const says = `${slower ? 'Slower' : 'Faster'} by more than the margin of ${formatShare(marginRatio)}`;
  return {
    verdict: slower ? 'regressed' : 'improved',
    because: `${says}: ${sample}${gate ? '' : ', not confirmed, since this metric only informs'}.`,
    pValue: smallestP(test),
  };
}

const unchanged = ({ marginRatio, sample }: MetricEvidence): Decision => ({
  verdict: 'unchanged',
  because: `Within the margin of ${formatShare(marginRatio)}: ${sample}.`,
});

function undecided(evidence: MetricEvidence): Decision {
  const { gate, sample, equivalence, obstacle } = evidence;
  if (obstacle !== undefined) return { verdict: 'inconclusive', because: obstacle };
  // Nobody waits for a metric that only informs.
  const toSettle = gate ? evidence.toSettle : undefined;
  const what = evidence.settledBy === undefined ? '' : ` ${evidence.settledBy}`;
  const more = toSettle === undefined ? '' : ` About ${toSettle}${what} in all would settle it.`;
  return {
    verdict: 'inconclusive',
    because: `Undecided: ${rangeText(equivalence)} (${sample}).${more}`,
    ...(toSettle === undefined ? {} : { replicatesToSettle: toSettle }),
  };
}

/** An interval without bounds says nothing. */
const rangeText = ({ low, high }: LocationEstimate): string =>
  Number.isFinite(low) && Number.isFinite(high)
    ? `the change could be anything from ${formatRatio(Math.exp(low))} to ${formatRatio(Math.exp(high))}`
    : 'there is too little to bound the change';

const tooNoisy = ({ marginRatio }: MetricEvidence, floor: Floor): Decision => ({
  verdict: 'inconclusive',
  because: `Too noisy: launches of the same side differ by ${formatShare(Math.abs(floor.ratio - 1))} here, more than the margin of ${formatShare(marginRatio)}: a change of the candidate cannot be told from that.`,
});

/**
 * Identical sides differ by more than the margin, and not by chance: their interval lies off 1. An
 * interval without bounds has too few pairs to say so.
 */
function exceeds({ ratio, low, high }: Floor, marginRatio: number): boolean {
  return Math.abs(Math.log(ratio)) > Math.log1p(marginRatio) && (low > 1 || high < 1);
}

/** A change that lies wholly beyond anything that identical sides did is believed all the same. */
function explains(floor: Floor, { equivalence, marginRatio }: MetricEvidence): boolean {
  const reach = Math.max(Math.abs(Math.log(floor.low)), Math.abs(Math.log(floor.high)));
  const nearest = equivalence.low > 0 ? equivalence.low : -equivalence.high;
  return exceeds(floor, marginRatio) && nearest <= reach;
}

/** An interval on the log scale as the ratios that people read. */
export const asChange = (location: LocationEstimate) => ({
  ratio: Math.exp(location.estimate),
  low: Math.exp(location.low),
  high: Math.exp(location.high),
  confidence: location.confidence,
});
