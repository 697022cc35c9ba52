import type { CleanUp } from '../files/clean-up.js';
import type { LaunchResult } from '../probe/addon.js';
import type { Progress } from '../progress.js';
import type { Run } from '../record/run.js';
import type { KeptKernels } from './kernel/kept.js';
import type { RunningKernel } from './kernel/running.js';
import type { EvidenceChoice, RunnableSpec, TargetOptions } from './spec.js';
import type { Target } from './target.js';

/** A spec as a user wrote it. */
interface WrittenSpec {
  /** The name of the input, for error sentences. */
  input: string;
  /** The whole spec. */
  spec: string;
  /** What follows the first colon; undefined when there is none. */
  rest: string | undefined;
  options: TargetOptions;
}

/** What a target may use during a session. */
export interface TargetTools {
  /** Absolute path of the probe. */
  probe: string;
  /** Absolute path of an empty folder for this target only, which is removed at the end. */
  folder: string;
  signal: AbortSignal;
  progress: Progress;
  /** What it is to be measured by. */
  evidence: EvidenceChoice;
  /** Why instructions are not counted although this was tried before, as a clause. */
  uncounted?: string;
  /** The kernel of this machine; only tests, which boot another one, give it. */
  running?: RunningKernel;
  /** The other side, if it is open already. Settings that both sides must share follow it. */
  otherSide?: Target;
  /**
   * Runs a command as launches are run: pinned to the CPU that is measured on, and ended at the
   * deadline or with this process. What it prints is in `results`.
   *
   * @param options `anyCpu` skips the pinning, for commands that are not timed
   * @throws the signal's reason if the signal is aborted
   */
  launch(argv: string[], deadlineMs: number, options?: { anyCpu: boolean }): Promise<LaunchResult>;
}

/** What there is to bring back what an earlier run measured. */
export interface AgainTools extends Pick<TargetTools, 'signal' | 'progress' | 'evidence'> {
  /** Kernel images that earlier runs kept; undefined if there is no place for them. */
  keptKernels?: KeptKernels | undefined;
  /** What ends and removes what was made, when the gate is over. */
  cleanUp: CleanUp;
}

/** A kind of target: how its spec is read and what it opens. One file each, listed in index.ts. */
export interface TargetKind<S extends RunnableSpec> {
  /** How a user writes it, for error sentences. */
  readonly syntax: string;
  /**
   * Whose instructions can be counted in an emulator: a kernel that the target boots, or the kernel
   * that runs here, if its image is at hand. Absent if they cannot be counted.
   */
  readonly counts?: 'own kernel' | 'running kernel';
  /**
   * Reads the spec; touches nothing.
   * @throws Failure (usage)
   */
  parse(written: WrittenSpec): S;
  /**
   * Prepares the target for launches and finds out the facts to record about it.
   * @throws Failure with one sentence, if nothing can be launched there
   */
  open(spec: S, tools: TargetTools): Promise<Target>;
  /**
   * What an earlier run measured, as a target that can be measured again here.
   *
   * @param rest what follows the first colon of its spec
   * @param now the candidate's spec: engine and machine are the same for both sides
   * @returns or why it cannot be measured again here, as a clause
   */
  again(earlier: Run, rest: string, now: S, tools: AgainTools): Promise<S | string>;
}
