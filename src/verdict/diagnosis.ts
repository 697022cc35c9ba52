import { quantile } from 'simple-statistics';
import { QUANTITIES, type Quantity } from '../record/report.js';
import type { MetricRecord } from '../record/run.js';
import { absoluteError, fitLeastAbsolute, type Point, predicted } from '../stats/least-absolute.js';
import { seededRandom } from '../stats/random.js';
import { type Comparison, isMeasured, type MeasuredFinding } from './comparison.js';

/** So many ns more for each of a quantity, with the 95 % interval of that. */
export interface Term {
  quantity: Quantity;
  ns: number;
  low: number;
  high: number;
}

/** One cause for many changes. */
export interface Diagnosis {
  terms: Term[];
  /** Of the changes of those metrics, each against its time: what the terms explain. */
  share: number;
  /** Ids of the metrics whose change it explains for the most part; others have causes of their own. */
  explained: string[];
  /** How many metrics were called. */
  called: number;
}

/** Fewer changes than this have as many explanations as there are quantities. */
const LEAST_METRICS = 3;

/** "Most of it": what is left over is no second cause of the same size. */
const LEAST_SHARE = 0.8;

/** Of the metrics that were called, so many must be explained for more than half of their change. */
const LEAST_EXPLAINED = 0.6;

/**
 * Of the metrics that a cause would move beyond their margins, so many must have moved: a cause is
 * refuted by what stood still. Not all, since noise hides some, and since a quantity is coarse: a
 * page fault enters the kernel, too, but passes by its filters.
 */
const LEAST_REACH = 2 / 3;

/** "Beyond the margin" by so much that the confirmation can hardly have missed it. */
const CLEARLY = 1.5;

const RESAMPLES = 200;
const CONFIDENCE = 0.95;

/** Any number will do; a fixed one makes the interval a function of the changes. */
const SEED = 26;

/** A timed metric of which both sides were measured. */
interface Item extends Point {
  id: string;
  changed: boolean;
  baselineNs: number;
  marginRatio: number;
}

/**
 * Looks for one cause behind the changes that were called: so many ns for every kernel entry, every
 * context switch or every kilobyte, or for two of these, of which the catalogue says how many an
 * operation makes. Robustly, since some metrics have changes of their own, and by all metrics: those
 * that a change was not shown of would otherwise be missing where they speak against it, and the
 * ones just beyond their margins make it look larger than it is.
 *
 * @returns undefined where nothing simple explains most of it
 */
export function diagnose(comparison: Comparison): Diagnosis | undefined {
  const items = comparison.findings
    .filter(isMeasured)
    .flatMap((finding) => itemOf(finding, comparison));
  const changed = items.filter((item) => item.changed);
  if (changed.length < LEAST_METRICS) return undefined;
  const best = (models: readonly (readonly Quantity[])[]): Diagnosis | undefined =>
    models
      .map((model) => explain(model, items))
      .filter((diagnosis) => diagnosis !== undefined)
      .sort((a, b) => b.explained.length - a.explained.length || b.share - a.share)[0];
  const [single, double] = [best(SINGLE), best(DOUBLE)];
  if (single === undefined || double === undefined) return single ?? double;
  const gained = double.explained.length - single.explained.length;
  return gained >= Math.max(2, WORTH_A_TERM * changed.length) ? double : single;
}

const SINGLE: readonly (readonly Quantity[])[] = QUANTITIES.map((quantity) => [quantity]);
const DOUBLE: readonly (readonly Quantity[])[] = [
  ['entries', 'switches'],
  ['entries', 'tcpKilobytes'],
  ['entries', 'kilobytes'],
  ['switches', 'tcpKilobytes'],
  ['switches', 'kilobytes'],
];

/** A second term has to explain so many more of the metrics: the simpler story is the likelier. */
const WORTH_A_TERM = 0.2;

