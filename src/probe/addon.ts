/**
 * The native addon's surface (`native/launch/addon.cc`): it launches probe processes and accounts for
 * them. It never measures inside Node, whose threads make every descriptor look-up dearer.
 */
export interface LaunchRequest {
  /** The program and its arguments; the program is looked up in PATH as execvp(3) does. */
  argv: string[];
  /** The whole environment of the child. */
  env: Record<string, string>;
  /** CPU to pin the child to before exec, or -1 to leave its affinity alone. */
  cpu: number;
  /** After this time the child's process group is killed. */
  deadlineMs: number;
  /**
   * How long it may then take to end by itself: its process group gets SIGTERM first. It is killed at
   * once without.
   */
  graceMs?: number | undefined;
  /**
   * Where results come from: `memory` gives the child a shared mapping as descriptor 3, `stdout`
   * reads its standard output (for commands that do not pass descriptors on).
   */
  results: 'memory' | 'stdout';
  /** What the child's standard input holds, as UTF-8; it is empty without. */
  input?: string | undefined;
}

export interface LaunchResult {
  /** Result lines; with `memory`, a view of the shared mapping itself, not a copy. */
  results: Buffer;
  /** Whether the child wrote more to standard output than the 8 MiB that are kept. */
  truncated: boolean;
  /** The last 4 KiB of standard error. */
  stderr: string;
  /** Exit code, or -1 when a signal ended it. */
  exitCode: number;
  /** The signal's number, or 0. */
  signal: number;
  timedOut: boolean;
  cancelled: boolean;
  wallNs: number;
  userNs: number;
  systemNs: number;
  /** Steal time of the pinned CPU while the child ran (/proc/stat), all CPUs when not pinned. */
  stolenNs: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
}

/** One reading of /proc/stat for each CPU that this process may run on. */
export interface CpuTimes {
  cpu: number;
  busyTicks: number;
  stealTicks: number;
}

export interface Addon {
  /**
   * Starts one process and waits for its end on a worker thread.
   * @throws when the program cannot be started; `code` is the errno's name, `syscall` what failed
   */
  launch(request: LaunchRequest): Promise<LaunchResult>;
  /** Kills the process group of every launch under way; each resolves with `cancelled`. */
  cancelAll(): void;
  /** CPUs in this process's affinity mask with their times so far. */
  cpuTimes(): CpuTimes[];
}
