import type { Run, TimedMetric } from '../../record/run.js';
import { countOf } from '../../text/units.js';
import { metricOf } from '../samples.js';
import { comparablePair } from '../sides.js';
import { type RunLevel, type RunLevels, runLevels } from './quiet-launches.js';

/** A run must have levels of this share of the gated metrics. */
const MIN_MEASURED = 0.5;

/** Whether a run has enough launches that met a quiet core to be compared. */
export const isUsable = ({ levels }: RunLevels, gated: readonly TimedMetric[]): boolean =>
  gated.filter(({ id }) => levels.has(id)).length >= MIN_MEASURED * gated.length;

interface Usable {
  own: RunLevels;
  runs: readonly Run[];
  usable: readonly RunLevels[];
  gated: readonly TimedMetric[];
}

/** Why nothing can be called: too few launches say how fast the machine is without neighbours. */
export function tooFew({ own, runs, usable, gated }: Usable): string | undefined {
  if (gated.length === 0) return undefined;
  if (!isUsable(own, gated)) {
    return `Only ${own.quiet} of ${countOf(own.launches, 'launch', 'launches')} met a quiet core, so nothing is called changed: measure for longer, or on a machine with fewer neighbours.`;
  }
  return usable.length === 0 && runs.length > 0
    ? `None of ${countOf(runs.length, 'stored run')} has enough launches that met a quiet core, so nothing is called changed: measure for longer.`
    : undefined;
}

/** Levels of those metrics that have the same definition in both runs. */
export function comparableLevels(run: Run, timed: readonly TimedMetric[]): RunLevels {
  const { levels, ...rest } = runLevels(run);
  const known = timed.flatMap((metric): [string, RunLevel][] => {
    const level = levels.get(metric.id);
    return level && typeof comparablePair(metricOf(run, metric.id), metric) !== 'string'
      ? [[metric.id, level]]
      : [];
  });
  return { ...rest, levels: new Map(known) };
}

/** One sentence if some stored runs are not used. */
export const unusedCaveats = (runs: readonly Run[], usable: readonly RunLevels[]): string[] => {
  const left = runs.length - usable.length;
  return left === 0 || usable.length === 0
    ? []
    : [
        `${left} of ${countOf(runs.length, 'stored run')} ${left === 1 ? 'is' : 'are'} not used, because most of their launches met a busy neighbour.`,
      ];
};
