import type { Config } from '../config/config.js';
import { usageFailure } from '../failure.js';
import type { Run } from '../record/run.js';
import type { KeptKernels } from '../targets/kernel/kept.js';

/**
 * Keeps the kernel image that a run measured together with that run, if the user asks for it. Then a
 * later job can boot it beside its own kernel.
 *
 * @returns a sentence if it could not be kept; the run's verdict does not depend on it
 */
export async function keepKernel(
  { candidate, keepKernel: isWanted }: Config,
  { target }: Run,
  kept: KeptKernels,
): Promise<string | undefined> {
  const sha256 = target.facts?.['sha256'];
  if (!isWanted || candidate.kind !== 'kernel' || sha256 === undefined) return undefined;
  return kept.keep(candidate.path, sha256);
}

/** @throws Failure (usage): a shard leaves no run that later jobs are compared with */
export function refuseToKeep({ keepKernel: isWanted }: Config): void {
  if (!isWanted) return;
  throw usageFailure(
    'keep-kernel keeps the kernel of a run that is a baseline for later ones, and a comparison over several machines leaves none: leave keep-kernel out.',
  );
}
