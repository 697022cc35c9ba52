// Makes docs/detection.md from a result of bench:detection.
import { formatShare } from '../lib/text/units.js';
import { table } from './markdown-table.mjs';

/** One line for README. */
export const detectionFigure = ({ falseAlarms }) =>
  `${falseAlarms.red} of ${falseAlarms.gates} timed gates in which nothing had changed were red, with a margin of 1 %; the true rate is at most ${formatShare(falseAlarms.upperBound)}, with 95 % confidence (\`npm run bench:detection\`, [results](docs/detection.md)).`;

/** Red gates without a change, for this tool's rule and for other rules. */
function detectionSummary(result) {
  const { rules } = result;
  const head = ['rule', 'as used by', 'gates red for nothing', '+2 % caught', '+5 % caught'];
  const rows = rules.rules.map(({ name, of, falseAlarms, caught }) => [
    ...[name, of, share(falseAlarms), formatShare(caught.two), formatShare(caught.five)],
  ]);
  return [
    caption(result),
    '',
    `The table has gates of ${rules.budget} s (${rules.condition}). Every rule judged the same samples. Caught is the share of hypothetical changes in one system call or sendfile metric that the rule called slower.`,
    '',
    'These gates ran with a margin of 1 %. The default is 2 %, and a change is called only if it is shown to be larger than the margin. So read +2 % as "the margin and 1 % more", which is about +3 % with the default, and +5 % as about +6 %.',
    '',
    table(head, rows),
  ].join('\n');
}

/** Each goal, and what was found. */
const goalList = ({ goals }) =>
  goals
    .map(({ goal, reached, found }) => `- ${goal}: ${reached ? '' : '**not** '}reached; ${found}`)
    .join('\n');

export function detectionPage(result) {
  return `# How often the gate is wrong

Generated from the latest result in bench/results by \`npm run docs\`. \`npm run bench:detection -- collect\` measures gates for as long as it is told. \`npm run bench:detection -- judge\` makes a result of them.

${detectionSummary(result)}

## How to read these tables

- A gate is everything that the program measures in its time budget.
- Most gates confirmed only what their screen had flagged, as every real gate does. All of them count towards the false alarms.
- Some gates confirmed every metric, so that each metric can be asked whether it would have been caught. Each metric then gets fewer pairs than in a real gate, so the shares caught are a lower bound.
- No constant of the statistics was chosen by what these gates caught. Some unchanged gates had been looked at for their false alarms before.
- Every share names the number of gates behind it. A handful of gates proves little.
- *Beside builds and tests* and *busy neighbour* say what else ran on the machine. *Before rounds were mixed* marks gates from an older order of measuring.

## Goals

${goalList(result)}

## Injected changes

The candidate ran under seccomp filters whose verdict the kernel cannot cache. They make every system call slower.

${injectedTable(result)}

${result.budgets.map((budget) => budgetSection(budget, result.changes)).join('\n\n')}

${shardSection(result)}`;
}

function caption({ machine, startedAt, falseAlarms }) {
  const { cpuModel, cpuCount, kernelRelease, hypervisor } = machine;
  const below = hypervisor ? `, under ${hypervisor}` : '';
  return `${startedAt.slice(0, 10)}, ${cpuModel} with ${cpuCount} CPUs${below}, Linux ${kernelRelease}. Over all budgets and conditions, ${share(falseAlarms)} of the gates in which nothing had changed were red.`;
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

${share(falseAlarms)} red, ${improvements} improved. ${leftOutText(leftOut)}${powerText(thoroughGates)}From gate to gate, the median of a side varied by ${betweenRuns.map(({ family, deviation }) => `${formatShare(deviation)} (${family})`).join(', ')}.

${rows.length > 0 ? table(head, rows) : ''}`;
}

const leftOutText = (gates) =>
  gates > 0
    ? `Left out: ${gates} collected under a stricter screen that did not confirm what today's screen flags. `
    : '';

const powerText = (gates) =>
  gates === 0
    ? ''
    : `Of the ${gates} gates that confirmed every metric, the columns +0.5 % and up show the share that called a slowdown of that size in this metric alone. `;

function shardSection({ shards }) {
  const rows = shards.map(({ fleet, machines, falseAlarms, caught }) => [
    ...[fleet, String(machines), share(falseAlarms), ...caught.map(formatShare)],
  ]);
  const head = ['fleet', 'machines', 'red for nothing', 'margin + 1 %', '+ 2 %', '+ 5 %'];
  return `## Shards, on simulated fleets

One machine cannot show what a fleet of runners is like, so shards were simulated. Each machine makes a paired comparison, and one verdict covers all of them. The margin is 2 %.

${table(head, rows)}
`;
}
