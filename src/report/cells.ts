import type { MetricReport, SideReport } from '../record/report.js';
import {
  formatEstimate,
  formatInterval,
  formatNsDifference,
  formatRatio,
  formatShare,
} from '../text/units.js';
import { statusText } from './words.js';

/** A column of figures: the same words in the terminal, the comment and the summary. */
export interface Column {
  head: string;
  /** Figures stand on the right, words on the left. */
  align?: 'left';
  /** @returns the figure, or an empty text where the metric has none */
  cell: (metric: MetricReport) => string;
}

const sideCell = (side: SideReport): string =>
  side.status === 'ok' ? formatEstimate(side.unit, side.estimate) : statusText(side);

export const baseline: Column = { head: 'baseline', cell: (metric) => sideCell(metric.baseline) };

export const candidate: Column = {
  head: 'candidate',
  cell: (metric) => sideCell(metric.candidate),
};

/** The candidate where there is no baseline beside it. */
export const cost: Column = { ...candidate, head: 'cost' };

/**
 * The time that was added, for changes only: one cause adds about the same time to calls that cost
 * very different times, which no column of percentages shows.
 */
export const added: Column = {
  head: 'added',
  cell({ baseline: before, candidate: after, verdict }) {
    if (verdict !== 'regressed' && verdict !== 'improved') return '';
    if (before.status !== 'ok' || after.status !== 'ok') return '';
    return after.unit === 'ns' ? formatNsDifference(after.estimate - before.estimate) : '';
  },
};

export const change: Column = {
  head: 'change',
  cell: (metric) => (metric.change === null ? '' : formatRatio(metric.change.ratio)),
};

export const interval: Column = {
  head: 'interval',
  cell: (metric) => (metric.change === null ? '' : formatInterval(metric.change)),
};

export const floor: Column = {
  head: 'floor',
  cell: (metric) => (metric.floor === null ? '' : formatRatio(metric.floor.ratio)),
};

export const floorInterval: Column = {
  head: 'interval',
  cell: (metric) => (metric.floor === null ? '' : formatInterval(metric.floor)),
};

export const mde80: Column = {
  head: 'MDE80',
  cell: (metric) => (metric.mde80 === null ? '' : formatShare(metric.mde80)),
};
