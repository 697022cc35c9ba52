import { formatNs } from '../text/units.js';
import { processesFor, SLOW_START_MS, type Start } from './nesting.js';
import type { Plan } from './plan.js';
import { LAUNCHES_PER_ROUND } from './rounds.js';
import { WARM_UP_ROUNDS } from './schedule.js';

/** Rounds of launches that measure every metric alike. Later rounds are allocated from them. */
export const PILOT_ROUNDS = 2;

/** A pilot launch has at least this many rounds of each metric, however long they take. */
const MIN_PILOT_LAUNCH_ROUNDS = 3;

/** What the warm-up showed of launches here. */
export interface LaunchCost {
  /** From the launches' own accounting, ms. */
  start: Start;
  /** By the session's clock, with the time between launches, ms. */
  launchMs: number;
}

export const NO_COST: LaunchCost = { start: { idleMs: 0, measuringMs: 0 }, launchMs: 0 };

/** Time of some rounds, scaled from a warm-up launch, which has {@link WARM_UP_ROUNDS}. */
const passMs = ({ measuringMs }: Start, rounds: number): number =>
  (measuringMs * rounds) / WARM_UP_ROUNDS;

/**
 * How many processes of the probe share a launch that takes long to start.
 *
 * @returns also a sentence about it if there are several
 */
export function nestingFor(start: Start, plan: Plan): { processes: number; note?: string } {
  const pass = passMs(start, plan.roundsPerLaunch);
  const processes = processesFor(start.idleMs, pass);
  if (processes === 1) return { processes };
  const note = `A start takes ${formatNs(start.idleMs * 1e6)} beside ${formatNs(pass * 1e6)} of measuring, so each holds ${processes} processes of the probe, whose median is its replicate.`;
  return { processes, note };
}

/**
 * The shortest launch that still measures, ms.
 *
 * @returns undefined if launches start so quickly that no plan depends on it
 */
export const slowLaunchMs = (start: Start, processes: number): number | undefined =>
  start.idleMs < SLOW_START_MS
    ? undefined
    : start.idleMs + processes * passMs(start, MIN_PILOT_LAUNCH_ROUNDS);

/** How many rounds of each metric a pilot launch has, so that the pilot ends in `pilotMs`. */
export function pilotLaunchRounds(
  { start, launchMs }: LaunchCost,
  { processesPerLaunch, roundsPerLaunch }: Plan,
  pilotMs: number,
): number {
  const launches = PILOT_ROUNDS * LAUNCHES_PER_ROUND;
  const roundMs = (processesPerLaunch * (launchMs - start.idleMs)) / WARM_UP_ROUNDS;
  const rounds = Math.floor((pilotMs - launches * start.idleMs) / (launches * roundMs));
  return Math.min(roundsPerLaunch, Math.max(MIN_PILOT_LAUNCH_ROUNDS, rounds));
}
