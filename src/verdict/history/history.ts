import { median, quantile, sum } from 'simple-statistics';
import { familyOf } from '../../families.js';
import type { TimedMetric } from '../../record/run.js';
import {
  OTHER_PRIOR_STANDARD_DEVIATION,
  PRIOR_DEGREES_OF_FREEDOM,
  PRIOR_STANDARD_DEVIATIONS,
} from '../../stats/assumptions.js';
import { segmentStarts, steadyDeviations } from '../../stats/change-points.js';
import {
  type Fit,
  fitLevels,
  type LevelModel,
  type Levels,
  learnLevels,
  medianOf,
} from '../../stats/levels.js';
import type { VariancePrior } from '../../stats/moderated.js';
import type { RunLevel, RunLevels } from './quiet-launches.js';

/** What the stored runs say of the metrics that the candidate measured, metric by metric. */
export interface History {
  metrics: readonly TimedMetric[];
  model: LevelModel;
  /** The assumed spread of each metric. */
  priors: readonly VariancePrior[];
  /** The runs' levels, oldest first; levels from before a change are moved to today's. */
  rows: readonly Levels[];
  /** How many launches of the stored runs count. */
  launches: readonly number[];
  /** Typical ns per operation; NaN for a metric that no stored run has. */
  ns: readonly number[];
  /** Typical level of the fastest quiet launch. */
  lowest: readonly number[];
  /** How far a slow quiet launch of the stored runs lies above the level of its run. */
  reach: readonly number[];
}

/** A history that also says how far each stored run strays from what the others say. */
export interface TestedHistory extends History {
  /** The model without one run, for every run; empty if there are too few to leave one out. */
  without: readonly LevelModel[];
  /** Each run fitted by the model without it. */
  strays: readonly Fit[];
}

/** With fewer runs, leaving one out says more of the prior than of the runs. */
const MIN_TO_LEAVE_OUT = 4;

/** One launch in ten of the stored runs was this slow by itself. */
const REACH = 0.9;

/** More runs cost time and say little of the machine of today. */
const MAX_RUNS = 30;

/**
 * Learns from stored runs.
 *
 * If the level of a metric changed among them, because a change was merged or the machine was updated,
 * the level of today decides: older levels only say how much runs differ.
 *
 * @param stored the stored runs that have enough quiet launches, oldest first
 * @param metrics of the candidate
 * @param marginOf margin of a metric on the log scale: smaller changes of a level are noise
 */
export function learnHistory(
  stored: readonly RunLevels[],
  metrics: readonly TimedMetric[],
  marginOf: (metric: TimedMetric) => number,
): History {
  const runs = stored.slice(-MAX_RUNS);
  const columns = metrics.map(({ id }) =>
    runs.map(({ levels }) => levels.get(id)?.level ?? Number.NaN),
  );
  const deviations = steadyDeviations(columns);
  const segments = columns.map((column, index) => {
    const metric = metrics[index] as TimedMetric;
    return todaysLevel(column, deviations[index] ?? 1, marginOf(metric));
  });
  const rows = runs.map((_, run) => segments.map(({ levels }) => levels[run] ?? Number.NaN));
  const sizes = segments.map(({ size }) => size);
  const priors = metrics.map(({ id }) => shippedPrior(id));
  const values = (of: (level: RunLevel) => number) =>
    metrics.map(({ id }, metric) => {
      const known = runs.flatMap(({ levels }) => levels.get(id) ?? []);
      return medianOf(known.slice(-Math.max(1, sizes[metric] ?? 1)).map(of));
    });
  return {
    ...{ metrics, rows, priors, model: learnLevels(rows, priors, sizes) },
    launches: metrics.map(({ id }) => sum(runs.map(({ levels }) => levels.get(id)?.launches ?? 0))),
    ns: values(({ ns }) => ns),
    lowest: values(({ lowest }) => lowest),
    reach: metrics.map(({ id }) => {
      const above = runs.flatMap(({ levels }) => levels.get(id)?.above ?? []);
      return above.length === 0 ? 0 : quantile(above, REACH);
    }),
  };
}

/** Leaves each stored run out in turn. */
export function testHistory(history: History): TestedHistory {
  const { rows, priors, model } = history;
  const without =
    rows.length < MIN_TO_LEAVE_OUT
      ? []
      : rows.map((_, left) =>
          learnLevels(
            rows.filter((__, run) => run !== left),
            priors,
            model.runs,
          ),
        );
  const strays = without.map((other, run) => fitLevels(other, rows[run] ?? []));
  return { ...history, without, strays };
}

/** A metric's levels, with those from before a change moved to today's, and how many are today's. */
function todaysLevel(
  column: readonly number[],
  deviation: number,
  margin: number,
): { levels: number[]; size: number } {
  const known = [...column.keys()].filter((run) => Number.isFinite(column[run]));
  const series = known.map((run) => column[run] ?? 0);
  const starts = segmentStarts(series, deviation, margin);
  const today = starts.at(-1) ?? 0;
  const levels = [...column];
  if (series.length === 0) return { levels, size: 0 };
  const centre = median(series.slice(today));
  starts.slice(0, -1).forEach((start, index) => {
    const end = starts[index + 1] ?? series.length;
    const shift = centre - median(series.slice(start, end));
    for (const run of known.slice(start, end)) levels[run] = (column[run] ?? 0) + shift;
  });
  return { levels, size: series.length - today };
}

function shippedPrior(id: string): VariancePrior {
  const family = familyOf(id);
  const known = family && PRIOR_STANDARD_DEVIATIONS[family];
  return {
    standardDeviation: known ?? OTHER_PRIOR_STANDARD_DEVIATION,
    degreesOfFreedom: PRIOR_DEGREES_OF_FREEDOM,
  };
}
