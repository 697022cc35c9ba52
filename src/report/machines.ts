import { isMeasuredReport, type MeasuredReport } from '../record/finding.js';
import type { MachineReport, Report } from '../record/report.js';
import { countOf, formatChange } from '../text/units.js';
import { type Fact, grid, type Table } from './blocks.js';
import { machineText } from './machine-words.js';

/** The machines of a comparison of shards. Every layout uses the same numbers. */

/** Each machine as a fact: one line. */
export const machineList = ({ machines, subject }: Report): Fact[] =>
  machines.map(({ platform, pairs }, index) => [
    `machine ${index + 1}`,
    `${machineText({ platform, subject })}; up to ${countOf(pairs, 'pair')} of launches`,
  ]);

/** More columns are nobody's to read: the others are in the report's JSON. */
const MAX_MACHINES = 12;

/**
 * The change on each machine by its own pairs. Shows the metrics that changed over all machines, that
 * moved beyond the margin on one machine, or that the machines disagree about.
 */
export function machineTables({ machines: all, findings, disagreements }: Report): Table[] {
  const machines = all.slice(0, MAX_MACHINES);
  const shown = findings
    .filter(isMeasuredReport)
    .filter(
      (finding) =>
        isChanged(finding) || disagreements.includes(finding.id) || all.some(moved(finding)),
    );
  if (machines.length < 2 || shown.length === 0) return [];
  const some =
    all.length > machines.length ? ` (the first ${machines.length} of ${all.length})` : '';
  const heads = ['metric', ...machines.map((_, index) => `machine ${index + 1}`)];
  const rows = shown.map(({ id }) => [
    id,
    ...machines.map((machine) => {
      const change = changeOf(machine, id);
      return change === undefined ? '' : formatChange(change);
    }),
  ]);
  return [{ ...grid(`On each machine by itself${some}`, heads, rows), names: 'metrics' }];
}

const isChanged = ({ verdict, change }: MeasuredReport): boolean =>
  (verdict === 'regressed' || verdict === 'improved') && change !== null && change.confidence < 1;

/** Whether the machine's whole interval lies beyond the margin. */
const moved =
  ({ id, margin }: MeasuredReport) =>
  (machine: MachineReport): boolean => {
    const change = changeOf(machine, id);
    if (change === undefined) return false;
    const { low, high } = change;
    return low > 1 + margin || (high !== null && high < 1 / (1 + margin));
  };

const changeOf = ({ changes }: MachineReport, id: string) =>
  changes.find((change) => change.id === id);
