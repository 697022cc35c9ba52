import type { Config, StoredSpec } from '../config/config.js';
import { usageFailure } from '../failure.js';
import { newerNotes } from '../record/run.js';
import { isRunnable, runAgain } from '../targets/index.js';
import type { AgainTools } from '../targets/kind.js';
import type { RunnableSpec } from '../targets/spec.js';
import { readDirectory, readFileRun, readOwnRuns } from './directory.js';
import type { ReadStoredRuns, StoredRuns } from './stored-runs.js';

/** What the candidate is compared with: a target that runs here, or runs of earlier jobs. */
export type Baseline = {
  /** As a user would write it. */
  spec: string;
  /** One sentence: why the baseline is this one, if it was not the user who chose it. */
  choice?: string;
} & ({ kind: 'target'; target: RunnableSpec } | { kind: 'stored'; stored: StoredRuns });

interface Sources extends Omit<AgainTools, 'evidence'> {
  artifacts?: ReadStoredRuns;
}

/**
 * Finds the baseline that the config names. A store that is still empty is no failure.
 * @throws Failure (usage) when a folder or file cannot be read, or there is no workflow to ask
 */
export async function openBaseline(config: Config, sources: Sources): Promise<Baseline> {
  const { baseline, candidate } = config;
  if (isRunnable(baseline)) return { kind: 'target', spec: baseline.spec, target: baseline };
  const { progress, artifacts } = sources;
  progress.phase('Look for earlier runs');
  const stored = await readStored({ ...config, baseline }, artifacts);
  for (const sentence of stored.skipped) progress.warn(sentence);
  for (const sentence of newerNotes(stored.runs)) progress.note(sentence);
  const found = { kind: 'stored', spec: specOf(baseline, artifacts), stored } as const;
  const newest = stored.runs.at(-1);
  if (baseline.kind !== 'auto' || newest === undefined) return found;
  const target = await runAgain(newest, candidate, { ...sources, evidence: config.evidence });
  const choice =
    typeof target === 'string'
      ? `The baseline is ${stored.origin} and is not measured again beside the candidate, since ${target}.`
      : `The baseline is what the newest of ${stored.origin} measured, measured again beside the candidate${fromCopy(target)}.`;
  progress.note(choice);
  return typeof target === 'string'
    ? { ...found, choice }
    : { kind: 'target', spec: target.spec, target, choice };
}

/** Says where the image of a kernel comes from that is not at its path any more. */
const fromCopy = (target: RunnableSpec): string =>
  target.kind === 'kernel' && target.keptIn !== undefined
    ? `, from the copy of its image in ${target.keptIn}`
    : '';

/** What `auto` found, as a user would have to write it. */
const specOf = (baseline: StoredSpec, artifacts: unknown): string => {
  if (baseline.kind !== 'auto') return baseline.spec;
  return artifacts ? 'artifact' : `directory:${baseline.shown}`;
};

function readStored(
  { baseline, candidate, history }: Config & { baseline: StoredSpec },
  artifacts: ReadStoredRuns | undefined,
): Promise<StoredRuns> {
  switch (baseline.kind) {
    case 'auto':
      if (artifacts) return artifacts();
      return readOwnRuns(baseline.path, baseline.shown, { spec: candidate.spec, history });
    case 'directory':
      return readDirectory(baseline.path, baseline.shown, { history });
    case 'file':
      return readFileRun(baseline.path, baseline.shown);
    case 'artifact':
      if (artifacts) return artifacts();
      throw usageFailure(
        'baseline "artifact" needs the earlier runs of a GitHub workflow and this is not one: give directory:PATH, file:PATH or host.',
      );
  }
}
