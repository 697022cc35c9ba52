import type { NotMeasuredReport } from '../record/finding.js';
import type { Report, TailsReport } from '../record/report.js';
import type { Run } from '../record/run.js';
import { formatNs } from '../text/units.js';
import { type Block, facts, grid } from './blocks.js';
import { reasonText } from './notes.js';

/** Quantiles of single operations of the candidate, as plain data. */
export function tailsReport({ tails }: Run): Report['tails'] {
  if (tails === undefined) return null;
  const { timer, counters, metrics } = tails;
  return {
    timer:
      timer.status === 'ok'
        ? `${timer.name}, which counts in steps of ${formatNs(timer.stepNs)}; every time includes one reading of ${formatNs(timer.costNs)}`
        : obstacleText(timer),
    counters: counters.status === 'ok' ? 'ok' : obstacleText(counters),
    metrics,
  };
}

const obstacleText = (side: NotMeasuredReport): string => `${side.status}: ${reasonText(side)}`;

/** The tails as blocks. No verdict rests on them. */
export function tailsBlocks({ timer, counters, metrics }: TailsReport): Block[] {
  const time = (ns: number | undefined): string => (ns === undefined ? '' : formatNs(ns));
  const rows = metrics.map(({ id, p50Ns, p99Ns, p999Ns, maxNs, samples }) => [
    ...[id, time(p50Ns), time(p99Ns), time(p999Ns), time(maxNs), `${samples}`],
  ]);
  const heads = ['metric', 'p50', 'p99', 'p99.9', 'worst', 'samples'];
  const table = rows.length === 0 ? [] : [{ ...grid('', heads, rows), names: 'metrics' as const }];
  return [
    ...facts('Tails: single operations, not judged', [
      ['timer', timer],
      ['hardware counters', counters],
    ]),
    ...table,
  ];
}
