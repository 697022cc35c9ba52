import Table from 'cli-table3';
import { countOf, formatShare } from '#src/text/units.js';
import type { Detection } from './result.ts';
import type { BudgetSummary, FalseAlarms } from './summary.ts';

/** The result for a terminal. */
export const render = (detection: Detection): string =>
  [
    `False alarms: ${alarmsText(detection.falseAlarms)}, over all gates in which nothing changed.`,
    ...detection.budgets.map((budget) => budgetText(budget, detection.changes)),
    injectedTable(detection),
    rulesTable(detection),
    shardTable(detection),
    ...detection.goals.map(
      ({ goal, reached, found }) => `${reached ? 'reached' : 'NOT reached'}: ${goal}; ${found}`,
    ),
    '',
  ].join('\n');

const alarmsText = ({ gates, red, share, upperBound }: FalseAlarms): string =>
  `${red} of ${gates} red (${formatShare(share)}, at most ${formatShare(upperBound)} with 95 % confidence)`;

function budgetText(
  { condition, budget, falseAlarms, improvements, thoroughGates, metrics }: BudgetSummary,
  changes: readonly number[],
): string {
  const rows = metrics.map(({ id, pairs, deviation, caught, mde80 }) => [
    id,
    String(pairs),
    formatShare(deviation),
    ...caught.map(formatShare),
    mde80.printed === null ? 'none' : formatShare(mde80.printed),
    formatShare(mde80.observed),
  ]);
  const head = [
    ...['metric', 'pairs', 'deviation'],
    ...changes.map((change) => `+${formatShare(change)}`),
    ...['MDE80 printed', 'observed'],
  ];
  return `\n${condition}, ${budget} s: ${alarmsText(falseAlarms)}, ${improvements} improved; power from ${countOf(thoroughGates, 'gate')}\n${rows.length > 0 ? table(head, rows) : ''}`;
}

const injectedTable = ({ injected }: Detection): string =>
  table(
    ['injected', 'budget', 'null call', 'gates caught', 'system calls caught'],
    injected.map(({ condition, budget, gates, caught, metricsCaught, nullCall }) => [
      ...[condition, `${budget} s`, `+${formatShare(nullCall)}`],
      ...[`${caught} of ${gates}`, formatShare(metricsCaught)],
    ]),
  );

const rulesTable = ({ rules: { condition, budget, rules } }: Detection): string =>
  `\nThe same gates by other rules (${condition}, ${budget} s)\n${table(
    ['rule', 'of', 'gates with a false alarm', 'metrics', '+2 % caught', '+5 % caught'],
    rules.map(({ name, of, falseAlarms, metricAlarms, caught }) => [
      ...[name, of, alarmsText(falseAlarms), formatShare(metricAlarms)],
      ...[formatShare(caught.two), formatShare(caught.five)],
    ]),
  )}`;

const shardTable = ({ shards }: Detection): string =>
  `\nShards, simulated fleets\n${table(
    ['fleet', 'machines', 'false alarms', 'margin + 1 %', '+ 2 %', '+ 5 %'],
    shards.map(({ fleet, machines, falseAlarms, caught }) => [
      ...[fleet, String(machines), alarmsText(falseAlarms)],
      ...caught.map(formatShare),
    ]),
  )}`;

function table(head: string[], rows: string[][]): string {
  const drawn = new Table({ head, style: { head: [], border: [], compact: true } });
  drawn.push(...rows);
  return drawn.toString();
}
