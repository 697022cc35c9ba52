// How exact counts of a kernel's instructions are, from a result of bench:counted, as Markdown.
import {
  formatInstructions,
  formatInstructionsDifference,
  formatShare,
} from '../lib/text/units.js';
import { table } from './markdown-table.mjs';

/** What README says of it. */
export function countedSummary(result) {
  const { resolution, same, unrelated, changes } = result;
  return [
    caption(result),
    [
      `- ${resolution.boots} boots with ${resolution.seeds} seeds, ${resolution.secondsPerBoot} s each: boots with one seed agree on all ${resolution.metrics.length} metrics to a thousandth of an instruction; ${within(resolution.metrics, 0)} agree as well with any seed, ${within(resolution.metrics, 0.001)} within 0.1 %, all within ${formatShare(worst(resolution.metrics).share)} (\`${worst(resolution.metrics).id}\`).`,
      `- The kernel against its copy in another folder, ${same.gates} gates of four boots and ${same.metrics} metrics: ${same.gates - same.notUnchanged} \`unchanged\`, ${same.beyondResolution} differences beyond the resolution. A gate takes ${same.secondsPerGate} s.`,
      `- The kernel under ${unrelated.commandLines.length} command lines that differ in nothing that is measured, as a kernel does that was changed elsewhere, all ${unrelated.pairs} pairs: ${unrelated.redPairs} red, ${unrelated.beyondResolution} of ${unrelated.comparisons} differences beyond the resolution.`,
      ...changes.map(changeItem),
    ].join('\n'),
  ].join('\n\n');
}

export function countedPage(result) {
  const { unrelated, same } = result;
  return `# How exact counts are

Generated from the latest result in bench/results by \`npm run docs\`; \`npm run bench:counted -- /boot/vmlinuz-…\` makes one.

${countedSummary(result)}

## Where a count varies

Instructions of an operation; how far the boots lie apart with any seed; how far kernels do at most that differ in a word of their command line which no metric asks about; and what a gate's resolution is at least. Metrics without any difference are left out. The resolutions were set after such a run, to about twice what was found; over other seeds and other words they are a guess.

${varyingTable(result)}

What is drawn anew in another boot, or in another kernel, and what is done about it:

| what | what it moves | what is done |
| --- | --- | --- |
| where programs lie (\`norandmaps\`) | pages that a new program faults in, the shape of its tree of mappings | not drawn: all lie where they are linked to |
| how long the arguments and the environment of the probe are | whether a fork copies one more page of stack | the probe's stack begins with a page; its environment is empty |
| keys of hashes, addresses of what is hashed | which names share a bucket: three instructions a neighbour | a large table for names (\`dhash_entries\`); the rest is in the resolution |
| order of a slab's objects, which are free | refills, ways of freeing | of a process's batches the one with the fewest; of five processes the one in the middle |
| where the timer's tick falls | work after it: RCU, timers of TCP | as above; a batch is a hundredth of a tick, but where one operation is longer |
| order of the metrics | pages and caches that others leave behind | the same in all boots |

What this does not see: the kernel's code for placing programs at random, and whatever happens once in hundreds of operations (the refill of a slab, the flush of a counter for each CPU).

Words that the kernel is given for it stand before your own, so that yours win; they are the same on both sides.

## Unrelated words

${unrelated.commandLines.map((line) => `- ${line === '' ? 'none' : `\`${abridge(line)}\``}`).join('\n')}

## Where the time goes

The kernel against its copy, the last gate:

${table(
  ['phase', 'seconds'],
  same.phases.map(({ title, seconds }) => [title, String(seconds)]),
)}

## Changes, counted and timed

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
      least: unrelated.metrics.find(({ id }) => id === metric.id)?.resolution ?? 0,
    }))
    .filter(({ share, unrelated: other }) => share > 0 || other > 0)
    .sort(
      (one, other) => Math.max(other.share, other.unrelated) - Math.max(one.share, one.unrelated),
    )
    .map(({ id, count, share, unrelated: other, least }) => [
      ...[
        `\`${id}\``,
        formatInstructions(count),
        formatShare(share),
        formatShare(other),
        formatShare(least),
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
  const least = smallest(change);
  const found = change.counted.metrics.filter(
    ({ difference, resolution }) => Math.abs(difference ?? 0) > (resolution ?? 0),
  ).length;
  const called = change.timed?.metrics.filter(({ verdict }) =>
    ['regressed', 'improved'].includes(verdict),
  ).length;
  const timed =
    change.timed === undefined
      ? ''
      : ` Timed in the same emulation for ${change.timed.seconds} s: ${called} called.`;
  return `- ${changeName(change)}: counted in ${change.counted.seconds} s on ${found} of ${change.counted.metrics.length} metrics${least ? `, the smallest by ${formatInstructionsDifference(least.difference)} instructions (\`${least.id}\`)` : ''}.${timed}`;
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
