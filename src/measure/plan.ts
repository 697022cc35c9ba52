import { metricsNamed } from '../config/globs.js';
import type { Catalogue, MetricEntry } from '../probe/catalogue.js';
import type { PlanRecord } from '../record/run.js';
import { ESTIMATE_QUANTILE, OCCUPANCY_THRESHOLD } from '../stats/assumptions.js';

/** What every launch of a run has in common. */
export interface Plan {
  metrics: MetricEntry[];
  /** The globs that chose them; empty for all of the catalogue. */
  globs: readonly string[];
  seed: number;
  cpu: number;
  /** Processes of the probe in one launch. */
  processesPerLaunch: number;
  /** Rounds of a gated metric, until a pilot has shown what it needs. */
  roundsPerLaunch: number;
  batchesPerRound: number;
  batchUs: number;
}

/** A metric's part in one launch: how many rounds measure it. */
export interface Portion {
  metric: MetricEntry;
  rounds: number;
}

/**
 * Many rounds of few short batches. The batches of a round share one state of the branch predictors:
 * the metrics before leave it behind, and a steady loop keeps it. An lseek took 152, 165, 170 or 172 ns
 * in all batches of a round, equal to a tenth of a nanosecond, and another of these in the next round.
 * The batches of a round also share one burst of a neighbour's work. In the same time, ten rounds of
 * three batches give a third of the deviation between launches that two rounds of ten give. A batch of
 * 0.1 ms misses most timer ticks.
 */
const ROUNDS_PER_LAUNCH = 10;
const BATCHES_PER_ROUND = 3;
const BATCH_US = 100;

export function makePlan(
  metrics: MetricEntry[],
  seed: number,
  cpu: number,
  globs: readonly string[] = [],
): Plan {
  return {
    metrics,
    globs,
    seed,
    cpu,
    processesPerLaunch: 1,
    roundsPerLaunch: ROUNDS_PER_LAUNCH,
    batchesPerRound: BATCHES_PER_ROUND,
    batchUs: BATCH_US,
  };
}

/** The plan as a run record stores it. */
export const planRecord = (plan: Plan): PlanRecord => ({
  seed: plan.seed,
  ...(plan.globs.length === 0 ? {} : { metricGlobs: [...plan.globs] }),
  cpu: plan.cpu,
  pinned: true,
  processesPerLaunch: plan.processesPerLaunch,
  roundsPerLaunch: plan.roundsPerLaunch,
  batchesPerRound: plan.batchesPerRound,
  batchNs: plan.batchUs * 1000,
  estimateQuantile: ESTIMATE_QUANTILE,
  occupancyThreshold: OCCUPANCY_THRESHOLD,
});

/**
 * Picks the metrics that the globs name, in the catalogue's order. Without a glob it picks all.
 * @throws Failure (usage) for a glob that names nothing
 */
export function selectMetrics(catalogue: Catalogue, globs: readonly string[]): MetricEntry[] {
  if (globs.length === 0) return catalogue.metrics;
  const ids = catalogue.metrics.map((metric) => metric.id);
  const named = new Set(
    globs.flatMap((glob) => metricsNamed('metrics', glob, ids, 'the catalogue')),
  );
  return catalogue.metrics.filter((metric) => named.has(metric.id));
}

/** @throws Failure (usage) when a margin rule names no metric of the catalogue */
export function checkMarginGlobs(catalogue: Catalogue, globs: readonly string[]): void {
  const ids = catalogue.metrics.map((metric) => metric.id);
  for (const glob of globs) metricsNamed('margin', glob, ids, 'the catalogue');
}
