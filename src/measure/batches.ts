import { quantile } from 'simple-statistics';
import type { WireBatches } from '../probe/lines.js';
import { CONTROL_QUANTILE } from '../stats/assumptions.js';

/**
 * All batches of one metric in one launch, a column each: there are thousands in a launch, and a
 * session keeps them until it is known how quiet the machine can be.
 */
export interface Batches {
  /** Of the launch, from 0 on: most launches have one. */
  process: Uint16Array;
  /** Of the launch, from 0 on, whatever its process: batches of a round stood side by side. */
  round: Uint16Array;
  /** ns per operation. */
  ns: Float64Array;
  /** ns per operation of the chain of multiplications right after it. */
  controlNs: Float64Array;
  /** The share of its wall time in which its participants were on a CPU: 0 to 1. */
  occupancy: Float64Array;
  /**
   * What the wide loop took against the chain, as a ratio: the dearer, the more of the core another
   * thread used. NaN from a probe that does not tell.
   */
  width: Float64Array;
}

/** @param rounds in the order they were measured, each with its process */
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

/** Of a launch's batches, so many are taken to have met a quiet core: a tenth at least. */
const QUIET_BATCHES = 0.1;

/** Of the launches, so many are taken to hold quiet batches. */
const QUIET_LAUNCHES = 0.25;

/**
 * What the wide loop took in the typical batch of the typical launch, as {@link Batches.width}.
 *
 * @param launches each the batches of all its metrics
 * @returns undefined where no probe told
 */
export const typicalWidth = (launches: readonly (readonly Batches[])[]): number | undefined =>
  quantileOfLaunches(launches, 0.5, 0.5);

/**
 * What the wide loop takes where no other thread is busy on the core, as {@link Batches.width}: the
 * batches of a launch that stand under it agree on it to a thousandth on quiet machines.
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
