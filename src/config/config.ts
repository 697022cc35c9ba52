/** The specs of both sides after parsing: what can be run here, and what was stored earlier. */
export type RunnableSpec =
  | { kind: 'host'; spec: string }
  | { kind: 'command'; spec: string; argv: string[] }
  | ContainerSpec
  | KernelSpec;

export interface ContainerSpec {
  kind: 'container';
  spec: string;
  image: string;
  /** What the engine is given beside the image. */
  options: string[];
  /** Name of the engine; empty for whichever works. */
  engine: string;
}

export interface KernelSpec {
  kind: 'kernel';
  spec: string;
  /** Absolute path of the image. */
  path: string;
  /** What the user wrote behind it, for the kernel; empty for nothing. */
  commandLine: string;
  /** Absolute path of the seccomp profile that the probe measures under. */
  seccomp?: string;
  /** Rules of the kernel's audit while the probe measures, each in the words of auditctl(8). */
  auditRules?: string[];
  /** Absolute path of its vmlinux or System.map, for the names of its functions. */
  vmlinux?: string;
  options: KernelOptions;
}

/** How a kernel is booted; both sides of a comparison share it. */
export interface KernelOptions {
  memoryMib: number;
  cpus: number;
  /** After this without a word of the probe, a boot has failed. */
  deadlineMs: number;
  /** QEMU's names; without them, what suits the architecture. */
  machine?: string;
  cpu?: string;
  /** Without it, KVM where the kernel boots in it and else TCG. */
  accelerator?: 'kvm' | 'tcg';
  /** Files for the guest: absolute paths here and there. */
  files: { from: string; to: string }[];
}

/** Inputs that only targets of one kind know. */
export interface TargetOptions {
  containerEngine: string;
  kernelOptions: string;
}

export type StoredSpec =
  | { kind: 'artifact'; spec: string }
  | { kind: 'directory'; spec: string; path: string; shown: string }
  | { kind: 'own'; spec: string; path: string; shown: string }
  | { kind: 'file'; spec: string; path: string; shown: string };

/** `own` is the default on the command line: earlier runs of this very candidate in the out folder. */
export type BaselineSpec = RunnableSpec | StoredSpec;

/** A margin for the metrics that a glob matches; the last rule that matches wins. */
export interface MarginRule {
  glob: string;
  /** 0.02 is two percent. */
  ratio: number;
}

export type FailOn = 'regression' | 'inconclusive' | 'never';

/**
 * What kernels are compared by: times, instructions that are counted under an emulator, or both.
 * `auto` counts, and times as well where the kernel runs on the processor itself.
 */
export type EvidenceChoice = 'auto' | 'timed' | 'counted' | 'both';

/** Everything the gate needs to know, wherever it was asked from. */
export interface Config {
  candidate: RunnableSpec;
  baseline: BaselineSpec;
  /** Wall time for measuring, compile time not included. */
  durationMs: number;
  /** Globs over metric ids; empty means the whole catalogue. */
  metrics: string[];
  /** Empty means the default of the design: 2 % for a duet, 3 % against stored runs. */
  margins: MarginRule[];
  alpha: number;
  failOn: FailOn;
  evidence: EvidenceChoice;
  /** Where the run record and the report are written. */
  out: string;
  /** Seed of the metric order; recorded, so that a schedule can be repeated. */
  seed: number;
}
