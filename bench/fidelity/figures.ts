import { mean, median, medianAbsoluteDeviation, sampleStandardDeviation } from 'simple-statistics';
import { SHOWN_CONFIDENCE } from '#src/stats/assumptions.js';
import { hodgesLehmann } from '#src/stats/hodges-lehmann.js';

/** Launches of both in the order of time: `ours[i]` ran right beside `theirs[i]`. */
export interface Series {
  ours: number[];
  theirs: number[];
}

/** Launches of one side. The spreads are shares of the figure: 0.01 is one percent. */
interface Side {
  launchesNs: number[];
  medianNs: number;
  /** Median absolute deviation over the median. */
  madShare: number;
  /** Standard deviation over the mean. */
  sdShare: number;
}

/** Ours and theirs. A number is null if too few launches leave it unbounded, or a spread is 0. */
export interface Comparison {
  ours: Side;
  theirs: Side;
  /** Ours over theirs, paired, with its interval. */
  ratio: { estimate: number; low: number | null; high: number | null };
  /** Their spread over ours: above 1, ours repeats better. */
  spreadRatio: { mad: number | null; sd: number | null };
}

export function compare(series: Series): Comparison {
  const ours = side(series.ours);
  const theirs = side(series.theirs);
  const logRatios = series.ours.map((ns, index) => Math.log(ns / (series.theirs[index] ?? ns)));
  const { estimate, low, high } = hodgesLehmann(logRatios, SHOWN_CONFIDENCE);
  return {
    ours,
    theirs,
    ratio: { estimate: Math.exp(estimate), low: bound(low), high: bound(high) },
    spreadRatio: {
      mad: over(theirs.madShare, ours.madShare),
      sd: over(theirs.sdShare, ours.sdShare),
    },
  };
}

const side = (launchesNs: readonly number[]): Side => ({
  launchesNs: launchesNs.map((ns) => Number(ns.toPrecision(6))),
  medianNs: median([...launchesNs]),
  madShare: medianAbsoluteDeviation([...launchesNs]) / median([...launchesNs]),
  sdShare: sampleStandardDeviation([...launchesNs]) / mean([...launchesNs]),
});

const bound = (logRatio: number): number | null =>
  Number.isFinite(logRatio) ? Math.exp(logRatio) : null;

const over = (theirs: number, ours: number): number | null => (ours > 0 ? theirs / ours : null);
