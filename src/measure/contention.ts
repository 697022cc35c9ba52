import { median } from 'simple-statistics';
import { WIDTH_THRESHOLD } from '../stats/assumptions.js';
import { quietWidth } from './batches.js';
import { type LaunchObservation, timedBatches } from './launch.js';

/** If fewer launches than this share are quiet, a busy core is normal here and all launches count. */
const MIN_QUIET = 0.5;

/**
 * The launches that met a busy neighbour on the core and so do not count, by their sequence numbers.
 *
 * A virtual machine cannot see a neighbour, so after each batch the probe runs a loop that needs the
 * core's whole width. A launch is contended if that loop typically took longer than on a quiet core. It
 * is decided for the whole launch, over all its metrics, and for both launches of a pair together: a
 * filter that leaves a metric out on one side only could make a difference between equal sides.
 *
 * @param launches of both sides, since they ran on the same core in turn
 * @param paired whether neighbouring launches, 2k and 2k + 1, are a pair
 */
export function contendedLaunches(
  launches: readonly LaunchObservation[],
  { paired }: { paired: boolean },
): ReadonlySet<number> {
  const told = launches.map(timedBatches);
  const quiet = quietWidth(told);
  if (quiet === undefined) return new Set();
  const busy = new Set(
    launches.flatMap(({ launch }, index) =>
      widthOf(told[index] ?? []) > WIDTH_THRESHOLD * quiet ? [launch.sequence] : [],
    ),
  );
  const contended = launches
    .map(({ launch }) => launch.sequence)
    .filter((sequence) => busy.has(sequence) || (paired && busy.has(sequence ^ 1)));
  return new Set(contended.length > (1 - MIN_QUIET) * launches.length ? [] : contended);
}

/** NaN from a probe that does not report it. */
function widthOf(metrics: ReturnType<typeof timedBatches>): number {
  const widths = metrics.flatMap(({ width }) => [...width].filter((one) => one > 0));
  return widths.length === 0 ? Number.NaN : median(widths);
}
