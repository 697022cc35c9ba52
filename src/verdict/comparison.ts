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

/** One side of a metric that was measured. */
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
 * What a metric's differences between identical sides looked like in the same run: the
 * Hodges-Lehmann estimate over adjacent A-A and B-B pairs, which are held against each other this
 * way and that in turn so that a drift cancels, its interval, and how many of the two one-sided tests
 * at the margin rejected (0 is what an honest machine gives).
 */
export interface Floor extends Change {
  pairs: number;
  rejections: number;
}

/** What every finding has, whatever was measured. */
interface FindingFields {
  id: string;
  /** Whether it has a say in the verdict of the gate; else it only informs. */
  gate: boolean;
  verdict: Verdict;
  /** One sentence: what decided, or why nothing could be decided. */
  because: string;
}

/** What the times of a metric say, or its counts of events. */
export interface MeasuredFinding extends FindingFields {
  measure: 'time' | 'events';
  /** Smallest change that matters (0.02 is two percent); 0 for events, of which any does. */
  marginRatio: number;
  baseline: Side;
  candidate: Side;
  /** Present when both sides were measured and could be compared. */
  change?: Change;
  /**
   * Of the test that decided, Holm-adjusted within its direction. Metrics that only inform belong to
   * no family and are never confirmed: theirs is the plain p of the screen.
   */
  pValue?: number;
  floor?: Floor;
  /** Smallest true change, as a ratio above 0, that this run would have flagged four times in five. */
  mde80?: number;
  /**
   * For `inconclusive`: how many pairs (duet), stored runs (prediction) or machines (shards) in all
   * would settle it.
   */
  replicatesToSettle?: number;
}

/** One side of a metric whose instructions were counted. */
export interface CountedSide {
  status: 'ok';
  /** Instructions an operation: the median over the boots. */
  count: number;
  /** How far the boots lie apart, never less than what counts can tell apart at all. */
  resolution: number;
  boots: number[];
}

/** What the counted instructions of a metric say. */
export interface InstructionsFinding extends FindingFields {
  measure: 'instructions';
  baseline: CountedSide | NotMeasured;
  candidate: CountedSide | NotMeasured;
  /** Instructions more, an operation; present where both sides can be compared. */
  difference?: number;
  /**
   * What the counts cannot tell from nothing: the largest of what the boots of either side, and the
   * differences boot by boot, lie apart.
   */
  resolution?: number;
  /** Instructions: a smaller difference is listed and not flagged. */
  margin?: number;
  /** What changed, function by function, where both sides were traced. */
  operation?: OperationDifference;
  /** Why they were not, one clause, where they were to be. */
  untraced?: string;
}

export type Finding = MeasuredFinding | InstructionsFinding;

export const isMeasured = (finding: Finding): finding is MeasuredFinding =>
  finding.measure !== 'instructions';

export const isInstructions = (finding: Finding): finding is InstructionsFinding =>
  finding.measure === 'instructions';

/**
 * How the evidence was gathered.
 * - `duet`: both sides interleaved in this job;
 * - `prediction`: this job's candidate against stored runs of earlier jobs;
 * - `shards`: a duet on each of several machines;
 * - `self`: nothing to compare with, the candidate against itself, for the machine's noise floor.
 */
export type Design = 'duet' | 'prediction' | 'shards' | 'self';

/** What one machine's own pairs say of a metric, with nothing of what other machines would. */
export interface MachineChange extends Change {
  id: string;
  pairs: number;
}

/** One machine of a comparison over several: both sides of the duet that was measured there. */
export interface Machine {
  baseline: Run;
  candidate: Run;
  /** Most pairs of launches that a metric has there. */
  pairs: number;
  changes: MachineChange[];
}

/** @typeParam F what was compared: everything, or by time and events alone */
export interface Comparison<F extends Finding = Finding> {
  design: Design;
  /** Family-wise error level of `regressed`, and of `improved`. */
  alpha: number;
  /** How many gated metrics share that level. */
  familySize: number;
  /** In a comparison of shards, the last machine's. */
  candidate: Run;
  /**
   * The baseline's run in a duet; the stored runs, oldest first, in a prediction; every machine's
   * with shards; none for self.
   */
  baseline: Run[];
  /** With shards only. */
  machines?: Machine[];
  /** Ids of the metrics for which no one number holds for all machines; with shards only. */
  disagreements?: string[];
  findings: F[];
  /** The two runs whose counts were held against each other, if any. */
  counted?: { baseline: Run; candidate: Run };
  /** One sentence for each stored run that was passed over. */
  skipped: string[];
  /** What weakens the whole comparison, one sentence each. */
  caveats: string[];
}
