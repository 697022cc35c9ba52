import { SCREEN_LEVEL } from '../stats/assumptions.js';
import { minimumPairs, robustPairs } from '../stats/power.js';
import { countOf } from '../text/units.js';
import { OVERRUN } from './time-budget.js';

/** What is known of a paired comparison's time before the first pair is measured. */
interface Budget {
  /** Time of a launch. */
  launchMs: number;
  /** The part of it before the probe measures. */
  startMs: number;
  /** Time that is left. */
  leftMs: number;
  /** Time that the user gave for everything. */
  durationMs: number;
  /** How many metrics are gated. */
  gated: number;
  /** Their family-wise level. */
  alpha: number;
}

/**
 * Says how many pairs the time holds, before it is spent. Where launches are slow, minutes may hold
 * fewer pairs than a verdict needs.
 *
 * @returns a sentence, and whether the time is enough
 */
export function budgetOf(budget: Budget): { enough: boolean; text: string } {
  const { launchMs, startMs, leftMs, durationMs, gated, alpha } = budget;
  const pairs = Math.floor(leftMs / (2 * launchMs));
  const screen = minimumPairs(SCREEN_LEVEL, 1);
  const confirm = minimumPairs(alpha, 1);
  const launch = `A launch takes ${seconds(launchMs)}, ${seconds(startMs)} of it to start`;
  const holds = `${duration(durationMs)} hold about ${countOf(pairs, 'pair')} of launches`;
  if (pairs >= screen + confirm) return { enough: true, text: `${launch}: ${holds}.` };
  return {
    enough: false,
    text: `${launch}, so ${holds}, and a verdict over ${countOf(gated, 'metric')} takes ${screen} to screen and ${confirm} to confirm: give a duration of ${duration(wanted(budget))}, or fewer metrics.`,
  };
}

/** Time to confirm whatever the screen flags, even if one pair is spoilt, in ms. */
export const confirmingMs = ({
  launchMs,
  gated,
  alpha,
}: Pick<Budget, 'launchMs' | 'gated' | 'alpha'>): number =>
  2 * launchMs * robustPairs(alpha, gated);

/**
 * The screen's share of the time. The rest is for confirming what it flagged, which needs less because
 * few metrics are left.
 */
const SCREEN_SHARE = 0.8;

/** The screen gets at least this share where confirming takes long. */
const MIN_SCREEN_SHARE = 0.5;

/**
 * How much of the time the screen may take. Where launches are slow it takes less: the overrun may be
 * too short for all the launches of a confirmation.
 *
 * @param budget `launchMs`: undefined where launches are quick
 */
export function screenShareFor({
  launchMs,
  durationMs,
  gated,
  alpha,
}: Pick<Budget, 'durationMs' | 'gated' | 'alpha'> & { launchMs: number | undefined }): number {
  if (launchMs === undefined) return SCREEN_SHARE;
  const left = OVERRUN - confirmingMs({ launchMs, gated, alpha }) / durationMs;
  return Math.min(SCREEN_SHARE, Math.max(MIN_SCREEN_SHARE, left));
}

const MINUTE_MS = 60_000;

const wanted = (budget: Budget): number => {
  const screening = 2 * budget.launchMs * robustPairs(SCREEN_LEVEL, 1);
  return Math.ceil((screening + confirmingMs(budget)) / MINUTE_MS) * MINUTE_MS;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** In the form that the input `duration` accepts. */
const duration = (ms: number): string =>
  ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS}m` : `${Math.round(ms / 1000)}s`;
