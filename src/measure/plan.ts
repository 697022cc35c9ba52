import picomatch from 'picomatch';
import { usageFailure } from '../failure.js';
import type { Catalogue, MetricEntry } from '../probe/catalogue.js';
import type { PlanRecord } from '../record/run.js';
import { ESTIMATE_QUANTILE, OCCUPANCY_THRESHOLD } from '../stats/assumptions.js';

/** What every launch of a run has in common. */
export interface Plan {
  metrics: MetricEntry[];
  seed: number;
  cpu: number;
  roundsPerLaunch: number;
  batchesPerRound: number;
  batchUs: number;
}

/**
 * Many short launches rather than one long one: what differs between two launches of the same
 * probe (addresses, page colours, what the allocator had at hand) is larger than what differs
 * between batches of one. Two rounds a launch put a burst of a neighbour's work into half of a
 * metric's batches at most. 0.2 ms is short enough to miss most timer ticks.
 */
const ROUNDS_PER_LAUNCH = 2;
const BATCHES_PER_ROUND = 10;
const BATCH_US = 200;

export function makePlan(metrics: MetricEntry[], seed: number, cpu: number): Plan {
  return {
    metrics,
    seed,
    cpu,
    roundsPerLaunch: ROUNDS_PER_LAUNCH,
    batchesPerRound: BATCHES_PER_ROUND,
    batchUs: BATCH_US,
  };
}

/** The plan as a run record keeps it. */
export const planRecord = (plan: Plan): PlanRecord => ({
  seed: plan.seed,
  cpu: plan.cpu,
  pinned: true,
  roundsPerLaunch: plan.roundsPerLaunch,
  batchesPerRound: plan.batchesPerRound,
  batchNs: plan.batchUs * 1000,
  estimateQuantile: ESTIMATE_QUANTILE,
  occupancyThreshold: OCCUPANCY_THRESHOLD,
});

/**
 * Picks the metrics that the globs name, in the catalogue's order; no glob is all of them.
 * @throws Failure (usage) for a glob that names nothing
 */
export function selectMetrics(catalogue: Catalogue, globs: readonly string[]): MetricEntry[] {
  if (globs.length === 0) return catalogue.metrics;
  const ids = catalogue.metrics.map((metric) => metric.id);
  const named = new Set(globs.flatMap((glob) => matching(glob, ids)));
  return catalogue.metrics.filter((metric) => named.has(metric.id));
}

/** @throws Failure (usage) when a margin rule names no metric of the catalogue */
export function checkMarginGlobs(catalogue: Catalogue, globs: readonly string[]): void {
  const ids = catalogue.metrics.map((metric) => metric.id);
  for (const glob of globs) matching(glob, ids, 'margin');
}

function matching(glob: string, ids: readonly string[], input = 'metrics'): string[] {
  const found = ids.filter((id) => picomatch.isMatch(id, glob));
  if (found.length > 0) return found;
  const families = [...new Set(ids.map((id) => `${id.split('.', 1)[0]}.*`))];
  throw usageFailure(
    `${input} "${glob}" names no metric of the catalogue: give an id such as ${ids[0]}, or a glob such as ${families.join(', ')}.`,
  );
}
