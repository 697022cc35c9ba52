import { quantile } from 'simple-statistics';
import type { WireBatches } from '../probe/lines.js';
import { CONTROL_QUANTILE, WIDTH_THRESHOLD } from '../stats/assumptions.js';

/**
 * All batches of one metric in one launch, one array for each quantity. A launch has thousands, and a
 * session keeps them until it knows how quiet the machine can be.
 */
export interface Batches {
  /** Process of the launch, counted from 0: most launches have one. */
  process: Uint16Array;
  /** Round of the launch, counted from 0 over all processes: its batches ran one after another. */
  round: Uint16Array;
  /** ns per operation. */
  ns: Float64Array;
  /** ns per operation of the chain of multiplications right after the batch. */
  controlNs: Float64Array;
  /** The share of the batch's wall time in which its participants were on a CPU: 0 to 1. */
  occupancy: Float64Array;
  /**
   * Time of the wide loop divided by time of the chain. It rises as another thread uses more of the
   * core. NaN from a probe that does not report it.
   */
  width: Float64Array;
}

/** @param rounds in the order they ran, each with its process */
export function batchesOf(rounds: readonly (WireBatches & { process?: number })[]): Batches {
  const rows = rounds.flatMap(({ process = 0, ...round }, number) =>
    round.wallNs.map((wallNs, index) => ({
      ...{ process, number },
      ns: wallNs / round.operations,
      controlNs: (round.controlNs[index] ?? 0) / round.controlOperations,
      // An interrupt between the readings of the two clocks can put CPU time above wall time.
      occupancy: Math.min(1, (round.cpuNs[index] ?? 0) / wallNs),
      widthNs: round.width ? (round.width.ns[index] ?? 0) / round.width.operations : Number.NaN,
    })),
  );
  const controlNs = Float64Array.from(rows, (row) => row.controlNs);
  // An interruption of one batch of the chain must not make the core look quiet.
  const chain = rows.length === 0 ? 1 : quantile([...controlNs], CONTROL_QUANTILE);
  return {
    process: Uint16Array.from(rows, ({ process }) => process),
    round: Uint16Array.from(rows, ({ number }) => number),
    ns: Float64Array.from(rows, ({ ns }) => ns),
    controlNs,
    occupancy: Float64Array.from(rows, ({ occupancy }) => occupancy),
    width: Float64Array.from(rows, ({ widthNs }) => widthNs / chain),
  };
}

/** Whether a batch of this width met a quiet core. Unknown widths of a probe that does not tell, do. */
export const metQuietCore = (width: number, quiet: number): boolean =>
  !(width > WIDTH_THRESHOLD * quiet);

/** Assumption: at least this share of a launch's batches met a quiet core. */
const QUIET_BATCHES = 0.1;

/** Assumption: at least this share of the launches hold quiet batches. */
const QUIET_LAUNCHES = 0.25;

/**
 * {@link Batches.width} of the typical batch of the typical launch.
 *
 * @param launches each the batches of all its metrics
 * @returns undefined where no probe told
 */
export const typicalWidth = (launches: readonly (readonly Batches[])[]): number | undefined =>
  quantileOfLaunches(launches, 0.5, 0.5);

/**
 * {@link Batches.width} when no other thread is busy on the core. On quiet machines the batches of a
 * launch below it agree to a thousandth.
 *
 * @param launches each the batches of all its metrics
 * @returns undefined where no probe told
 */
export const quietWidth = (launches: readonly (readonly Batches[])[]): number | undefined =>
  quantileOfLaunches(launches, QUIET_BATCHES, QUIET_LAUNCHES);

function quantileOfLaunches(
  launches: readonly (readonly Batches[])[],
  ofBatches: number,
  ofLaunches: number,
): number | undefined {
  const own = launches.flatMap((metrics) => {
    const widths = metrics.flatMap(({ width }) => [...width].filter((one) => one > 0));
    return widths.length === 0 ? [] : [quantile(widths, ofBatches)];
  });
  return own.length === 0 ? undefined : quantile(own, ofLaunches);
}
