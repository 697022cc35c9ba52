// Makes docs/baseline.md from a result of bench:baseline.
import { formatShare } from '../lib/text/units.js';
import { table } from './markdown-table.mjs';

export const baselinePage = ({ every, series }) => `# How well stored runs judge

Generated from the latest result in bench/results by \`npm run docs\`. \`npm run bench:baseline -- --collect 120 --records FOLDER\` measures gates for two hours and stores their records. \`npm run bench:baseline -- --records FOLDER\` makes a result of them.

A gate without a baseline to measure beside it is judged by the stored runs of earlier jobs. This page shows how often such a verdict is wrong, and what other tools' rules say about the same runs.

## What was measured

${series.map(measuredText).join('\n')}

Every run was judged against the newest 3, 6, 10 and 20 unchanged runs before it, as if each run were a job. All rules judged the same records. This tool's rule ran with its defaults. The other rules got the median time of each gated metric, in ns, and a run is red if any metric is.

## Limits

- All runs come from ${countOf(new Set(series.map(({ machine }) => machine.cpuModel)).size, 'CPU model')}, and each series from one machine within hours. A fleet, or weeks, may differ more.
- Some constants of this tool's rule were chosen with a part of these records in view. So its figures may be better here than elsewhere. The other rules have no constants that were chosen here.
- Consecutive runs are alike, so they prove less than as many independent runs. The bounds do not know that.
- The other rules are what their documents say, on this tool's records. The tools themselves did not run.
- Single changes were tried in 6 metrics of ${every === 1 ? 'every unchanged run' : `one unchanged run in ${every}`}. If a change of a metric was caught, larger ones count as caught too.

${series.map((one, index) => seriesSection(one, index)).join('\n\n')}

## How to read these tables

- **stored**: how many stored runs each run was judged against.
- **unchanged red**: false alarms. *At most* is the upper end of the true rate, with 95 % confidence (Clopper-Pearson).
- **no verdict**: runs that the rule leaves open, because the machine was in a state that the stored runs do not have. They count as not red, and such a run cannot catch much.
- **slowed caught**: gates with 1 to 4 seccomp filters in front of every system call. Caught means that at least 5 metrics are red.
- **8 % a call**: unchanged runs, with 8 % of the null call's time added to every kernel entry. Caught means the same.
- **+3 %** to **+20 %**: one metric made slower by so much, in an unchanged run. Caught means that this metric is red.
- **like Otava** judges the last five runs together, so the change had to be in all five.
- A rule that is red for many unchanged runs also catches much. Read both columns together.
- **MDE80**: the smallest change that a run would have called four times in five. *Printed* is the median over metrics and runs. *Observed* is the smallest change of those tried that was caught in four of five cases: of the metrics that it is printed for, and of all.
`;

/** One line for the README: this tool's rule beside the peers' range, at ten stored runs. */
export function baselineFigure({ series }) {
  const figures = series.flatMap((one) => one.figures).filter(({ stored }) => stored === STORED);
  const sum = (parts) =>
    parts.reduce(
      (all, { runs, red = 0, caught = 0 }) => ({
        ...{ runs: all.runs + runs, red: all.red + red, caught: all.caught + caught },
      }),
      { runs: 0, red: 0, caught: 0 },
    );
  const total = (rule, of, what) =>
    sum(figures.filter((one) => one.of === of && one.rule === rule).map((one) => one[what]));
  const rules = new Map(figures.map(({ rule, of }) => [`${of} ${rule}`, { rule, of }]));
  const both = [...rules.values()].map(({ rule, of }) => ({
    ...{ of, unchanged: total(rule, of, 'unchanged'), slowed: total(rule, of, 'slowed') },
  }));
  const own = both.find(({ of }) => of === 'syscall-gate');
  const sensitive = both.filter(
    ({ of, slowed }) => of !== 'syscall-gate' && slowed.caught >= 0.8 * slowed.runs,
  );
  const shares = sensitive.map(({ unchanged }) => unchanged.red / unchanged.runs);
  return `Against ten stored runs on two machines with neighbours, ${own.unchanged.red} of ${own.unchanged.runs} unchanged runs were red, and ${own.slowed.caught} of ${own.slowed.runs} with slower system calls were caught. Rules of other tools that catch as many are red for ${formatShare(Math.min(...shares))} to ${formatShare(Math.max(...shares))} of the unchanged runs (\`npm run bench:baseline\`, [results](docs/baseline.md)).`;
}

