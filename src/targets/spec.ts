/** The specs of what can be run here, after parsing. */
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

/**
 * What kernels are compared by: times, instructions that are counted under an emulator, or both.
 * `auto` counts, and times as well where the kernel runs on the processor itself.
 */
export type EvidenceChoice = 'auto' | 'timed' | 'counted' | 'both';
