/** Variables of the runner for its actions: tokens, and paths that only actions should write to. */
const RUNNERS_OWN = /^(INPUT_|ACTIONS_|GITHUB_|RUNNER_)/;

/**
 * Keeps agents, engine sockets and whatever else a wrapper may need, but not the job's credentials.
 */
export function withoutSecrets(own: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const kept = Object.entries(own).flatMap(([name, value]) =>
    value === undefined || RUNNERS_OWN.test(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(kept);
}
