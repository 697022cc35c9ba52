import type { RunnableSpec } from '../config/config.js';
import { usageFailure } from '../failure.js';
import { commandTarget } from './command.js';
import { hostTarget } from './host.js';
import type { TargetKind } from './kind.js';
import type { Target } from './target.js';

type SpecOf<K extends RunnableSpec['kind']> = Extract<RunnableSpec, { kind: K }>;

/** Every kind of target there is. A new one is its file, its spec in config.ts and its line here. */
const KINDS: { [K in RunnableSpec['kind']]: TargetKind<SpecOf<K>> } = {
  host: hostTarget,
  command: commandTarget,
};

/** How each kind is written, for error sentences. */
export const RUNNABLE_KINDS: readonly string[] = Object.values(KINDS).map((kind) => kind.syntax);

/**
 * Reads the spec of something that can be measured here.
 *
 * @param input the name of the input it was given for
 * @param otherForms what else that input allows, for the error sentence
 * @throws Failure of kind `usage` that names the spec, what is wrong and what is allowed
 */
export function parseRunnableSpec(
  input: string,
  spec: string,
  otherForms: readonly string[] = [],
): RunnableSpec {
  const colon = spec.indexOf(':');
  const name = colon < 0 ? spec : spec.slice(0, colon);
  const rest = colon < 0 ? undefined : spec.slice(colon + 1);
  if (isKind(name)) return KINDS[name].parse(input, spec, rest);
  const allowed = [...RUNNABLE_KINDS, ...otherForms].join(', ');
  throw usageFailure(`${input} "${spec}" is of no known kind: give one of ${allowed}.`);
}

/** Whether a spec names something that can be measured here. */
export const isRunnable = (spec: { kind: string }): spec is RunnableSpec => isKind(spec.kind);

/** The target that a spec names. */
export function makeTarget(spec: RunnableSpec): Target {
  const kind: TargetKind<RunnableSpec> = KINDS[spec.kind];
  return kind.make(spec);
}

const isKind = (name: string): name is RunnableSpec['kind'] => Object.hasOwn(KINDS, name);