function itemOf(metric: MeasuredFinding, { candidate }: Comparison): Item[] {
  const { baseline: before, candidate: after, change, verdict, marginRatio } = metric;
  const record = candidate.metrics.find(({ id }) => id === metric.id);
  const timed = before.status === 'ok' && before.unit !== 'count' && after.status === 'ok';
  const quantities = record && quantitiesOf(record);
  if (!metric.gate || !timed || !change || !quantities) return [];
  return [
    {
      id: metric.id,
      x: QUANTITIES.map((quantity) => quantities[quantity]),
      y: after.estimate - before.estimate,
      // Noise is in proportion to the time.
      weight: 1 / before.estimate,
      baselineNs: before.estimate,
      changed: verdict === 'regressed' || verdict === 'improved',
      marginRatio,
    },
  ];
}

/** As the catalogue declares them; over TCP goes what its own counters saw segments of. */
function quantitiesOf(record: MetricRecord): Record<Quantity, number> | undefined {
  if (record.status !== 'ok' || record.entries === undefined) return undefined;
  const { entries, switches = 0, bytes = 0, details } = record;
  const kilobytes = bytes / 1024;
  const tcpKilobytes = details?.['segments_per_op'] === undefined ? 0 : kilobytes;
  return { entries, switches, tcpKilobytes, kilobytes };
}

function explain(model: readonly Quantity[], items: readonly Item[]): Diagnosis | undefined {
  const points = items.map((item) => only(model, item));
  const fit = fitLeastAbsolute(points);
  if (fit === undefined) return undefined;
  const changed = points.filter((point) => point.changed);
  const explained = changed.filter(({ x, y }) => Math.abs(y - predicted(x, fit)) < Math.abs(y) / 2);
  const enough = Math.max(LEAST_METRICS, LEAST_EXPLAINED * changed.length);
  if (explained.length < enough) return undefined;
  const nothing = model.map(() => 0);
  const share = 1 - absoluteError(explained, fit) / absoluteError(explained, nothing);
  if (share < LEAST_SHARE || reach(model, items, fit) < LEAST_REACH) return undefined;
  const terms = intervals(points, fit).map(([low, high], index) => ({
    quantity: model[index] ?? 'entries',
    ns: fit[index] ?? 0,
    ...{ low, high },
  }));
  if (terms.some(({ low, high }) => low <= 0 && high >= 0)) return undefined;
  const ids = explained.map(({ id }) => id);
  return { terms, share, explained: ids, called: changed.length };
}

/** An item with the predictors of a model alone. */
const only = <T extends Point>(model: readonly Quantity[], item: T): T => ({
  ...item,
  x: model.map((quantity) => item.x[QUANTITIES.indexOf(quantity)] ?? 0),
});

/**
 * Of the metrics that the fit would clearly move, the share that moved: what was called, and what
 * was not for want of time or quiet and yet shows most of it.
 */
function reach(model: readonly Quantity[], items: readonly Item[], fit: readonly number[]): number {
  const moved = items
    .map((item) => ({ ...item, expected: predicted(only(model, item).x, fit) }))
    .filter(
      ({ expected, baselineNs, marginRatio }) =>
        Math.abs(expected) > CLEARLY * marginRatio * baselineNs,
    );
  const called = moved.filter(
    ({ changed, expected, y }) =>
      Math.sign(y) === Math.sign(expected) && (changed || Math.abs(y) > Math.abs(expected) / 2),
  );
  return moved.length === 0 ? 0 : called.length / moved.length;
}

/** Percentile bootstrap over the metrics (Efron and Tibshirani 1993, chapter 13). */
function intervals(points: readonly Point[], fit: readonly number[]): [number, number][] {
  const random = seededRandom(SEED);
  const drawn = Array.from({ length: RESAMPLES }, () =>
    fitLeastAbsolute(points.map(() => points[random.below(points.length)] as Point)),
  ).filter((one) => one !== undefined);
  const tail = (1 - CONFIDENCE) / 2;
  return fit.map((coefficient, index) => {
    const values = [coefficient, ...drawn.map((one) => one[index] ?? 0)];
    return [quantile(values, tail), quantile(values, 1 - tail)];
  });
}
