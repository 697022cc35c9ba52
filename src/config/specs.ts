import { resolve } from 'node:path';
import { usageFailure } from '../failure.js';
import { parseRunnableSpec, RUNNABLE_KINDS } from '../targets/index.js';
import type { RunnableSpec, TargetOptions } from '../targets/spec.js';
import type { BaselineSpec, StoredSpec } from './config.js';

/** Kinds of stored baselines, one line each. */
const STORED: Record<string, (rest: string, spec: string, out: string) => StoredSpec> = {
  auto: (_rest, spec, out) => ({ kind: 'auto', spec, path: resolve(out), shown: out }),
  artifact: (_rest, spec) => ({ kind: 'artifact', spec }),
  directory: (rest, spec) => ({ kind: 'directory', spec, path: resolve(rest), shown: rest }),
  file: (rest, spec) => ({ kind: 'file', spec, path: resolve(rest), shown: rest }),
};

const ALLOWED_FORMS = ['auto', 'artifact (in a workflow)', 'directory:PATH', 'file:PATH'];

/** Stores that a single word names. */
const WITHOUT_PATH: readonly string[] = ['auto', 'artifact'];

/** Kinds that are reserved for later versions. */
const RESERVED = ['branch'];

const kindOf = (spec: string): string => spec.split(':', 1)[0] ?? '';

/**
 * Reads the candidate's spec.
 * @throws Failure (usage) that names the spec, what is wrong and what is allowed
 */
export function parseCandidate(spec: string, options: TargetOptions): RunnableSpec {
  refuseReserved('candidate', spec);
  if (Object.hasOwn(STORED, kindOf(spec))) {
    throw usageFailure(
      `candidate "${spec}" is a store of earlier runs, but a candidate must be measured: give ${RUNNABLE_KINDS.join(' or ')}.`,
    );
  }
  return parseRunnableSpec(spec, { input: 'candidate', options });
}

/**
 * Reads the baseline's spec.
 *
 * @param out the out folder as the user wrote it, where earlier runs may be
 * @throws Failure (usage) that names the spec, what is wrong and what is allowed
 */
export function parseBaseline(spec: string, options: TargetOptions, out: string): BaselineSpec {
  refuseReserved('baseline', spec);
  const parse = Object.hasOwn(STORED, kindOf(spec)) ? STORED[kindOf(spec)] : undefined;
  if (parse === undefined) {
    return parseRunnableSpec(spec, { input: 'baseline', options, otherForms: ALLOWED_FORMS });
  }
  const rest = spec.slice(kindOf(spec).length + 1).trim();
  const kind = kindOf(spec);
  const wantsPath = !WITHOUT_PATH.includes(kind);
  if (wantsPath === (rest !== '')) return parse(rest, spec, out);
  throw usageFailure(
    wantsPath
      ? `baseline "${spec}" names no path: give ${kind}:PATH.`
      : `baseline "${spec}" has something after the word ${kind}: give ${kind} alone.`,
  );
}

function refuseReserved(input: string, spec: string): void {
  const kind = kindOf(spec);
  if (!RESERVED.includes(kind)) return;
  throw usageFailure(
    `${input} "${spec}" uses ${kind}, which this version of syscall-gate does not support yet: give ${[...RUNNABLE_KINDS, ...(input === 'baseline' ? ALLOWED_FORMS : [])].join(', ')}.`,
  );
}
