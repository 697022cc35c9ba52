import { usageFailure } from '../failure.js';
import type { TargetKind } from './kind.js';
import type { RunnableSpec } from './spec.js';

type HostSpec = Extract<RunnableSpec, { kind: 'host' }>;

/** `host`: this machine; results come back in shared memory. */
export const hostTarget: TargetKind<HostSpec> = {
  syntax: 'host',
  parse({ input, spec, rest }) {
    if (rest === undefined) return { kind: 'host', spec };
    throw usageFailure(`${input} "${spec}" has something after the word host: give host alone.`);
  },
  open: async ({ kind, spec }, { probe }) => ({
    record: { kind, spec },
    timed: true,
    results: 'memory',
    start: (words) => ({ argv: [probe, ...words] }),
    // Nothing from the user's environment: the initial stack must not vary with their shell.
    environment: () => ({ LC_ALL: 'C' }),
  }),
  again: async () => 'this machine as it was then cannot be brought back',
};
