import { mean, median } from 'simple-statistics';

/** A level of fewer runs may be one odd run and its neighbour. */
const MIN_SEGMENT = 2;

/** A split counts from this many standard errors on: one in a million by chance alone. */
const MIN_ERRORS = 5;

/** The deviation of a series, as good as this many of its own differences. */
const PRIOR_DIFFERENCES = 4;

/** The median of |x| for a standard normal difference of two: √2 times 0.6745. */
const DIFFERENCE_TO_DEVIATION = 1 / (Math.SQRT2 * 0.6745);

/** Agreement by chance must not make a series exact. */
const MIN_DEVIATION = 0.002;

/**
 * Deviation of each series around a level that may change now and then: from the differences of
 * neighbours, of which a change touches only one. It is drawn towards the typical series.
 *
 * @param columns each oldest first, NaN where there is no value
 */
export function steadyDeviations(columns: readonly (readonly number[])[]): number[] {
  const own = columns.map((column) => {
    const values = column.filter(Number.isFinite);
    const steps = values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? 0)));
    return { count: steps.length, variance: steps.length > 0 ? squareOf(median(steps)) : 0 };
  });
  const known = own.filter(({ count }) => count > 0).map(({ variance }) => variance);
  const typical = known.length > 0 ? median(known) : 0;
  return own.map(({ count, variance }) =>
    Math.max(
      MIN_DEVIATION,
      Math.sqrt((PRIOR_DIFFERENCES * typical + count * variance) / (PRIOR_DIFFERENCES + count)),
    ),
  );
}

const squareOf = (step: number): number => (DIFFERENCE_TO_DEVIATION * step) ** 2;

/**
 * Where the level of a series changed, by binary segmentation (Scott and Knott 1974): the best split of
 * the series, if it is large enough, and the best splits of both parts.
 *
 * @param series oldest first, without gaps
 * @param deviation of its noise
 * @param margin smaller changes of the level do not count
 * @returns the first index of every segment, in order; the first is 0
 */
export function segmentStarts(
  series: readonly number[],
  deviation: number,
  margin: number,
): number[] {
  let best = { errors: MIN_ERRORS, at: 0 };
  for (let at = MIN_SEGMENT; at <= series.length - MIN_SEGMENT; at += 1) {
    const [before, after] = [series.slice(0, at), series.slice(at)];
    // The mean says best where a level begins; the median, whether it is one run only.
    const step = mean(after) - mean(before);
    const usual = median(after) - median(before);
    const error = deviation * Math.sqrt(1 / at + 1 / (series.length - at));
    const errors = Math.abs(step) / error;
    const isLarge = Math.min(Math.abs(step), Math.abs(usual)) >= margin && errors >= best.errors;
    if (isLarge && agrees(before, step) && agrees(after, step)) best = { errors, at };
  }
  if (best.at === 0) return [0];
  const { at } = best;
  return [
    ...segmentStarts(series.slice(0, at), deviation, margin),
    ...segmentStarts(series.slice(at), deviation, margin).map((start) => start + at),
  ];
}

/** A few values must all be nearer to their own middle than to the other side's, or one is odd. */
const agrees = (values: readonly number[], step: number): boolean =>
  values.length > FEW ||
  values.every((value) => Math.abs(value - median([...values])) < Math.abs(step) / 2);

const FEW = 4;