const STORED = 10;

const countOf = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function measuredText({ machine, from, to, unchanged, slowed }, index) {
  const { cpuModel, cpuCount, hypervisor, kernelRelease } = machine;
  const below = hypervisor ? `, under ${hypervisor.trim()}` : '';
  return `- Series ${index + 1}: ${unchanged} unchanged and ${slowed} slowed runs of 15 s, ${minute(from)} to ${minute(to)} UTC, on ${cpuModel.trim()} with ${cpuCount} CPUs${below}, Linux ${kernelRelease}.`;
}

const minute = (time) => time.slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ');

function seriesSection({ figures, segments }, index) {
  return `## Series ${index + 1}

${ruleTable(figures)}

### Smallest change caught in series ${index + 1}

Only this tool prints one, and only for metrics that it could call changed in that run: after a busy neighbour, too few launches may be left of a metric. *For* says of how many cases that were tried. Where the observed one is larger, the printed one is too optimistic.

${mdeTable(figures)}

### After the level of a metric changed, in series ${index + 1}

One metric became 15 % slower for good, and the next ten runs were judged against the newest 20. One or two red runs are right: the change is new. Ten red runs mean that a merged change is reported forever. In the other scenario a metric became 15 % faster for 8 runs, and then 12 % slower. Its time is then still below that of most stored runs.

${segmentTable(segments)}`;
}

const ratio = ({ caught, runs }) => (runs === 0 ? '' : `${caught} of ${runs}`);

function ruleTable(figures) {
  const changes = figures[0].single.map(({ change }) => `+${formatShare(change)}`);
  const head = [
    ...['rule', 'stored', 'unchanged red', 'no verdict'],
    ...['slowed caught', '8 % a call caught', ...changes],
  ];
  const rows = figures
    .filter(({ unchanged }) => unchanged.runs > 0)
    .map(({ rule, of, stored, unchanged, slowed, added, single }) => [
      ...[of === 'syscall-gate' ? `**${of}**` : `${of}: ${rule}`, String(stored)],
      `${unchanged.red} of ${unchanged.runs} (at most ${formatShare(unchanged.upperBound)})`,
      String(unchanged.withoutVerdict),
      ...[slowed, added, ...single].map(ratio),
    ]);
  return table(head, rows);
}

/** The smallest change that was caught four times in five. */
function observed(single) {
  const first = single.find(({ caught, runs }) => runs > 0 && caught >= 0.8 * runs);
  return first ? formatShare(first.change) : `more than ${formatShare(single.at(-1).change)}`;
}

function mdeTable(figures) {
  const rows = figures
    .filter(({ mde80 }) => mde80 !== null)
    .map(({ stored, mde80, single, promised }) => [
      ...[String(stored), formatShare(mde80)],
      ...[`${promised[0].runs} of ${single[0].runs}`, observed(promised), observed(single)],
    ]);
  return table(['stored', 'MDE80 printed', 'for', 'observed in these', 'observed in all'], rows);
}

function segmentTable(segments) {
  const rows = segments.map(({ rule, of, merged, slowerAgain }) => [
    of === 'syscall-gate' ? `**${of}**` : `${of}: ${rule}`,
    ...[middle(merged.map(({ red }) => red)), `${slowerAgain.filter((one) => one.caught).length}`],
    String(slowerAgain.length),
  ]);
  const head = ['rule', 'red of the ten runs: median (range)', 'slower again: caught', 'of'];
  return table(head, rows);
}

function middle(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0
    ? ''
    : `${sorted[sorted.length >> 1]} (${sorted[0]} to ${sorted.at(-1)})`;
}
