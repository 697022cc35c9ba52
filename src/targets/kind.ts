import type { LaunchResult } from '../probe/addon.js';
import type { Progress } from '../progress.js';
import type { EvidenceChoice, RunnableSpec, TargetOptions } from './spec.js';
import type { Target } from './target.js';

/** A spec as a user wrote it. */
export interface WrittenSpec {
  /** The name of the input, for error sentences. */
  input: string;
  /** The whole spec. */
  spec: string;
  /** What follows the first colon; undefined when there is none. */
  rest: string | undefined;
  options: TargetOptions;
}

/** What a target may use while a session lasts. */
export interface Workshop {
  /** Absolute path of the probe. */
  probe: string;
  /** Absolute path of an empty folder of this target's own, which is removed at the end. */
  folder: string;
  signal: AbortSignal;
  progress: Progress;
  /** What the user wants it measured by, if it can be counted. */
  evidence: EvidenceChoice;
  /** The other side, where it is open already: what the two are to have in common follows it. */
  beside?: Target;
  /**
   * Runs a command as launches are run: pinned to the CPU that is measured on, ended at the deadline
   * and with this process. What it prints is in `results`.
   *
   * @param options `anyCpu`: what is not timed need not be pinned
   * @throws the signal's reason when that is aborted
   */
  launch(argv: string[], deadlineMs: number, options?: { anyCpu: boolean }): Promise<LaunchResult>;
}

/** A kind of target: how its spec reads and what it becomes. One file each, listed in index.ts. */
export interface TargetKind<S extends RunnableSpec> {
  /** How a user writes it, for error sentences. */
  readonly syntax: string;
  /** Whether instructions can be counted in it. A target beside one where they cannot is timed. */
  readonly countable?: true;
  /**
   * Reads the spec; touches nothing.
   * @throws Failure of kind `usage`
   */
  parse(written: WrittenSpec): S;
  /**
   * Makes the target ready to be launched in, and finds out what is to be known of it.
   * @throws Failure when nothing can be launched there, in one sentence
   */
  open(spec: S, workshop: Workshop): Promise<Target>;
}
