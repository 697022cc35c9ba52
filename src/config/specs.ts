import { resolve } from 'node:path';
import { usageFailure } from '../failure.js';
import { parseRunnableSpec, RUNNABLE_KINDS } from '../targets/index.js';
import type { RunnableSpec, TargetOptions } from '../targets/spec.js';
import type { BaselineSpec, StoredSpec } from './config.js';

/** Kinds of stored baselines, one line each. */
const STORED: Record<string, (rest: string, spec: string) => StoredSpec> = {
  artifact: (_rest, spec) => ({ kind: 'artifact', spec }),
  directory: (rest, spec) => ({ kind: 'directory', spec, path: resolve(rest), shown: rest }),
  file: (rest, spec) => ({ kind: 'file', spec, path: resolve(rest), shown: rest }),
};

const ALLOWED_FORMS = ['artifact (in a workflow)', 'directory:PATH', 'file:PATH'];

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
 * @throws Failure (usage) that names the spec, what is wrong and what is allowed
 */
export function parseBaseline(spec: string, options: TargetOptions): BaselineSpec {
  refuseReserved('baseline', spec);
  const parse = Object.hasOwn(STORED, kindOf(spec)) ? STORED[kindOf(spec)] : undefined;
  if (parse === undefined) {
    return parseRunnableSpec(spec, { input: 'baseline', options, otherForms: ALLOWED_FORMS });
  }
  const rest = spec.slice(kindOf(spec).length + 1).trim();
  const wantsPath = kindOf(spec) !== 'artifact';
  if (wantsPath === (rest !== '')) return parse(rest, spec);
  throw usageFailure(
    wantsPath
      ? `baseline "${spec}" names no path: give ${kindOf(spec)}:PATH.`
      : `baseline "${spec}" has something after the word artifact: give artifact alone.`,
  );
}

function refuseReserved(input: string, spec: string): void {
  const kind = kindOf(spec);
  if (!RESERVED.includes(kind)) return;
  throw usageFailure(
    `${input} "${spec}" uses ${kind}, which this version of syscall-gate does not support yet: give ${[...RUNNABLE_KINDS, ...(input === 'baseline' ? ALLOWED_FORMS : [])].join(', ')}.`,
  );
}
