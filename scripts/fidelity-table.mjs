// How the probe compares with its peers, from a result of bench:fidelity, as Markdown.
import { formatChange, formatNs, formatShare } from '../lib/text/units.js';
import { table } from './markdown-table.mjs';

/** Where it was measured, and what of the goals was reached. */
export function fidelitySummary(result) {
  const goals = result.goals.map(
    ({ goal, reached, found }) => `- ${goal}: ${word(reached)}; ${found}`,
  );
  return [caption(result), '', ...goals].join('\n');
}

/** A row a pair. */
export const fidelityTable = ({ pairs }) => table(HEAD, pairs.map(row));

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
