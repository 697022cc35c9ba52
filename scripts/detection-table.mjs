// How often the gate is wrong and what it misses, from a result of bench:detection, as Markdown.
import { formatShare } from '../lib/text/units.js';
import { table } from './markdown-table.mjs';

/** How many gates were red for nothing, beside other rules. */
export function detectionSummary(result) {
  const { rules } = result;
  const head = ['rule', 'as used by', 'gates red for nothing', '+2 % caught', '+5 % caught'];
  const rows = rules.rules.map(({ name, of, falseAlarms, caught }) => [
    ...[name, of, share(falseAlarms), formatShare(caught.two), formatShare(caught.five)],
  ]);
  return [
    caption(result),
    '',
    `Gates of ${rules.budget} s (${rules.condition}), the same samples judged by each rule; caught: of changes in one system call or sendfile metric, the share called slower.`,
    '',
    table(head, rows),
  ].join('\n');
}

/** What was to be reached, and what was found. */
const goalList = ({ goals }) =>
  goals
    .map(({ goal, reached, found }) => `- ${goal}: ${reached ? '' : '**not** '}reached; ${found}`)
    .join('\n');

export function detectionPage(result) {
  return `# How often the gate is wrong

Generated from the latest result in bench/results by \`npm run docs\`; \`npm run bench:detection -- collect\` measures gates for as long as it is told, \`npm run bench:detection -- judge\` makes a result of them.

${detectionSummary(result)}

A gate is what the program measures in its time budget. Most confirm what their screen flagged, as any gate does: all of them count towards the false alarms. Some confirm every metric, so that each can be asked whether it would have been caught; that leaves each fewer pairs than a gate has that confirms a metric or two, so what they catch is a lower bound. No constant was chosen by what gates that tell of power caught; some that did not change were looked at for their alarms before. How many there are is said with every share: a handful decides little.

## What was to be reached

${goalList(result)}

## Changes that were really there

Seccomp filters whose verdict the kernel cannot cache make every system call dearer.

${injectedTable(result)}

${result.budgets.map((budget) => budgetSection(budget, result.changes)).join('\n\n')}

## Stored baselines, on drawn fleets

What a fleet of runners is like cannot be measured on one machine: runs are drawn, with a part that belongs to the machine, a part that belongs to the run, and a drift, and are judged by the program's own test. The margin is 3 %.

${fleetTable(result)}
${shardSection(result)}`;
}

function caption({ machine, startedAt, falseAlarms }) {
  const { cpuModel, cpuCount, kernelRelease, hypervisor } = machine;
  const below = hypervisor ? `, under ${hypervisor}` : '';
  return `${startedAt.slice(0, 10)}, ${cpuModel} with ${cpuCount} CPUs${below}, Linux ${kernelRelease}. Of all gates in which nothing changed, of any budget and beside whatever ran: ${share(falseAlarms)} red.`;
}

const share = ({ gates, red, upperBound }) =>
  `${red} of ${gates} (at most ${formatShare(upperBound)})`;

function injectedTable({ injected }) {
  const rows = injected.map(({ condition, budget, gates, caught, metricsCaught, nullCall }) => [
    ...[condition, `${budget} s`, `+${formatShare(nullCall)}`],
    ...[`${caught} of ${gates}`, formatShare(metricsCaught)],
  ]);
  return table(
    ['injected', 'budget', 'null call', 'gates red', 'system calls called slower'],
    rows,
  );
}

function budgetSection(summary, changes) {
  const { condition, budget, falseAlarms, improvements, leftOut } = summary;
  const { thoroughGates, metrics, betweenRuns } = summary;
  const head = [
    ...['metric', 'pairs', 'deviation of a pair'],
    ...changes.map((change) => `+${formatShare(change)}`),
    ...['MDE80 printed', 'observed'],
  ];
  const rows = metrics.map(({ id, pairs, deviation, caught, mde80 }) => [
    ...[`\`${id}\``, String(pairs), formatShare(deviation), ...caught.map(formatShare)],
    ...[mde80.printed === null ? '' : formatShare(mde80.printed), formatShare(mde80.observed)],
  ]);
  return `## ${condition}, ${budget} s

${share(falseAlarms)} red, ${improvements} improved. ${leftOutText(leftOut)}${powerText(thoroughGates)}From gate to gate a side's median varies by ${betweenRuns.map(({ family, deviation }) => `${formatShare(deviation)} (${family})`).join(', ')}.

${rows.length > 0 ? table(head, rows) : ''}`;
}

const leftOutText = (gates) =>
  gates > 0
    ? `Left out: ${gates} that were collected under a stricter screen, and did not confirm what this one flags. `
    : '';

const powerText = (gates) =>
  gates === 0
    ? ''
    : `The columns of changes hold the share of the ${gates} gates that confirmed every metric that called such a slowdown of this metric alone. `;

function fleetTable({ fleets }) {
  const rows = fleets.map(({ fleet, stored, falseAlarms, caught }) => [
    ...[fleet, String(stored), share(falseAlarms), ...caught.map(formatShare)],
  ]);
  const head = ['fleet', 'stored runs', 'red for nothing', 'margin + 2 %', '+ 5 %', '+ 10 %'];
  return table(head, rows);
}

function shardSection({ shards }) {
  const rows = shards.map(({ fleet, machines, falseAlarms, caught }) => [
    ...[fleet, String(machines), share(falseAlarms), ...caught.map(formatShare)],
  ]);
  const head = ['fleet', 'machines', 'red for nothing', 'margin + 1 %', '+ 2 %', '+ 5 %'];
  return `
## Shards, on drawn fleets

A duet on each machine, one verdict over all of them. The margin is 2 %.

${table(head, rows)}
`;
}
