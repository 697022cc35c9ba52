import { mean, sampleVariance } from 'simple-statistics';
import type { MetricEntry } from '../probe/catalogue.js';
import type { Random } from '../stats/random.js';
import { estimateOf, type Filter, keptByRound, makesReplicate, type RoundsNs } from './estimate.js';
import { type LaunchObservation, timedOf } from './launch.js';

/** The launches that show what each metric costs, and how noisy it is here. */
export interface PilotRun {
  /** The side's launches in the order they ran; empty if the candidate is measured alone. */
  baseline: readonly LaunchObservation[];
  candidate: readonly LaunchObservation[];
  quietWidth: number | undefined;
  /** Processes of a launch; each has all its rounds. */
  processes: number;
}

/** One metric in one launch of the pilot. */
interface Pilot {
  /** Whether it makes a replicate: not if another thread was busy on the core throughout. */
  counts: boolean;
  rounds: RoundsNs;
  /** How many rounds there were, also those in which no batch counts. */
  count: number;
  /** Time of all rounds. */
  elapsedNs: number;
}

/** The metric in the launches of the baseline and of the candidate. */
export function pilotsOf({ id, waits }: MetricEntry, run: PilotRun): [Pilot[], Pilot[]] {
  const filter = { sleeps: waits, quietWidth: run.quietWidth };
  return [pilots(run.baseline, filter, id), pilots(run.candidate, filter, id)];
}

/** Mean time of a round, in ms; 0 if none was measured. */
export const roundMsOf = (all: readonly Pilot[]): number =>
  all.length === 0 ? 0 : mean(all.map(({ count, elapsedNs }) => elapsedNs / 1e6 / count));

const pilots = (side: readonly LaunchObservation[], filter: Filter, id: string): Pilot[] =>
  side.flatMap(({ launch, metrics }) => {
    const observation = timedOf(metrics.get(id));
    if (launch.phase === 'warm-up' || observation === undefined) return [];
    const { batches, elapsedNs } = observation;
    const rounds = keptByRound(batches, filter);
    const count = 1 + Math.max(...batches.round);
    const counts = makesReplicate(batches, filter);
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
