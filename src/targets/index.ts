import { usageFailure } from '../failure.js';
import type { Run, TargetKindName } from '../record/run.js';
import { commandTarget } from './command.js';
import { containerTarget } from './container.js';
import { hostTarget } from './host.js';
import { kernelTarget } from './kernel.js';
import type { AgainTools, TargetKind, TargetTools } from './kind.js';
import type { RunnableSpec, TargetOptions } from './spec.js';
import type { Target } from './target.js';

type SpecOf<K extends RunnableSpec['kind']> = Extract<RunnableSpec, { kind: K }>;

/** Every kind of target. A new kind needs its own file, its spec in spec.ts and a line here. */
const KINDS: { [K in TargetKindName]: TargetKind<SpecOf<K>> } = {
  host: hostTarget,
  container: containerTarget,
  kernel: kernelTarget,
  command: commandTarget,
};

/** How a user writes each kind, for error sentences. */
export const RUNNABLE_KINDS: readonly string[] = Object.values(KINDS).map((kind) => kind.syntax);

interface WhereWritten {
  /** Name of the input that holds it. */
  input: string;
  options: TargetOptions;
  /** Other forms that the input allows, for the error sentence. */
  otherForms?: readonly string[];
}

/**
 * Reads the spec of a target that can be measured here.
 *
 * @throws Failure (usage) that names the spec, what is wrong and what is allowed
 */
export function parseRunnableSpec(
  spec: string,
  { input, options, otherForms = [] }: WhereWritten,
): RunnableSpec {
  const { name, rest } = splitKind(spec);
  if (isKind(name)) return KINDS[name].parse({ input, spec, rest, options });
  const allowed = [...RUNNABLE_KINDS, ...otherForms].join(', ');
  throw usageFailure(`${input} "${spec}" is of no known kind: give one of ${allowed}.`);
}

/** Whether a spec names a target that can be measured here. */
export const isRunnable = (spec: { kind: string }): spec is RunnableSpec => isKind(spec.kind);

/**
 * Whether the sides of a session can be counted. All must be kernels that an emulator boots. If both
 * run under the kernel of this machine, there is only one kernel, which would count the same twice.
 */
export function areCountable(sides: readonly RunnableSpec[]): boolean {
  const whose = sides.map(({ kind }) => KINDS[kind].counts);
  const haveOneKernel = sides.length > 1 && whose.every((one) => one === 'running kernel');
  return !whose.includes(undefined) && !haveOneKernel;
}

/** Whether it shows only when a target is opened that its instructions cannot be counted. */
export const mayBeUncountable = ({ kind }: RunnableSpec): boolean =>
  KINDS[kind].counts === 'running kernel';

/** Opens the target that a spec names. The caller must close it. */
export function openTarget(spec: RunnableSpec, tools: TargetTools): Promise<Target> {
  const kind: TargetKind<RunnableSpec> = KINDS[spec.kind];
  return kind.open(spec, tools);
}

/**
 * What an earlier run measured, as a target that can be measured again beside the candidate.
 *
 * @returns or why it cannot, as a clause
 */
export async function runAgain(
  earlier: Run,
  candidate: RunnableSpec,
  tools: AgainTools,
): Promise<RunnableSpec | string> {
  if (earlier.target.kind !== candidate.kind) {
    return `the newest stored run measured ${earlier.target.spec}, a target of another kind`;
  }
  const kind: TargetKind<RunnableSpec> = KINDS[candidate.kind];
  return kind.again(earlier, splitKind(earlier.target.spec).rest ?? '', candidate, tools);
}

/** `container:alpine` is the kind `container` and the rest `alpine`; without a colon there is no rest. */
function splitKind(spec: string): { name: string; rest: string | undefined } {
  const colon = spec.indexOf(':');
  return colon < 0
    ? { name: spec, rest: undefined }
    : { name: spec.slice(0, colon), rest: spec.slice(colon + 1) };
}

const isKind = (name: string): name is RunnableSpec['kind'] => Object.hasOwn(KINDS, name);
