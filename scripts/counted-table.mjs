// Makes docs/counted.md from a result of bench:counted.
import {
  formatInstructions,
  formatInstructionsDifference,
  formatShare,
} from '../lib/text/units.js';
import { table } from './markdown-table.mjs';

/** One line for README. */
export const countedFigure = ({ same }) =>
  `A kernel counted against its own copy: ${same.gates - same.notUnchanged} of ${same.gates} gates \`unchanged\`, ${same.beyondResolution} differences beyond the resolution in ${same.metrics} metrics. A gate takes ${same.secondsPerGate} s (\`npm run bench:counted\`, [results](docs/counted.md)).`;

function countedSummary(result) {
  const { resolution, same, unrelated, changes } = result;
  return [
    caption(result),
    [
      `- **One kernel, ${resolution.boots} boots with ${resolution.seeds} seeds** (${resolution.secondsPerBoot} s each): boots with one seed agree on all ${resolution.metrics.length} metrics to a thousandth of an instruction. With any seed, ${within(resolution.metrics, 0)} metrics still agree, ${within(resolution.metrics, 0.001)} agree within 0.1 %, and all within ${formatShare(worst(resolution.metrics).share)} (\`${worst(resolution.metrics).id}\`).`,
      `- **A kernel against its copy in another folder**, ${same.gates} gates of four boots and ${same.metrics} metrics: ${same.gates - same.notUnchanged} \`unchanged\`, ${same.beyondResolution} differences beyond the resolution. A gate takes ${same.secondsPerGate} s.`,
      `- **A kernel with ${unrelated.commandLines.length} command lines that no metric depends on**, all ${unrelated.pairs} pairs: ${unrelated.redPairs} red, ${unrelated.beyondResolution} of ${unrelated.comparisons} differences beyond the resolution. These stand for kernels that changed in unrelated places.`,
      ...changes.map(changeItem),
    ].join('\n'),
  ].join('\n\n');
}

export function countedPage(result) {
  const { unrelated, same } = result;
  return `# How exact counts are

Generated from the latest result in bench/results by \`npm run docs\`. \`npm run bench:counted -- /boot/vmlinuz-…\` makes a new one. [Counted kernels](counting.md) explains the method.

${countedSummary(result)}

## Where a count varies

- **instructions**: of one operation.
- **any seed**: how far boots of one kernel lie apart, with any seed.
- **unrelated words**: how far kernels lie apart at most when they differ in a word of the command line that no metric depends on.
- **resolution**: the smallest resolution of a gate for this metric. The resolutions were set after such a run, to about twice what it found. For other seeds and other words they are a guess.

Metrics without any difference are left out.

${varyingTable(result)}

### What varies, and what the gate does about it

| what varies | what it affects | what the gate does |
| --- | --- | --- |
| where programs lie in memory | pages that a new program faults in, the shape of its tree of mappings | \`norandmaps\`: programs lie where they are linked to |
| length of the probe's arguments and environment | whether a fork copies one more page of stack | the probe's stack begins with a page; its environment is empty |
| keys of hashes, addresses that are hashed | which names share a bucket: three instructions for each neighbour | \`dhash_entries\` makes the table for names large; the resolution covers the rest |
| which objects of a slab are free, in which order | refills, ways of freeing | the batch with the fewest instructions of each process; the middle one of five processes |
| when the timer ticks | work after the tick: RCU, timers of TCP | the same; a batch is a hundredth of a tick, unless one operation is longer |
| order of the metrics | pages and caches that other metrics leave behind | the same order in all boots |

A count therefore does not cover the kernel's code that places programs at random. It also does not cover what happens once in hundreds of operations, such as the refill of a slab or the flush of a per-CPU counter.

The words that the gate adds to the kernel's command line stand before yours, so yours win. They are the same on both sides.

## The unrelated words

${unrelated.commandLines.map((line) => `- ${line === '' ? 'none' : `\`${abridge(line)}\``}`).join('\n')}

## Where the time goes

The kernel against its copy, the last gate:

${table(
  ['phase', 'seconds'],
  same.phases.map(({ title, seconds }) => [title, String(seconds)]),
)}

## Changes, counted and timed

The same change, once counted and once timed in the same emulation.

${changes(result)}`;
}

