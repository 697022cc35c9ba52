import { quantile } from 'simple-statistics';
import { QUANTITIES, type Quantity } from '../record/report.js';
import type { MetricRecord } from '../record/run.js';
import { absoluteError, fitLeastAbsolute, type Point, predicted } from '../stats/least-absolute.js';
import { seededRandom } from '../stats/random.js';
import { formatNsDifference } from '../text/units.js';
import { type Comparison, isMeasured, type MeasuredFinding } from './comparison.js';

/** One of each quantity, in words. */
const UNIT_WORDS: Record<Quantity, string> = {
  entries: 'kernel entry',
  switches: 'context switch',
  tcpKilobytes: 'kilobyte over TCP',
  kilobytes: 'kilobyte moved',
};

/** `+26 ns for every kernel entry` */
export const costText = (quantity: Quantity, ns: number): string =>
  `${formatNsDifference(ns)} for every ${UNIT_WORDS[quantity]}`;

/** How many ns more each unit of a quantity costs, with its 95 % interval. */
interface Term {
  quantity: Quantity;
  ns: number;
  low: number;
  high: number;
}

/** One cause for many changes. */
export interface Diagnosis {
  terms: Term[];
  /** The part of the explained metrics' changes that the terms explain, each relative to its time. */
  share: number;
  /** Ids of the metrics whose change is mostly explained. The others have causes of their own. */
  explained: string[];
  /** How many metrics were called regressed or improved. */
  called: number;
}

/** Fewer changes than this can be explained by any of the quantities. */
const MIN_METRICS = 3;

/** The terms must explain this share: the rest then hides no second cause of the same size. */
const MIN_SHARE = 0.8;

/** This share of the called metrics must be explained: more than half of their change each. */
const MIN_EXPLAINED_SHARE = 0.6;

/**
 * The share that must have moved of the metrics that a cause should move beyond their margins. Metrics
 * that did not move refute a cause. Not all have to move: noise hides some, and a quantity is coarse.
 * For example, a page fault enters the kernel too, but does not pass its filters.
 */
const MIN_REACH = 2 / 3;

/** A change of this many margins is so large that the confirmation can hardly have missed it. */
const CLEARLY = 1.5;

const RESAMPLES = 200;
const CONFIDENCE = 0.95;

/** Any number will do. A fixed one makes the interval depend on the changes alone. */
const SEED = 26;

/** A timed metric with both sides measured. */
interface Item extends Point {
  id: string;
  changed: boolean;
  baselineNs: number;
  marginRatio: number;
}

/**
 * Looks for one cause behind the called changes: a cost for every kernel entry, every context switch
 * or every kilobyte, or for two of these. The catalogue says how many of each an operation makes.
 *
 * The fit is robust, because some metrics have changes of their own. It uses all metrics. Unchanged
 * metrics are included because they can refute a cause; and metrics just beyond their margins, taken
 * alone, would make a cause look larger than it is.
 *
 * @returns undefined if nothing simple explains most of the changes
 */
export function diagnose(comparison: Comparison): Diagnosis | undefined {
  const items = comparison.findings
    .filter(isMeasured)
    .flatMap((finding) => itemOf(finding, comparison));
  const changed = items.filter((item) => item.changed);
  if (changed.length < MIN_METRICS) return undefined;
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

/** The share of metrics that a second term must explain in addition: the simpler cause is likelier. */
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
      // Noise is proportional to the time.
      weight: 1 / before.estimate,
      baselineNs: before.estimate,
      changed: verdict === 'regressed' || verdict === 'improved',
      marginRatio,
    },
  ];
}

/** From the catalogue. The bytes went over TCP if the probe counted TCP segments. */
export function quantitiesOf(record: MetricRecord): Record<Quantity, number> | undefined {
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
  const enough = Math.max(MIN_METRICS, MIN_EXPLAINED_SHARE * changed.length);
  if (explained.length < enough) return undefined;
  const nothing = model.map(() => 0);
  const share = 1 - absoluteError(explained, fit) / absoluteError(explained, nothing);
  if (share < MIN_SHARE || reach(model, items, fit) < MIN_REACH) return undefined;
  const terms = intervals(points, fit).map(([low, high], index) => ({
    quantity: model[index] ?? 'entries',
    ns: fit[index] ?? 0,
    ...{ low, high },
  }));
  if (terms.some(({ low, high }) => low <= 0 && high >= 0)) return undefined;
  const ids = explained.map(({ id }) => id);
  return { terms, share, explained: ids, called: changed.length };
}

/** An item with only the predictors of a model. */
const only = <T extends Point>(model: readonly Quantity[], item: T): T => ({
  ...item,
  x: model.map((quantity) => item.x[QUANTITIES.indexOf(quantity)] ?? 0),
});

/**
 * The share that moved of the metrics that the fit should clearly move. A metric moved if it was
 * called, or if it shows most of the expected change although time or noise kept it from being called.
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
