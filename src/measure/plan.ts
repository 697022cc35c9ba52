import { metricsNamed } from '../config/globs.js';
import type { Catalogue, MetricEntry } from '../probe/catalogue.js';
import type { PlanRecord } from '../record/run.js';
import { ESTIMATE_QUANTILE, OCCUPANCY_THRESHOLD } from '../stats/assumptions.js';

/** What every launch of a run has in common. */
export interface Plan {
  metrics: MetricEntry[];
  seed: number;
  cpu: number;
  /** Processes of the probe in one launch. */
  processesPerLaunch: number;
  /** Of a gated metric, until a pilot has shown what it needs. */
  roundsPerLaunch: number;
  batchesPerRound: number;
  batchUs: number;
}

/** A metric's part in one launch: in how many of its rounds it is measured. */
export interface Portion {
  metric: MetricEntry;
  rounds: number;
}

/**
 * Many rounds of few short batches. Where a metric's batches stand side by side they share one
 * state of the branch predictors, which the metrics before left behind and which a steady loop
 * keeps: an lseek took 152, 165, 170 or 172 ns to a tenth of a nanosecond, batch after batch,
 * another number in the next round. They also share one burst of a neighbour's work. Ten rounds of
 * three batches make the deviation between launches a third of what two rounds of ten made it, in
 * the same time. 0.1 ms misses most timer ticks.
 */
const ROUNDS_PER_LAUNCH = 10;
const BATCHES_PER_ROUND = 3;
const BATCH_US = 100;

export function makePlan(metrics: MetricEntry[], seed: number, cpu: number): Plan {
  return {
    metrics,
    seed,
    cpu,
    processesPerLaunch: 1,
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
  processesPerLaunch: plan.processesPerLaunch,
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
