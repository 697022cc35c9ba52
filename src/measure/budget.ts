import { countOf } from '../units.js';

/** What there is to know of a duet's time before the first pair is measured. */
export interface Budget {
  /** Of a launch, and of it what passes before the probe measures. */
  launchMs: number;
  startMs: number;
  /** That is left for the screen, and that the user gave for everything. */
  screenMs: number;
  durationMs: number;
  /** Fewer pairs of launches give no verdict over the metrics, and so many are to be had. */
  metrics: number;
  least: number;
  robust: number;
}

/**
 * What the time allows, told before it is spent: where launches are slow, minutes may hold fewer
 * pairs than a verdict takes.
 *
 * @returns a sentence, and whether the time is enough
 */
export function budgetOf(budget: Budget): { enough: boolean; text: string } {
  const { launchMs, startMs, screenMs, durationMs, metrics, least } = budget;
  const pairs = Math.floor(screenMs / (2 * launchMs));
  const enough = pairs >= least;
  const launch = `A launch takes ${seconds(launchMs)}, ${seconds(startMs)} of it to start`;
  const holds = `${duration(durationMs)} ${enough ? 'hold about' : 'hold'} ${countOf(pairs, 'pair')} of launches`;
  if (enough) return { enough, text: `${launch}: ${holds}.` };
  return {
    enough,
    text: `${launch}, so ${holds}, and a verdict over ${countOf(metrics, 'metric')} takes ${least}: give a duration of ${duration(wanted(budget))}, or fewer metrics.`,
  };
}

/** Confirming takes some of it, and a busy machine some more. */
const SPARE = 1.5;
const MINUTE_MS = 60_000;

const wanted = ({ launchMs, robust }: Budget): number =>
  Math.ceil((SPARE * 2 * launchMs * robust) / MINUTE_MS) * MINUTE_MS;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** As the input takes it. */
const duration = (ms: number): string =>
  ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS}m` : `${Math.round(ms / 1000)}s`;
