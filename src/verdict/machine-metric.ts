import { isTimed, type TimedMetric } from '../record/run.js';
import { hodgesLehmann } from '../stats/hodges-lehmann.js';
import { locationStandardError } from '../stats/location-error.js';
import type { MachineEstimate } from '../stats/random-effects.js';
import { metricOf, pairDifferences, replicatesOf, typicalNs } from './samples.js';
import type { Shard } from './shard-set.js';
import { comparablePair } from './sides.js';

/**
 * Only launches of this phase count. A shard has no others. If a paired comparison went on to a
 * confirmation, the first launches selected the later ones, so those would be biased.
 */
const PHASE = 'screen';

/** A metric on one machine: its pairs on the log scale, their estimate and its standard error. */
export interface MachineMetric extends MachineEstimate {
  shard: Shard;
  metric: TimedMetric;
  between: number[];
  within: number[];
  /** The baseline's time there, in ns at its control speed. */
  baselineNs: number;
  replicates: { baseline: number; candidate: number };
}

/** @returns undefined if a side has no time or another definition, or there are too few pairs */
export function measuredOn(
  shard: Shard,
  id: string,
  version: number | undefined,
): MachineMetric | undefined {
  const { baseline, candidate } = shard;
  const pair = comparablePair(metricOf(baseline, id), metricOf(candidate, id));
  if (typeof pair === 'string' || pair.kind === 'events') return undefined;
  if (pair.candidate.version !== version) return undefined;
  const { between, within } = pairDifferences(baseline, candidate, id, PHASE);
  if (between.length === 0) return undefined;
  const standardError = locationStandardError(between);
  if (standardError === undefined) return undefined;
  const before = replicatesOf(baseline, id, PHASE);
  const after = replicatesOf(candidate, id, PHASE);
  return {
    shard,
    metric: pair.candidate,
    between,
    within,
    estimate: hodgesLehmann(between, 0.5).estimate,
    standardError,
    baselineNs: typicalNs(id, before),
    replicates: { baseline: before.length, candidate: after.length },
  };
}

/** The definition of a metric that most machines measured; on a tie, the newer one. */
export function usualVersion(shards: readonly Shard[], id: string): number | undefined {
  const versions = shards
    .map(({ candidate }) => metricOf(candidate, id))
    .filter(isTimed)
    .map(({ version }) => version);
  const count = (version: number): number => versions.filter((one) => one === version).length;
  return versions.toSorted((a, b) => count(b) - count(a) || b - a)[0];
}
