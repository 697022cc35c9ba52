import { QUIET_SHARE } from '../stats/assumptions.js';
import { metQuietCore, quietWidth } from './batches.js';
import { type LaunchObservation, timedBatches } from './launch.js';

/** What is known of the neighbours of a session's launches. */
export interface Neighbours {
  /** Sequence numbers of the launches that do not count, because a neighbour was busy. */
  contended: ReadonlySet<number>;
  /** The wide loop's ratio on a quiet core; undefined if no batch is to be left out. */
  quietWidth?: number | undefined;
}

export const NO_NEIGHBOURS: Neighbours = { contended: new Set() };

/** If fewer launches than this share are quiet, a busy core is normal here and all launches count. */
const MIN_QUIET = 0.5;

/**
 * The launches that met a busy neighbour on the core and so do not count.
 *
 * A virtual machine cannot see a neighbour, so after each batch the probe runs a loop that needs the
 * core's whole width. A launch is contended if that loop took longer than on a quiet core after most of
 * its batches. It is decided for the whole launch, over all its metrics, and for both launches of a
 * pair together: a filter that leaves a metric out on one side only could make a difference between
 * equal sides. In the other launches, batches beside a neighbour are left out.
 *
 * @param launches of both sides, since they ran on the same core in turn
 * @param paired whether neighbouring launches, 2k and 2k + 1, are a pair
 */
export function neighboursOf(
  launches: readonly LaunchObservation[],
  { paired }: { paired: boolean },
): Neighbours {
  const told = launches.map(timedBatches);
  const quiet = quietWidth(told);
  if (quiet === undefined) return NO_NEIGHBOURS;
  const busy = new Set(
    launches.flatMap(({ launch }, index) =>
      quietShare(told[index] ?? [], quiet) < QUIET_SHARE ? [launch.sequence] : [],
    ),
  );
  if (busy.size > (1 - MIN_QUIET) * launches.length) return NO_NEIGHBOURS;
  const contended = launches
    .map(({ launch }) => launch.sequence)
    .filter((sequence) => busy.has(sequence) || (paired && busy.has(sequence ^ 1)));
  return { contended: new Set(contended), quietWidth: quiet };
}

/** The share of a launch's batches that met a quiet core; NaN from a probe that does not tell. */
function quietShare(metrics: ReturnType<typeof timedBatches>, quiet: number): number {
  const widths = metrics.flatMap(({ width }) => [...width].filter((one) => one > 0));
  return widths.filter((width) => metQuietCore(width, quiet)).length / widths.length;
}
