import { type Injection, injectionArgument } from '../record/injection.js';
import type { Target } from './target.js';

/**
 * A target whose probe makes every one of its system calls slower: a regression with a known cause.
 */
export const withInjection = (target: Target, injection: Injection): Target => ({
  ...target,
  record: { ...target.record, spec: `${target.record.spec} ${injectionArgument(injection)}` },
  start: (words) => target.start([...words, injectionArgument(injection)]),
});
