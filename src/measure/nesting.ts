import { mean, sum } from 'simple-statistics';
import { type LaunchObservation, type Observation, timedOf } from './launch.js';

/**
 * How many processes of the probe share one start of a container or a kernel, which takes long.
 *
 * Three levels nest: rounds in a process, processes in a start, starts in a run. Each start counts as
 * one replicate, since differences between boots do not average out inside one boot. If both levels
 * vary equally, the best number of processes is √(cost of a start / cost of a process) (T. Kalibera
 * and R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013, equation 4). Equal variances
 * are assumed because a pilot of a few starts could not estimate their ratio.
 */
export function processesFor(startMs: number, passMs: number): number {
  if (startMs < SLOW_START_MS || passMs <= 0) return 1;
  return Math.min(MAX_PROCESSES, Math.max(1, Math.round(Math.sqrt(startMs / passMs))));
}

/** A process takes a few ms to start. Only starts above this limit are worth sharing. */
export const SLOW_START_MS = 100;

const MAX_PROCESSES = 8;

/** The two parts of a launch's time, in ms. */
export interface Start {
  /** Time outside its metrics. */
  idleMs: number;
  /** Time of its metrics. */
  measuringMs: number;
}

/**
 * The cost of a launch in the session so far: the mean over the sides of each side's launch with the
 * least idle time. Both sides count, since a host starts a probe much faster than a container or a
 * kernel does.
 */
export function startOf(sides: readonly (readonly LaunchObservation[])[]): Start {
  const starts = sides.filter((launches) => launches.length > 0).map(startOfSide);
  if (starts.length === 0) return { idleMs: 0, measuringMs: 0 };
  return {
    idleMs: mean(starts.map(({ idleMs }) => idleMs)),
    measuringMs: mean(starts.map(({ measuringMs }) => measuringMs)),
  };
}

function startOfSide(launches: readonly LaunchObservation[]): Start {
  const times = launches
    .filter(({ launch, metrics }) => launch.failure === undefined && metrics.size > 0)
    .map(({ launch, metrics }) => {
      const measuringMs = sum([...metrics.values()].map(elapsedNs)) / 1e6;
      return { measuringMs, idleMs: Math.max(0, launch.wallNs / 1e6 - measuringMs) };
    });
  if (times.length === 0) return { idleMs: 0, measuringMs: 0 };
  return times.reduce((a, b) => (b.idleMs < a.idleMs ? b : a));
}

const elapsedNs = (one: Observation): number => timedOf(one)?.elapsedNs ?? 0;
