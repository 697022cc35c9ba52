// Makes docs/fidelity.md from a result of bench:fidelity.
import { formatChange, formatNs, formatShare } from '../lib/text/units.js';
import { table } from './markdown-table.mjs';

/** One line for README. */
export function fidelityFigure({ goals }) {
  const reached = goals.filter((goal) => goal.reached).length;
  return `Beside \`perf bench\`, LMbench, will-it-scale and stress-ng, the probe reaches ${reached} of ${goals.length} goals for accuracy, noise and time (\`npm run bench:fidelity\`, [results](docs/fidelity.md)).`;
}

export function fidelityPage(result) {
  return `# The probe beside other benchmarks

Generated from the latest result in bench/results by \`npm run docs\`. \`npm run bench:fidelity\` makes a new result; LMBENCH_DIR and WILL_IT_SCALE_DIR name the folders of LMbench and will-it-scale.

The same operations were measured by this probe and by \`perf bench\`, LMbench, will-it-scale and stress-ng. Both sides took turns on one CPU, in one run, first on a quiet CPU and then beside a busy neighbour.

${fidelitySummary(result)}

## Every pair

- **here over theirs**: the median of the paired ratios, with its Hodges-Lehmann interval.
- **spread**: the standard deviation of the launches over their mean, beside a process on the same CPU that never sleeps. The other benchmarks report an average, which such a neighbour doubles. The probe leaves out the batches that the neighbour interrupts.
- **what theirs includes**: where the two operations are not quite the same.

${fidelityTable(result)}
`;
}

/** Where it was measured, and which goals were reached. */
function fidelitySummary(result) {
  const goals = result.goals.map(
    ({ goal, reached, found }) => `- ${goal}: ${word(reached)}; ${found}`,
  );
  return [caption(result), '', ...goals].join('\n');
}

/** One row for each pair. */
const fidelityTable = ({ pairs }) => table(HEAD, pairs.map(row));

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
  return `${startedAt.slice(0, 10)}, ${cpuModel} with ${cpuCount} CPUs${below}, Linux ${kernelRelease}; ${launches} launches of each side in turn, about ${seconds} s each; ${versions}.`;
}

function word(reached) {
  if (reached === undefined) return 'not measured';
  return reached ? 'reached' : '**not reached**';
}
