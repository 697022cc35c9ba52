/**
 * Regressions that the probe can inject into itself, from the mildest to the strongest. Each makes
 * every system call slower. See native/harness/inject.h.
 */
export const INJECTIONS = ['seccomp-cached', 'seccomp', 'user-dispatch'] as const;

export type Injection = (typeof INJECTIONS)[number];

export const injectionArgument = (injection: Injection): string => `--inject=${injection}`;
