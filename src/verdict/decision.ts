import type { LocationEstimate } from '../stats/hodges-lehmann.js';
import { formatRatio, formatShare } from '../text/units.js';
import type { Floor, MeasuredFinding } from './comparison.js';
import { type ShiftTest, smallestP } from './shift-test.js';

/** Everything that decides a timed metric's verdict, for every design. */
export interface DecisionInput {
  gate: boolean;
  marginRatio: number;
  alpha: number;
  /**
   * The test that may call a change: adjusted p-values of the confirmation, or of the comparison
   * with stored runs. Absent if nothing may be called: a screen only flags.
   */
  test?: ShiftTest | undefined;
  /**
   * Whether a change is called by its estimate: that lies beyond the margin, and the test shows that it
   * is no difference that equal runs have. Otherwise the test shows that it is larger than the margin.
   */
  byEstimate?: boolean;
  /** One sentence: why nothing may be called although there are numbers, such as another machine. */
  obstacle?: string | undefined;
  /** Interval on the log scale, at the confidence of the equivalence test. */
  equivalence: LocationEstimate;
  /** Where the numbers come from, for the sentence: "24 fresh pairs of launches". */
  sample: string;
  floor?: Floor | undefined;
  /** How many samples in total would settle it. */
  toSettle: number | undefined;
  /** What those samples are: "pairs", "stored runs" or "machines". */
  settledBy: string;
}

type Decision = Pick<MeasuredFinding, 'verdict' | 'because' | 'pValue' | 'replicatesToSettle'>;

/**
 * The verdict of one metric. `unchanged` takes an equivalence test; finding no change is not
 * enough.
 */
export function decide(input: DecisionInput): Decision {
  const { alpha, test, obstacle, floor, marginRatio } = input;
  if (test && obstacle === undefined && smallestP(test) <= alpha) {
    return floor && explains(floor, input) ? tooNoisy(input, floor) : changed(input, test);
  }
  if (floor && exceeds(floor, marginRatio)) return tooNoisy(input, floor);
  return isEquivalent(input) ? unchanged(input) : undecided(input);
}

function isEquivalent({ equivalence, marginRatio }: DecisionInput): boolean {
  const margin = Math.log1p(marginRatio);
  return equivalence.low > -margin && equivalence.high < margin;
}

function changed(input: DecisionInput, test: ShiftTest): Decision {
  const { gate, marginRatio, sample, byEstimate, equivalence } = input;
  const slower = test.slower < test.faster;
  const margin = `the margin of ${formatShare(marginRatio)}`;
  const says = byEstimate
    ? `${slower ? 'Slower' : 'Faster'}: the estimate of ${formatRatio(Math.exp(equivalence.estimate))} is beyond ${margin}, and equal runs do not differ so much`
    : `${slower ? 'Slower' : 'Faster'} by more than ${margin}`;
  return {
    verdict: slower ? 'regressed' : 'improved',
    because: `${says}: ${sample}${gate ? '' : '; not confirmed, because this metric is for information only'}.`,
    pValue: smallestP(test),
  };
}

const unchanged = ({ marginRatio, sample }: DecisionInput): Decision => ({
  verdict: 'unchanged',
  because: `Any change is smaller than the margin of ${formatShare(marginRatio)}: ${sample}.`,
});

function undecided(input: DecisionInput): Decision {
  const { gate, sample, obstacle, settledBy } = input;
  if (obstacle !== undefined) return { verdict: 'inconclusive', because: obstacle };
  // Nobody waits for a metric that is for information only.
  const toSettle = gate ? input.toSettle : undefined;
  const more =
    toSettle === undefined ? '' : ` About ${toSettle} ${settledBy} in total would settle it.`;
  return {
    verdict: 'inconclusive',
    because: `${rangeText(input)} (${sample}).${more}`,
    ...(toSettle === undefined ? {} : { replicatesToSettle: toSettle }),
  };
}

/**
 * What is known of the change. An interval without bounds is not shown. One that lies beyond the margin
 * leaves no doubt of the size, and is only not sure enough for the test over all metrics.
 */
function rangeText({ equivalence: { low, high }, marginRatio }: DecisionInput): string {
  if (!Number.isFinite(low) || !Number.isFinite(high))
    return 'Undecided: there is too little data to bound the change';
  const range = `from ${formatRatio(Math.exp(low))} to ${formatRatio(Math.exp(high))}`;
  const margin = Math.log1p(marginRatio);
  return low > margin || high < -margin
    ? `Not confirmed: the change seems to be ${range}, but is not sure enough to be called`
    : `Undecided: the change could be anything ${range}`;
}

const tooNoisy = ({ marginRatio }: DecisionInput, floor: Floor): Decision => ({
  verdict: 'inconclusive',
  because: `Too noisy: launches of the same side differ by ${formatShare(Math.abs(floor.ratio - 1))} here, more than the margin of ${formatShare(marginRatio)}. A change of the candidate cannot be told from that noise.`,
});

/**
 * Whether identical sides differ by more than the margin, and not by chance: their interval does not
 * contain 1. An interval without bounds has too few pairs to show that.
 */
function exceeds({ ratio, low, high }: Floor, marginRatio: number): boolean {
  return Math.abs(Math.log(ratio)) > Math.log1p(marginRatio) && (low > 1 || high < 1);
}

/** Whether noise can explain the change. It cannot if the whole interval lies beyond the floor's. */
function explains(floor: Floor, { equivalence, marginRatio }: DecisionInput): boolean {
  const nearest = equivalence.low > 0 ? equivalence.low : -equivalence.high;
  return exceeds(floor, marginRatio) && nearest <= reachOf(floor);
}

const reachOf = ({ low, high }: Floor): number =>
  Math.max(Math.abs(Math.log(low)), Math.abs(Math.log(high)));

/** Changes up to this size, on the log scale, are not called because identical sides differ as much. */
export const hiddenBy = (floor: Floor | undefined, marginRatio: number): number =>
  floor && exceeds(floor, marginRatio) ? reachOf(floor) : 0;

/** An interval on the log scale, as ratios. */
export const asChange = (location: LocationEstimate) => ({
  ratio: Math.exp(location.estimate),
  low: Math.exp(location.low),
  high: Math.exp(location.high),
  confidence: location.confidence,
});
