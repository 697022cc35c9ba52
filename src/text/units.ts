/**
 * The one place where numbers become words: nanoseconds, percents, ratios and intervals. They have
 * three significant digits: more would show noise, and fewer would hide a 2 % change.
 */

const MINUS = '−';
/** Above this ratio a factor is easier to read than a percentage: ×312 rather than +31,100 %. */
const FACTOR_FROM = 2;
const DIVISOR_BELOW = 0.1;
/** Stands for an interval without bounds: there are too few pairs for the confidence asked for. */
const NO_BOUNDS = 'too few pairs';
/** Stands for the interval of a counted change, which holds only that one value. */
const EXACT = 'exact';

const timeUnits: readonly [limit: number, scale: number, name: string][] = [
  [1e3, 1, 'ns'],
  [1e6, 1e3, 'µs'],
  [1e9, 1e6, 'ms'],
  [Number.POSITIVE_INFINITY, 1e9, 's'],
];

const rateUnits: readonly [limit: number, scale: number, name: string][] = [
  [1e3, 1, ''],
  [1e6, 1e3, 'k'],
  [1e9, 1e6, 'M'],
];

/**
 * Rounds a number as reports store it, to nine significant digits. That is far finer than any
 * noise, and coarser than the last digits of a double, which depend on the platform: Math.exp and
 * Math.log1p differ between x64 and arm64, which fuses multiply-adds, and Math.pow between versions
 * of Node. So the same records give the same report everywhere.
 */
export const figure = (value: number): number => Number(value.toPrecision(9));

/** The unit of a metric's estimate: see the run record. */
type Unit = 'ns' | 'per_second' | 'count';

/**
 * A change as reports store it: candidate over baseline. `high` is null when there is no upper
 * bound.
 */
interface Interval {
  ratio: number;
  low: number;
  high: number | null;
  /** 1 if the change was counted rather than estimated. */
  confidence?: number;
}

/** @param ns nanoseconds, finite: `81.3 ns`, `1.21 µs`, `44.1 ms` */
export function formatNs(ns: number): string {
  const rounded = Number(ns.toPrecision(3));
  for (const [limit, scale, name] of timeUnits) {
    if (rounded < limit) return `${digits(rounded / scale)} ${name}`;
  }
  return `${digits(rounded / 1e9)} s`;
}

/** @param ns nanoseconds between two events: `548 k/s`, `1.02 M/s` */
export function formatRate(ns: number): string {
  const rounded = Number((1e9 / ns).toPrecision(3));
  for (const [limit, scale, name] of rateUnits) {
    if (rounded < limit) return `${digits(rounded / scale)} ${name}/s`;
  }
  return `${digits(rounded / 1e9)} G/s`;
}

/** @param count events per operation: `5` or `1.25` */
export const formatCount = (count: number): string => `${Number(count.toPrecision(4))}`;

/** Instructions per operation, to at most two decimals: `337.16`, `6,050`, `24`. */
export function formatInstructions(count: number): string {
  const size = Math.abs(count);
  const [whole = '', part] = String(Number(size.toFixed(size < 1000 ? 2 : 1))).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  const text = part === undefined ? grouped : `${grouped}.${part}`;
  return count < 0 ? `${MINUS}${text}` : text;
}

/** A difference in instructions: `+8`, `−24.01`, `0`. */
export const formatInstructionsDifference = (count: number): string =>
  count > 0 ? `+${formatInstructions(count)}` : formatInstructions(count);

/** @param estimate ns per operation, or events per operation, by the metric's unit */
export function formatEstimate(unit: Unit, estimate: number): string {
  switch (unit) {
    case 'ns':
      return formatNs(estimate);
    case 'per_second':
      return formatRate(estimate);
    case 'count':
      return formatCount(estimate);
  }
}

/** @param ns a difference in nanoseconds: `+25.4 ns`, `−1.21 µs` */
export const formatNsDifference = (ns: number): string =>
  ns === 0 ? '0 ns' : `${ns < 0 ? MINUS : '+'}${formatNs(Math.abs(ns))}`;

/** @param ratio a time over the shortest one: `×1.00`, `×7860` */
export const formatFactor = (ratio: number): string => `×${digits(ratio)}`;

/** @param share a share without a sign, to two significant digits: 0.02 gives `2 %` */
export function formatShare(share: number): string {
  const percent = 100 * share;
  // toPrecision(2) would write 99.6 as 1.0e+2.
  if (percent >= 99.5) return `${percent.toFixed(0)} %`;
  return `${trimZeros(percent.toPrecision(2))} %`;
}

/** @param ratio candidate over baseline: `+31.2 %`, `−0.31 %`, `×312`, `÷600` */
export function formatRatio(ratio: number): string {
  const scale = scaleOf(ratio);
  if (scale === 'factor') return formatFactor(ratio);
  if (scale === 'divisor') return `÷${digits(1 / ratio)}`;
  return `${signed(ratio - 1)} %`;
}

/**
 * The ends of an interval, in the unit that {@link formatRatio} picks for its ratio. Signs are
 * shown if one end is negative: `29.8 to 33.0`, `−0.31 to +0.12`, `598 to 631`.
 */
export function formatInterval({ ratio, low, high, confidence }: Interval): string {
  if (low === 0 && high === null) return NO_BOUNDS;
  if (confidence === 1) return EXACT;
  const scale = scaleOf(ratio);
  const top = high ?? Number.POSITIVE_INFINITY;
  if (scale === 'factor') return `${digits(low)} to ${digits(top)}`;
  if (scale === 'divisor') return `${digits(1 / top)} to ${digits(1 / low)}`;
  if (low < 1) return `${signed(low - 1)} to ${signed(top - 1)}`;
  return `${percentDigits(low - 1)} to ${percentDigits(top - 1)}`;
}

/** Estimate and interval together: `+31.2 % (29.8 to 33.0)`. */
export const formatChange = (change: Interval): string =>
  `${formatRatio(change.ratio)} (${formatInterval(change)})`;

/**
 * A count with its noun: `1 metric`, `2 metrics`.
 *
 * @param many the plural, if it is not the noun with an s
 */
export const countOf = (count: number, noun: string, many = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : many}`;

function scaleOf(ratio: number): 'percent' | 'factor' | 'divisor' {
  if (ratio > FACTOR_FROM) return 'factor';
  return ratio < DIVISOR_BELOW ? 'divisor' : 'percent';
}

function signed(share: number): string {
  const text = percentDigits(Math.abs(share));
  if (Number(text) === 0) return text;
  return `${share < 0 ? MINUS : '+'}${text}`;
}

function percentDigits(share: number): string {
  const percent = 100 * share;
  if (percent === Number.POSITIVE_INFINITY) return '∞';
  if (percent < 9.995) return percent.toFixed(2);
  return percent.toFixed(percent < 99.95 ? 1 : 0);
}

function digits(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '∞';
  const rounded = Number(value.toPrecision(3));
  return rounded >= 100 ? rounded.toFixed(0) : rounded.toPrecision(3);
}

const trimZeros = (decimal: string): string =>
  decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
