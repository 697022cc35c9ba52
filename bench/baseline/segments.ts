import type { Run } from '#src/record/run.js';
import { type Alteration, NO_CHANGE, scaling } from './records.ts';
import type { Rule } from './rules.ts';

const METRICS = ['syscall.null', 'syscall.open_close', 'context.pipe_self', 'sendfile.tcp_4k'];
/** Where in the series of runs a scenario begins. */
const OFFSETS = [0, 8, 16] as const;
const STORED = 20;
const MERGED = 1.15;
const LATER = 10;
const FASTER = 0.85;
const FASTER_RUNS = 8;
const SLOWER_AGAIN = 1.12;

/** What a rule does after the level of a metric changed for good. */
export interface Segments {
  rule: string;
  of: string;
  /** A slowdown was merged: how many of the later runs are red in that metric, at most. */
  merged: { metric: string; offset: number; runs: number; red: number }[];
  /** A metric became faster for some runs, and then slower again: whether that was called. */
  slowerAgain: { metric: string; offset: number; caught: boolean }[];
}

export function segments(unchanged: readonly Run[], rule: Rule): Segments {
  const cases = METRICS.flatMap((metric) => OFFSETS.map((offset) => ({ metric, offset })));
  return {
    ...{ rule: rule.name, of: rule.of },
    merged: cases.flatMap((one) => merged(unchanged, rule, one)),
    slowerAgain: cases.flatMap((one) => slowerAgain(unchanged, rule, one)),
  };
}

interface Case {
  metric: string;
  offset: number;
}

function merged(unchanged: readonly Run[], rule: Rule, { metric, offset }: Case) {
  const begin = offset + STORED;
  const series = changed(unchanged, begin, scaling(metric, MERGED));
  const later = series.slice(begin, begin + LATER).map((_, index) => begin + index);
  if (later.length < LATER) return [];
  const red = later.filter((index) => isRed(series, index, rule, metric, STORED));
  return [{ metric, offset, runs: later.length, red: red.length }];
}

function slowerAgain(unchanged: readonly Run[], rule: Rule, { metric, offset }: Case) {
  const own = unchanged.slice(offset);
  const end = STORED + FASTER_RUNS;
  const last = end + rule.newRuns - 1;
  if (own.length <= last) return [];
  const faster = changed(own, STORED, scaling(metric, FASTER));
  const series = changed(faster, end, scaling(metric, SLOWER_AGAIN));
  return [{ metric, offset, caught: isRed(series, last, rule, metric, end) }];
}

const changed = (runs: readonly Run[], from: number, change: Alteration): Run[] =>
  runs.map((run, index) => (index < from ? NO_CHANGE : change)(run));

function isRed(series: readonly Run[], index: number, rule: Rule, metric: string, stored: number) {
  const first = index + 1 - rule.newRuns;
  const before = series.slice(0, first).slice(-stored);
  return rule.judge(before, series.slice(first, index + 1)).red.includes(metric);
}
