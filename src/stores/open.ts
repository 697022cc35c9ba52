import type { Config, StoredSpec } from '../config/config.js';
import { usageFailure } from '../failure.js';
import type { Progress } from '../progress.js';
import { newerNotes } from '../record/run.js';
import { isRunnable } from '../targets/index.js';
import type { RunnableSpec } from '../targets/spec.js';
import { readDirectory, readFileRun, readOwnRuns } from './directory.js';
import type { ReadStoredRuns, StoredRuns } from './stored-runs.js';

/** What the candidate is compared with: a target that runs here, or runs of earlier jobs. */
export type Baseline =
  | { kind: 'target'; spec: RunnableSpec }
  | { kind: 'stored'; stored: StoredRuns };

interface Sources {
  progress: Progress;
  artifacts?: ReadStoredRuns;
}

/**
 * Finds the baseline that the config names. A store that is still empty is no failure.
 * @throws Failure (usage) when a folder or file cannot be read, or there is no workflow to ask
 */
export async function openBaseline(config: Config, sources: Sources): Promise<Baseline> {
  const { baseline } = config;
  if (isRunnable(baseline)) return { kind: 'target', spec: baseline };
  sources.progress.phase('Look for earlier runs');
  const stored = await readStored({ ...config, baseline }, sources.artifacts);
  for (const sentence of stored.skipped) sources.progress.warn(sentence);
  for (const sentence of newerNotes(stored.runs)) sources.progress.note(sentence);
  return { kind: 'stored', stored };
}

function readStored(
  { baseline, candidate, history }: Config & { baseline: StoredSpec },
  artifacts: ReadStoredRuns | undefined,
): Promise<StoredRuns> {
  switch (baseline.kind) {
    case 'own':
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
