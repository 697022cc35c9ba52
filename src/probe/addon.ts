/**
 * The interface of the native addon (`native/launch/addon.cc`). It launches probe processes and
 * accounts for them. It never measures inside Node: Node's threads make every descriptor look-up
 * slower.
 */
export interface LaunchRequest {
  /** The program and its arguments. The program is looked up in PATH as by execvp(3). */
  argv: string[];
  /** The whole environment of the child. */
  env: Record<string, string>;
  /** Absolute path of the folder to start it in; this process's own if undefined. */
  folder?: string | undefined;
  /** CPU to pin the child to before exec, or -1 to keep its affinity. */
  cpu: number;
  /** After this time the child's process group is stopped. */
  deadlineMs: number;
  /**
   * How long the process group then has to end after SIGTERM. Without it, it gets SIGKILL at once.
   */
  graceMs?: number | undefined;
  /**
   * Where results come from. `memory` gives the child a shared mapping as descriptor 3. `stdout`
   * reads its standard output, for commands that do not pass descriptors on.
   */
  results: 'memory' | 'stdout';
  /** The child's standard input, as UTF-8. Empty if undefined. */
  input?: string | undefined;
}

export interface LaunchResult {
  /** Result lines. With `memory`, they are a view of the shared mapping and not a copy. */
  results: Buffer;
  /** Whether the child wrote more to standard output than the 8 MiB that are kept. */
  truncated: boolean;
  /** The last 4 KiB of standard error. */
  stderr: string;
  /** Exit code, or -1 if a signal ended it. */
  exitCode: number;
  /** The signal's number, or 0. */
  signal: number;
  timedOut: boolean;
  cancelled: boolean;
  wallNs: number;
  userNs: number;
  systemNs: number;
  /**
   * Steal time of the pinned CPU while the child ran (/proc/stat); of all CPUs if it was not
   * pinned.
   */
  stolenNs: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
}

/** One reading of /proc/stat for each CPU that this process may use. */
export interface CpuTimes {
  cpu: number;
  /** All but idle time and waiting for input and output. */
  busyTicks: number;
  /** The part of them in hard and soft interrupts. */
  interruptTicks: number;
  stealTicks: number;
}

export interface Addon {
  /**
   * Starts one process and waits for its end on a worker thread.
   *
   * @throws if the program cannot be started; `code` is the errno's name, `syscall` the failed call
   */
  launch(request: LaunchRequest): Promise<LaunchResult>;
  /** Kills the process group of every running launch. Each resolves with `cancelled`. */
  cancelAll(): void;
  /** CPUs in this process's affinity mask with their times so far. */
  cpuTimes(): CpuTimes[];
}
