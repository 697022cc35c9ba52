import { mean, sampleVariance } from 'simple-statistics';
import type { MetricEntry } from '../probe/catalogue.js';
import type { Random } from '../stats/random.js';
import { type Neighbours, widthLimitOf } from './contention.js';
import { estimateOf, keptByRound, type RoundsNs } from './estimate.js';
import { type LaunchObservation, timedOf } from './launch.js';

/** The launches that show what each metric costs, and how noisy it is here. */
export interface PilotRun {
  /** The side's launches in the order they ran; empty if the candidate is measured alone. */
  baseline: readonly LaunchObservation[];
  candidate: readonly LaunchObservation[];
  neighbours: Neighbours;
  /** Processes of a launch; each has all its rounds. */
  processes: number;
}

/** One metric in one launch of the pilot. */
interface Pilot {
  /** Whether it makes a replicate: not if another thread was busy on the core. */
  counts: boolean;
  rounds: RoundsNs;
  /** How many rounds there were, also those in which no batch counts. */
  count: number;
  /** Time of all rounds. */
  elapsedNs: number;
}

/** The metric in the launches of the baseline and of the candidate. */
export const pilotsOf = (metric: MetricEntry, run: PilotRun): [Pilot[], Pilot[]] => [
  pilots(run.baseline, metric, run),
  pilots(run.candidate, metric, run),
];

/** Mean time of a round, in ms; 0 if none was measured. */
export const roundMsOf = (all: readonly Pilot[]): number =>
  all.length === 0 ? 0 : mean(all.map(({ count, elapsedNs }) => elapsedNs / 1e6 / count));

const pilots = (
  side: readonly LaunchObservation[],
  { id, waits }: MetricEntry,
  { neighbours }: PilotRun,
): Pilot[] =>
  side.flatMap(({ launch, metrics }) => {
    const observation = timedOf(metrics.get(id));
    if (launch.phase === 'warm-up' || observation === undefined) return [];
    const { batches, elapsedNs } = observation;
    const quietWidth = widthLimitOf(neighbours, launch.sequence);
    const rounds = keptByRound(batches, { sleeps: waits, quietWidth });
    const count = 1 + Math.max(...batches.round);
    const counts = !neighbours.contended.has(launch.sequence);
    return rounds.length > 0 ? [{ counts, rounds, count, elapsedNs }] : [];
  });

/** Variance of the launches' estimates, log scale. */
export const varianceOfLaunches = (side: readonly Pilot[]): number =>
  sampleVariance(side.map(({ rounds }) => Math.log(estimateOf(rounds))));

/** How often rounds are drawn anew to estimate a variance. */
const RESAMPLES = 40;

/** Variance within a launch of an estimate from some rounds, log scale: a bootstrap over rounds. */
export function varianceOfEstimate(side: readonly Pilot[], rounds: number, random: Random): number {
  const pool: RoundsNs = side.flatMap((pilot) => pilot.rounds);
  const draw = (): RoundsNs =>
    Array.from({ length: rounds }, () => pool[random.below(pool.length)] ?? []);
  return sampleVariance(Array.from({ length: RESAMPLES }, () => Math.log(estimateOf(draw()))));
}
