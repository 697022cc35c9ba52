import type { TargetRecord } from '../record/run.js';

/**
 * Where a probe process runs: this machine, any command line, later containers and kernels. A
 * target only says how to start the probe; launching, deadlines and accounting are the same for all.
 */
export interface Target {
  readonly record: TargetRecord;
  /** How result lines come back (see LaunchRequest.results). */
  readonly results: 'memory' | 'stdout';
  /**
   * The command line that runs the probe here.
   *
   * @param probe absolute path of the probe executable
   * @param planArguments the plan, as the probe's arguments
   */
  argv(probe: string, planArguments: readonly string[]): string[];
  /** The whole environment of a launch, made of this process's own. */
  environment(own: Readonly<NodeJS.ProcessEnv>): Record<string, string>;
}
