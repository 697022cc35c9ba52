import type { LaunchResult } from '../probe/addon.js';
import type { TargetRecord } from '../record/run.js';
import type { ProfileNode } from '../trace/operation.js';

/** How to start a probe. */
export interface LaunchCommand {
  /** The program, which is looked up in PATH, and its arguments. */
  argv: string[];
  /** Absolute path of the folder to start it in; this process's own if undefined. */
  folder?: string;
  /** Its whole standard input; undefined for an empty one. */
  input?: string;
  /** How long it may take to end by itself after it is told to stop; then it is killed. */
  graceMs?: number;
}

/** How launches of a machine are started and read, whatever they measure. */
export type LaunchManner = Pick<
  Target,
  'results' | 'cpu' | 'startDeadlineMs' | 'environment' | 'explain'
>;

/** Counts instructions with a clock that they alone advance, reproducible between launches. */
export interface Counting {
  /**
   * How to launch the machine that counts, if it is another than the target's own. It says nothing
   * about the target's machine, which is then described by a launch of the target itself.
   */
  elsewhere?: LaunchManner;
  /** What a count depends on besides the kernel, by name. */
  conditions: Record<string, string>;
  /**
   * Says how to start the probe under that clock: the nanoseconds that it reports are instructions.
   *
   * @param seed seed of everything random in the guest
   */
  start(words: readonly string[], seed: number): Promise<LaunchCommand>;
  /**
   * Finds out why a launch failed, by another launch that prints everything it does.
   *
   * @throws Failure that gives the reason, if that launch fails too
   */
  diagnose(): Promise<void>;
  /**
   * Prepares to trace launches: every executed instruction is recorded, which changes nothing in
   * the guest.
   *
   * @throws Failure if tracing is not possible here
   */
  trace(): Promise<Tracing>;
}

/** Traces launches. */
export interface Tracing {
  /** As {@link Counting.start}. */
  start(words: readonly string[], seed: number): Promise<LaunchCommand>;
  /**
   * Explains a launch that failed because of tracing, as a clause.
   *
   * @returns undefined if tracing is not the reason
   */
  explain(result: LaunchResult): string | undefined;
  /**
   * Reads the recorded batches of some metrics, and removes the record.
   *
   * @throws Failure if it cannot be read
   */
  read(batches: readonly BatchPlace[]): Promise<TracedOperation[]>;
}

/** The position of one batch in a launch, by the order in which metrics were measured. */
export interface BatchPlace {
  /** Index of the turn: one metric in one round. */
  turn: number;
  /** Index of the batch within the turn, and the number of batches in it. */
  batch: number;
  batches: number;
  /** Operations in each batch. */
  operations: number;
  /**
   * Number of batches without operations that come first; the smallest of them was subtracted from
   * each batch.
   */
  emptyRuns: number;
}

/** What a batch executed, per operation, or why that is not known. */
export type TracedOperation = { roots: ProfileNode[] } | { why: string };

/**
 * Where a probe process runs: this machine, any command line, a container, a kernel. A target only
 * says how to start the probe; launching, deadlines and accounting are the same for all.
 */
export interface Target {
  readonly record: TargetRecord;
  /** How result lines come back (see LaunchRequest.results). */
  readonly results: 'memory' | 'stdout';
  /**
   * The CPU to measure on, as the probe numbers them, if the target has other CPUs than this
   * machine.
   */
  readonly cpu?: number;
  /** How long it may take until the probe runs, if that is not immediate. */
  readonly startDeadlineMs?: number;
  /**
   * Says how to start the probe with a plan.
   *
   * @param words the plan, as the probe's arguments
   */
  start(words: readonly string[]): LaunchCommand | Promise<LaunchCommand>;
  /** The whole environment of a launch, derived from this process's own. */
  environment(own: Readonly<NodeJS.ProcessEnv>): Record<string, string>;
  /** Whether to time it. This and `counting` are decided once, when the target is opened. */
  readonly timed: boolean;
  /** How to count its instructions; undefined if they are not counted. */
  readonly counting?: Counting;
  /**
   * Explains a failed launch, as a clause that goes on from "because".
   *
   * @returns undefined if the target knows no more than the launcher
   */
  explain?(result: LaunchResult): string | undefined;
  /** Ends everything of it that may still run, and removes what it left outside its folder. */
  close?(): Promise<void>;
}

/** A target whose instructions are to be counted. */
export type CountableTarget = Target & { counting: Counting };

export const isCountable = (target: Target): target is CountableTarget =>
  target.counting !== undefined;
