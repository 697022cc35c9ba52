import { mean, sum } from 'simple-statistics';
import { type LaunchObservation, type Observation, timedOf } from './launch.js';

/**
 * Three levels nest where a probe starts in something that takes long to start, a container or a
 * kernel: rounds in a process, processes in a start, starts. The start is the replicate, since what
 * differs from boot to boot does not average out inside one. How many processes share it follows
 * from the costs alone (T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time", ISMM
 * 2013, equation 4), for variances of both levels that are alike: √(cost of a start / cost of a
 * process). A pilot of a few starts could not tell their ratio.
 */
export function processesFor(startMs: number, passMs: number): number {
  if (startMs < SLOW_START_MS || passMs <= 0) return 1;
  return Math.min(MAX_PROCESSES, Math.max(1, Math.round(Math.sqrt(startMs / passMs))));
}

/** A process of its own takes a few ms; less than this is no start that is worth sharing. */
export const SLOW_START_MS = 100;

const MAX_PROCESSES = 8;

/** What a launch takes, in ms: beside its metrics, and for them. */
export interface Start {
  idleMs: number;
  measuringMs: number;
}

/**
 * What a launch has taken in the session so far: of each side the one that idled least, and their
 * mean, since a host starts a probe in an instant and a container or a kernel does not.
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
