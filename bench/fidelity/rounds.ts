import type { Bench } from '#src/measure/launch.js';
import type { MetricEntry } from '#src/probe/catalogue.js';
import { besidePinned } from '../process.ts';
import { type Comparison, compare, type Series } from './figures.ts';
import { launchOurs } from './ours.ts';
import type { Host, Pair } from './peer.ts';

interface RoundsOrder {
  bench: Bench;
  host: Host;
  metric: MetricEntry;
  pair: Pair;
  launches: number;
  seconds: number;
}

/** Both in turn on a CPU of their own. */
export async function measureQuiet(order: RoundsOrder): Promise<Comparison> {
  return compare(await measure(order));
}

/** The longest that a neighbour is needed for: it is bounded should nobody be left to end it. */
const NEIGHBOUR_LIMIT_S = 1800;

/** Both in turn on a CPU that they share with a process that never sleeps. */
export async function measureBusy(order: RoundsOrder): Promise<Comparison> {
  const neighbour = { argv: ['sh', '-c', 'while :; do :; done'] };
  const work = () => measure(order);
  return compare(await besidePinned(order.host, neighbour, work, NEIGHBOUR_LIMIT_S));
}

/**
 * A B B A, which cancels a linear drift. The peers decide how long they take: a launch of theirs
 * that is not counted tells how much time ours are to fill.
 */
async function measure({ bench, host, metric, pair, ...order }: RoundsOrder): Promise<Series> {
  const begin = performance.now();
  await pair.launch(host, order.seconds);
  const seconds = (performance.now() - begin) / 1000;

  const series: Series = { ours: [], theirs: [] };
  const ours = async () => series.ours.push(await launchOurs(bench, metric, seconds));
  const theirs = async () => series.theirs.push(await pair.launch(host, order.seconds));
  for (let i = 0; i < order.launches; i++) {
    for (const launch of i % 2 === 0 ? [ours, theirs] : [theirs, ours]) await launch();
  }
  return series;
}
