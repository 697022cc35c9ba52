import type { Design } from '../record/design.js';
import type { Reason, Unavailable } from '../record/metric-status.js';
import type { Run, Unit } from '../record/run.js';
import type { Verdict } from '../record/verdict.js';
import type { OperationDifference } from '../trace/difference.js';

/** Candidate over baseline, as ratios: 1 is no change, 1.05 is five percent slower. */
export interface Change {
  ratio: number;
  low: number;
  high: number;
  /** Coverage of the interval `low` to `high`. */
  confidence: number;
}

/** One side of a metric, measured. */
export interface Measured {
  status: 'ok';
  unit: Unit;
  /** ns per operation at the baseline's control speed, or events per operation. */
  estimate: number;
  replicates: number;
}

export interface NotMeasured {
  status: Unavailable | 'absent';
  reason: Reason;
}

export type Side = Measured | NotMeasured;

/**
 * The noise floor of a metric: how much launches of the same side differed in this run. It is the
 * Hodges-Lehmann estimate over neighbouring A-A and B-B pairs, with its interval. Every second
 * difference has its sign turned, so a steady drift cancels. `rejections` counts how many of the two
 * one-sided tests at the margin rejected; it should be 0.
 */
export interface Floor extends Change {
  pairs: number;
  rejections: number;
}

/** What every finding has, whatever its measure. */
interface FindingFields {
  id: string;
  /** Whether it counts for the verdict of the gate. If not, it is for information only. */
  gate: boolean;
  verdict: Verdict;
  /** One sentence: why this is the verdict, or why there is none. */
  because: string;
}

/** The finding of a metric by its times, or by its counts of events. */
export interface MeasuredFinding extends FindingFields {
  measure: 'time' | 'events';
  /** Smallest change that matters (0.02 is two percent). 0 for events: any change matters. */
  marginRatio: number;
  baseline: Side;
  candidate: Side;
  /** Present if both sides were measured and can be compared. */
  change?: Change;
  /**
   * p-value of the deciding test, Holm-adjusted within its direction. A metric that is for
   * information only belongs to no family and is never confirmed: this is then its plain p in the
   * screen.
   */
  pValue?: number;
  floor?: Floor;
  /**
   * Smallest true change that this run would have flagged four times in five (0.03 is three
   * percent).
   */
  mde80?: number;
  /**
   * For `inconclusive`: the total number of pairs (paired), stored runs (stored) or machines
   * (shards) that would settle it.
   */
  replicatesToSettle?: number;
}

/** One side of a metric, with its instructions counted. */
export interface CountedSide {
  status: 'ok';
  /** Instructions per operation: the median over the boots. */
  count: number;
  /** How far the boots lie apart, but at least the smallest difference that counts can resolve. */
  resolution: number;
  boots: number[];
}

/** The finding of a metric by its counted instructions. */
export interface InstructionsFinding extends FindingFields {
  measure: 'instructions';
  baseline: CountedSide | NotMeasured;
  candidate: CountedSide | NotMeasured;
  /** More instructions per operation than the baseline. Present if both sides can be compared. */
  difference?: number;
  /**
   * Differences up to this size are boot-to-boot noise. It is the largest of three spreads: between
   * the boots of each side, and between the differences boot by boot.
   */
  resolution?: number;
  /** In instructions: a smaller difference is listed and not flagged. */
  margin?: number;
  /** What changed, function by function, if both sides were traced. */
  operation?: OperationDifference;
  /** One clause: why a side has no trace although a trace was asked for. */
  untraced?: string;
}

export type Finding = MeasuredFinding | InstructionsFinding;

export const isMeasured = (finding: Finding): finding is MeasuredFinding =>
  finding.measure !== 'instructions';

export const isInstructions = (finding: Finding): finding is InstructionsFinding =>
  finding.measure === 'instructions';

/** The change of a metric by one machine's own pairs. Other machines do not enter. */
interface MachineChange extends Change {
  id: string;
  pairs: number;
}

/** One machine of a comparison of shards: both sides of the comparison that was measured there. */
export interface Machine {
  baseline: Run;
  candidate: Run;
  /** The largest number of pairs of launches that a metric has there. */
  pairs: number;
  changes: MachineChange[];
}

/** What became of the stored runs: each is used, or there is a reason. */
export interface Census {
  /** Records that were read, and those that were passed over. */
  found: number;
  /** Of the candidate's machine, or of one like it. */
  comparable: number;
  /** With enough launches that met a quiet core. */
  used: number;
}

/** @typeParam F which findings: all, or only those by time and events */
export interface Comparison<F extends Finding = Finding> {
  design: Design;
  /** Family-wise error level of `regressed`, and of `improved`. */
  alpha: number;
  /** How many gated metrics share that level. */
  familySize: number;
  /** In a comparison of shards, the last machine's. */
  candidate: Run;
  /**
   * The baseline's run in a paired comparison; the stored runs, oldest first, against those; the
   * baseline run of every machine with shards; empty for self.
   */
  baseline: Run[];
  /** With shards only. */
  machines?: Machine[];
  /** Ids of the metrics that the machines disagree about. With shards only. */
  disagreements?: string[];
  findings: F[];
  /** The two runs whose instruction counts were compared, if any. */
  counted?: { baseline: Run; candidate: Run };
  /** Against stored runs only. */
  census?: Census;
  /** One sentence for each stored run that could not be used. */
  skipped: string[];
  /** What weakens the whole comparison, one sentence each. */
  caveats: string[];
}
