// The README's table of how the probe compares with its peers, from a result of bench:fidelity.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatChange, formatNs, formatShare } from '../lib/units.js';

/** The latest result in a folder (bench/results), parsed; undefined when it has none. */
export function newestFidelity(folder) {
  const names = readdirSync(folder).filter((name) => /^fidelity-[\d-]+\.json$/.test(name));
  const newest = names.sort().at(-1);
  return newest && JSON.parse(readFileSync(join(folder, newest), 'utf8'));
}

/** A result as Markdown: where it was measured, the pairs, and what of the goals was reached. */
export function fidelityTable(result) {
  const rows = result.pairs.map((pair) => row(pair));
  return [
    caption(result),
    '',
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...rows.map(line),
    '',
    ...result.goals.map(({ goal, reached, found }) => `- ${goal}: ${word(reached)}; ${found}`),
  ].join('\n');
}

const HEAD = [
  ...['metric', 'here', 'peer', 'theirs', 'here over theirs (95 %)'],
  ...['spread beside a busy neighbour: here, theirs', 'what theirs includes'],
];

function row({ ourMetric, theirOperation, includes = '', quiet, busy }) {
  const { estimate, low, high } = quiet.ratio;
  return [
    `\`${ourMetric}\``,
    formatNs(quiet.ours.medianNs),
    theirOperation,
    formatNs(quiet.theirs.medianNs),
    formatChange({ ratio: estimate, low: low ?? 0, high }),
    busy ? `${formatShare(busy.ours.sdShare)}, ${formatShare(busy.theirs.sdShare)}` : '',
    includes,
  ];
}

function caption({ machine, peers, launches, seconds, startedAt }) {
  const present = peers.filter(({ version }) => version);
  const versions = present.map(({ name, version }) => `${name} (${version})`).join(', ');
  const { cpuModel, cpuCount, kernelRelease, hypervisor } = machine;
  const below = hypervisor ? `, under ${hypervisor}` : '';
  return `${startedAt.slice(0, 10)}, ${cpuModel} with ${cpuCount} CPUs${below}, Linux ${kernelRelease}; ${launches} launches of each side in turn, about ${seconds} s each; ${versions}. Spread: standard deviation of the launches over their mean.`;
}

function word(reached) {
  if (reached === undefined) return 'not measured';
  return reached ? 'reached' : '**not reached**';
}

const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
