import type { LaunchResult } from '../probe/addon.js';
import type { TargetRecord } from '../record/run.js';
import type { ProfileNode } from '../trace/operation.js';

/** How a probe is started. */
export interface Start {
  /** The program, looked up in PATH, and its arguments. */
  argv: string[];
  /** All of its standard input; nothing without it. */
  input?: string;
  /** How long it may take to end by itself when it is to be stopped, before it is killed. */
  graceMs?: number;
}

/** A clock of instructions instead of one of time, the same in every start. */
export interface Counting {
  /** What a count depends on beside the kernel, by name. */
  conditions: Record<string, string>;
  /**
   * How the probe is started under that clock: what it takes for nanoseconds are instructions.
   *
   * @param seed of everything random in there
   */
  start(words: readonly string[], seed: number): Promise<Start>;
  /**
   * Finds out why a start failed, by one that tells all it does.
   *
   * @throws Failure that says so, where it fails, too
   */
  diagnose(): Promise<void>;
  /**
   * Makes ready to trace a start: what it executes is written down, which changes nothing in it.
   *
   * @throws Failure when that is not possible here
   */
  trace(): Promise<Tracing>;
}

/** A start that is traced. */
export interface Tracing {
  /** As {@link Counting.start}. */
  start(words: readonly string[], seed: number): Promise<Start>;
  /** What a start means that failed for being traced, as a clause. */
  explain(result: LaunchResult): string | undefined;
  /**
   * Reads what was written down of some metrics, and removes it.
   *
   * @throws Failure when it cannot be read
   */
  read(batches: readonly BatchPlace[]): Promise<TracedOperation[]>;
}

/** Which batch of a start, by what was measured in it in which order. */
export interface BatchPlace {
  /** Of one metric in one round, from 0 on. */
  turn: number;
  /** Of that turn, from 0 on, and how many there were. */
  batch: number;
  batches: number;
  /** In each of them. */
  operations: number;
  /** Ahead of them, of no operations: the least of those was taken off each batch. */
  emptyRuns: number;
}

/** What a batch executed, as a share of one operation, or why that is not known. */
export type TracedOperation = { roots: ProfileNode[] } | { why: string };

/**
 * Where a probe process runs: this machine, any command line, a container, a kernel. A target only
 * says how to start the probe; launching, deadlines and accounting are the same for all.
 */
export interface Target {
  readonly record: TargetRecord;
  /** How result lines come back (see LaunchRequest.results). */
  readonly results: 'memory' | 'stdout';
  /** The CPU to measure on as the probe counts them, where it has others than this machine. */
  readonly cpu?: number;
  /** How long a start may take that is not over in an instant, until the probe runs. */
  readonly startDeadlineMs?: number;
  /**
   * How the probe is started here with a plan.
   *
   * @param words the plan, as the probe's arguments
   */
  start(words: readonly string[]): Start | Promise<Start>;
  /** The whole environment of a launch, made of this process's own. */
  environment(own: Readonly<NodeJS.ProcessEnv>): Record<string, string>;
  /** Whether it is to be timed. This and `counting` are decided once, when the target is opened. */
  readonly timed: boolean;
  /** How its instructions are counted, where they are to be. */
  readonly counting?: Counting;
  /**
   * What a failed launch means here, as a clause that goes on from "because": where the target can
   * tell more than the launcher.
   */
  explain?(result: LaunchResult): string | undefined;
  /** Ends what may still run of it and removes what it left outside of its folder. */
  close?(): Promise<void>;
}

/** A target whose instructions are to be counted. */
export type CountableTarget = Target & { counting: Counting };

export const isCountable = (target: Target): target is CountableTarget =>
  target.counting !== undefined;
