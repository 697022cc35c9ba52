import type { Launch } from '../record/run.js';
import { QUIET_SHARE } from '../stats/assumptions.js';
import { metQuietCore, quietWidth } from './batches.js';
import { type LaunchObservation, timedBatches } from './launch.js';

/** What is known of the neighbours of a session's launches, by their sequence numbers. */
export interface Neighbours {
  /** Launches beside a busy neighbour. */
  met: ReadonlySet<number>;
  /** Launches that do not count, because a neighbour was busy. */
  contended: ReadonlySet<number>;
  /** Launches of which all batches count, since too few launches would be left without. */
  unfiltered: ReadonlySet<number>;
  /** The wide loop's ratio on a quiet core; undefined if no probe told. */
  quietWidth?: number | undefined;
}

const NOBODY: ReadonlySet<number> = new Set();

export const NO_NEIGHBOURS: Neighbours = { met: NOBODY, contended: NOBODY, unfiltered: NOBODY };

/** The width above which a launch's batches are left out; undefined if all of them count. */
export const widthLimitOf = (
  { unfiltered, quietWidth }: Neighbours,
  sequence: number,
): number | undefined => (unfiltered.has(sequence) ? undefined : quietWidth);

/** If fewer launches than this share are quiet, a busy core is normal here and all launches count. */
const MIN_QUIET = 0.5;

type Phase = Launch['phase'];

/** How the launches were measured. */
interface Order {
  /** Whether neighbouring launches, 2k and 2k + 1, are a pair. */
  paired: boolean;
  /** The pairs that the tests of each phase need; none if it is absent. */
  pairsFor?: ReadonlyMap<Phase, number>;
}

/**
 * The launches that met a busy neighbour on the core and so do not count.
 *
 * A virtual machine cannot see a neighbour, so after each batch the probe runs a loop that needs the
 * core's whole width. A launch is contended if that loop took longer than on a quiet core after most of
 * its batches. It is decided for the whole launch, over all its metrics, and for both launches of a
 * pair together: a filter that leaves a metric out on one side only could make a difference between
 * equal sides. In the other launches, batches beside a neighbour are left out.
 *
 * Leaving launches out only adds power. The drawn order of each pair holds the error level with or
 * without it. So where too few pairs of a phase would be left, all of them count.
 *
 * @param launches of both sides, since they ran on the same core in turn
 */
export function neighboursOf(launches: readonly LaunchObservation[], order: Order): Neighbours {
  const told = launches.map(timedBatches);
  const quiet = quietWidth(told);
  if (quiet === undefined) return NO_NEIGHBOURS;
  const met = new Set(
    launches.flatMap(({ launch }, index) =>
      quietShare(told[index] ?? [], quiet) < QUIET_SHARE ? [launch.sequence] : [],
    ),
  );
  const filtered = groupsOf(launches, order).map((group) => filter(group, met, order));
  return {
    ...{ met, quietWidth: quiet },
    contended: new Set(filtered.flatMap(({ contended }) => contended)),
    unfiltered: new Set(filtered.flatMap(({ unfiltered }) => unfiltered)),
  };
}

/** Launches of which too few may be left: those of a phase, whose pairs are tested together. */
interface Group {
  phase?: Phase;
  sequences: number[];
}

function groupsOf(launches: readonly LaunchObservation[], { paired }: Order): Group[] {
  if (!paired) return [{ sequences: launches.map(({ launch }) => launch.sequence) }];
  const phases = [...new Set(launches.map(({ launch }) => launch.phase))];
  return phases.map((phase) => ({
    phase,
    sequences: launches.flatMap(({ launch }) => (launch.phase === phase ? [launch.sequence] : [])),
  }));
}

function filter(
  { phase, sequences }: Group,
  met: ReadonlySet<number>,
  { paired, pairsFor }: Order,
): Record<'contended' | 'unfiltered', number[]> {
  const contended = sequences.filter((one) => met.has(one) || (paired && met.has(one ^ 1)));
  const busy = sequences.filter((one) => met.has(one)).length;
  const pairsLeft = (sequences.length - contended.length) / 2;
  const needed = phase === undefined ? 0 : (pairsFor?.get(phase) ?? 0);
  const tooFew = busy > (1 - MIN_QUIET) * sequences.length || pairsLeft < needed;
  return tooFew ? { contended: [], unfiltered: sequences } : { contended, unfiltered: [] };
}

/** The share of a launch's batches that met a quiet core; NaN from a probe that does not tell. */
function quietShare(metrics: ReturnType<typeof timedBatches>, quiet: number): number {
  const widths = metrics.flatMap(({ width }) => [...width].filter((one) => one > 0));
  return widths.filter((width) => metQuietCore(width, quiet)).length / widths.length;
}
