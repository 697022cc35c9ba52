/** The parsed specs of everything that can be measured here. */
export type RunnableSpec = HostSpec | CommandSpec | ContainerSpec | KernelSpec;

export interface CommandSpec {
  kind: 'command';
  spec: string;
  argv: string[];
  /** The script that builds what the command runs, in a checkout. */
  setup?: string;
  /** The folder to run it in, and the commit that was built there; this process's own if undefined. */
  folder?: string;
  commit?: string;
}

export interface HostSpec {
  kind: 'host';
  spec: string;
  /** How its kernel is booted where its instructions are counted. */
  options: KernelOptions;
}

export interface ContainerSpec {
  kind: 'container';
  spec: string;
  image: string;
  /** The engine's options beside the image. */
  options: string[];
  /** Name of the engine; empty for the first that works. */
  engine: string;
}

export interface KernelSpec {
  kind: 'kernel';
  spec: string;
  /** Absolute path of the image. */
  path: string;
  /** Where the image comes from, for people, if it is a copy that an earlier run kept. */
  keptIn?: string;
  /** The kernel command line that the user wrote after the path; empty for none. */
  commandLine: string;
  /** Absolute path of the seccomp profile that the probe measures under. */
  seccomp?: string;
  /** Rules of the kernel's audit during the measurement, in the syntax of auditctl(8). */
  auditRules?: string[];
  /** Absolute path of its vmlinux or System.map, which names its functions. */
  vmlinux?: string;
  options: KernelOptions;
}

/** How a kernel is booted. Both sides of a comparison share it. */
export interface KernelOptions {
  memoryMib: number;
  cpus: number;
  /** If the probe has sent nothing after this time, the boot has failed. */
  deadlineMs: number;
  /** QEMU's names; undefined for the default of the architecture. */
  machine?: string;
  cpu?: string;
  /** Undefined for KVM if the kernel boots in it, else TCG. */
  accelerator?: 'kvm' | 'tcg';
  /** Files for the guest: absolute paths on this machine and in the guest. */
  files: { from: string; to: string }[];
}

/** Inputs that concern only one kind of target. */
export interface TargetOptions {
  containerEngine: string;
  kernelOptions: string;
  baselineSetup: string;
}

/** The user gave none of them. */
export const NO_OPTIONS: TargetOptions = {
  containerEngine: '',
  kernelOptions: '',
  baselineSetup: '',
};

/**
 * How kernels are compared: by times, by instructions counted under an emulator, or by both. `auto`
 * counts, and also measures times if the kernel runs on the processor itself. A host is always
 * timed under `auto`, and also counted if that is possible.
 */
export type EvidenceChoice = 'auto' | 'timed' | 'counted' | 'both';
