import { STORED_MARGIN, WIDTH_THRESHOLD } from '../../stats/assumptions.js';
import {
  type Fit,
  MIN_METRICS_FOR_STATE,
  medianOf,
  residualScale,
  stateVarianceOf,
} from '../../stats/levels.js';
import { formatRatio, formatShare } from '../../text/units.js';
import { MAX_SCALE, usualScale } from './causes.js';
import type { TestedHistory } from './history.js';

/**
 * A neighbour on the core makes an operation up to this many times as long (measured: 1.3 to 1.5). A
 * larger change is the candidate's, whatever state the machine was in.
 */
const MAX_MACHINE_RATIO = 1.6;

/** All metrics together moved further than any stored run: standard errors, and beyond the margin. */
const MAX_STATE_ERRORS = 5;

export const exceedsMachine = (change: number): boolean =>
  Math.abs(change) > Math.log(MAX_MACHINE_RATIO);

/** The core's width in the candidate's run and in the stored runs: see the run record. */
export interface Widths {
  own?: number | undefined;
  stored: readonly number[];
}

/** One sentence: why changes that a machine could make are not called, if there is a reason. */
export const machineObstacle = (
  history: TestedHistory,
  fit: Fit,
  widths: Widths,
): string | undefined =>
  history.metrics.length < MIN_METRICS_FOR_STATE ? otherWidth(widths) : oddState(history, fit);

/**
 * A run whose state no stored run had: all metrics moved together, or they stray more than they should.
 * That may be the machine or the candidate, and stored runs cannot tell.
 */
function oddState(history: TestedHistory, fit: Fit): string | undefined {
  const { strays, rows, model } = history;
  const variance = stateVarianceOf(strays.map(({ state }) => state));
  const error = Math.sqrt(variance * (1 + 1 / Math.max(1, rows.length)));
  const moved = Math.abs(fit.state) > Math.log1p(STORED_MARGIN);
  if (moved && Math.abs(fit.state) > MAX_STATE_ERRORS * error) {
    return `Everything took ${formatRatio(Math.exp(fit.state))} against the stored runs, which differ by ${formatShare(Math.sqrt(model.stateVariance))}. That may be the machine or the candidate, and stored runs cannot tell: measure both sides in one job (baseline and candidate), or run again.`;
  }
  const ratio = residualScale(fit) / usualScale(history);
  if (ratio <= MAX_SCALE) return undefined;
  return `The metrics stray ${ratio.toFixed(1)} times as far from each other as in the stored runs, and no single cause explains it. The machine was in a state that the stored runs have not seen: measure both sides in one job (baseline and candidate), or run again.`;
}

/** With few metrics, launches beside a neighbour cannot be told by the metrics: the core's width tells. */
function otherWidth({ own, stored }: Widths): string | undefined {
  const moved = Math.log((own ?? Number.NaN) / medianOf(stored));
  if (!(Math.abs(moved) > Math.log(WIDTH_THRESHOLD))) return undefined;
  return `A loop that needs the whole width of the core took ${formatRatio(Math.exp(moved))} against the stored runs, so another thread may have been busy on it, then or now: run again on a machine in its usual state, or measure more metrics.`;
}