function caption({ startedAt, machine, resolution, loadAverage }) {
  const { kernel, qemu } = resolution.facts;
  const { cpuModel, cpuCount } = machine;
  return `${startedAt.slice(0, 10)}, Linux ${kernel.split(' ', 1)[0]} in QEMU ${qemu}, on ${cpuModel} with ${cpuCount} CPUs and a load of ${loadAverage.join(', ')} from other work.`;
}

const counted = (metrics) => metrics.filter((metric) => metric.share !== undefined);
const within = (metrics, share) =>
  counted(metrics).filter((metric) => metric.share <= share).length;
const worst = (metrics) =>
  counted(metrics).reduce((one, other) => (other.share > one.share ? other : one));

const abridge = (line) => (line.length > 60 ? `${line.slice(0, 60)}…` : line);

function varyingTable({ resolution, unrelated }) {
  const rows = counted(resolution.metrics)
    .map((metric) => ({
      ...metric,
      unrelated: unrelated.metrics.find(({ id }) => id === metric.id)?.share ?? 0,
      unrelatedResolution: unrelated.metrics.find(({ id }) => id === metric.id)?.resolution ?? 0,
    }))
    .filter(({ share, unrelated: other }) => share > 0 || other > 0)
    .sort(
      (one, other) => Math.max(other.share, other.unrelated) - Math.max(one.share, one.unrelated),
    )
    .map(({ id, count, share, unrelated: other, unrelatedResolution }) => [
      ...[
        `\`${id}\``,
        formatInstructions(count),
        formatShare(share),
        formatShare(other),
        formatShare(unrelatedResolution),
      ],
    ]);
  return table(['metric', 'instructions', 'any seed', 'unrelated words', 'resolution'], rows);
}

const changeName = ({ baseline, candidate }) =>
  `\`${baseline || 'nothing'}\` → \`${candidate || 'nothing'}\``;

const smallest = ({ counted: { metrics } }) =>
  metrics
    .filter(({ difference, resolution }) => Math.abs(difference ?? 0) > (resolution ?? 0))
    .reduce(
      (one, other) => (one && Math.abs(one.difference) <= Math.abs(other.difference) ? one : other),
      undefined,
    );

function changeItem(change) {
  const smallestFound = smallest(change);
  const found = change.counted.metrics.filter(
    ({ difference, resolution }) => Math.abs(difference ?? 0) > (resolution ?? 0),
  ).length;
  const called = change.timed?.metrics.filter(({ verdict }) =>
    ['regressed', 'improved'].includes(verdict),
  ).length;
  const timed =
    change.timed === undefined
      ? ''
      : ` Timing in the same emulation for ${change.timed.seconds} s called ${called} metrics changed.`;
  return `- **${changeName(change)}**: counting took ${change.counted.seconds} s and found it in ${found} of ${change.counted.metrics.length} metrics${smallestFound ? `, the smallest by ${formatInstructionsDifference(smallestFound.difference)} instructions (\`${smallestFound.id}\`)` : ''}.${timed}`;
}

function changes({ changes: all }) {
  return all
    .map((change) => {
      const rows = change.counted.metrics.map(({ id, difference, verdict, calls }) => {
        const time = change.timed?.metrics.find((one) => one.id === id);
        const ratio = time?.change?.ratio;
        return [
          ...[`\`${id}\``, difference === null ? '' : formatInstructionsDifference(difference)],
          ...[verdict, calls.slice(0, 3).join(', ')],
          ratio === undefined ? '' : `×${ratio.toPrecision(4)} (${time.verdict})`,
        ];
      });
      const head = ['metric', 'instructions more', 'counted', 'functions', 'timed'];
      return `### ${changeName(change)}\n\n${table(head, rows)}\n`;
    })
    .join('\n');
}
