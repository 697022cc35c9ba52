import type { EvidenceChoice, RunnableSpec } from '../targets/spec.js';
import type { FailOn, MarginRule } from '../verdict/settings.js';

export type StoredSpec =
  | { kind: 'artifact'; spec: string }
  | { kind: 'directory'; spec: string; path: string; shown: string }
  | { kind: 'auto'; spec: string; path: string; shown: string }
  | { kind: 'file'; spec: string; path: string; shown: string };

/**
 * `auto` is the default. It looks for earlier runs of the same candidate, in the artifacts of a
 * workflow or in the out folder, and takes the strongest evidence that they allow.
 */
export type BaselineSpec = RunnableSpec | StoredSpec;

/** Everything that the gate needs to know, whether it came from the action or the command line. */
export interface Config {
  candidate: RunnableSpec;
  baseline: BaselineSpec;
  /** Wall time for measuring; compile time is not included. */
  durationMs: number;
  /** Globs over metric ids; empty for all metrics. */
  metrics: string[];
  /** Empty for the default of the design: 2 % for a paired comparison, 3 % against stored runs. */
  margins: MarginRule[];
  alpha: number;
  failOn: FailOn;
  evidence: EvidenceChoice;
  /** Whether to keep the candidate's kernel image with its run, for later runs to boot. */
  keepKernel: boolean;
  /** Where the run record and the report are written. */
  out: string;
  /** How many stored runs are pooled at most: the newest. */
  history: number;
  /** Seed of the metric order; it is recorded, so that a schedule can be repeated. */
  seed: number;
}
