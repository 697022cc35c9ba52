import type { MachineReport, MetricReport, Report } from '../record/report.js';
import { countOf, formatChange } from '../text/units.js';
import type { Fact } from './fact.js';
import { machineText } from './words.js';

/** The machines of a comparison of shards, numbered as every rendering names them. */

/** Each machine in one line; its label is a fact's. */
export const machineList = ({ machines, subject }: Report): Fact[] =>
  machines.map(({ platform, pairs }, index) => [
    `machine ${index + 1}`,
    `${machineText({ platform, subject })}; up to ${countOf(pairs, 'pair')} of launches`,
  ]);

/** A small table in plain text. */
export interface MachineGrid {
  title: string;
  head: string[];
  rows: string[][];
}

/** More columns are nobody's to read: the others are in the report's JSON. */
const MOST_COLUMNS = 12;

/**
 * The change on each machine by its own pairs, of the metrics that changed over all of them, of
 * those that moved beyond the margin on one, and of those about which they disagree.
 */
export function machineGrid({
  machines: all,
  metrics,
  disagreements,
}: Report): MachineGrid | undefined {
  const machines = all.slice(0, MOST_COLUMNS);
  const shown = metrics.filter(
    (metric) => isChanged(metric) || disagreements.includes(metric.id) || all.some(moved(metric)),
  );
  if (machines.length < 2 || shown.length === 0) return undefined;
  return {
    title: `On each machine by itself${all.length > machines.length ? ` (the first ${machines.length} of ${all.length})` : ''}`,
    head: ['metric', ...machines.map((_, index) => `machine ${index + 1}`)],
    rows: shown.map(({ id }) => [
      id,
      ...machines.map((machine) => {
        const change = changeOf(machine, id);
        return change === undefined ? '' : formatChange(change);
      }),
    ]),
  };
}

const isChanged = ({ verdict, change }: MetricReport): boolean =>
  (verdict === 'regressed' || verdict === 'improved') && change !== null && change.confidence < 1;

/** Whether the whole interval of a machine lies beyond the margin. */
const moved =
  ({ id, margin }: MetricReport) =>
  (machine: MachineReport): boolean => {
    const change = changeOf(machine, id);
    if (change === undefined) return false;
    const { low, high } = change;
    return low > 1 + margin || (high !== null && high < 1 / (1 + margin));
  };

const changeOf = ({ changes }: MachineReport, id: string) =>
  changes.find((change) => change.id === id);
