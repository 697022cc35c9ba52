// Writes what is generated: schema/*.json from the zod schemas that the program reads and writes by,
// README's tables and docs/metrics.md from action.yml and from the catalogue of the probe itself.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { countedPage, countedSummary } from './counted-table.mjs';
import { detectionPage, detectionSummary } from './detection-table.mjs';
import { fidelitySummary, fidelityTable } from './fidelity-table.mjs';
import { table } from './markdown-table.mjs';

const root = join(import.meta.dirname, '..');
const out = process.argv[2] ?? root;
const room = (path) => import(join(root, 'lib', path));
const { jsonSchemas } = await room('record/json-schema.js');
const { buildProbe, readCatalogue } = await room('build/build.js');
const { crossingFacts, crossingGrids } = await room('report/crossing-text.js');
const { machineFacts } = await room('report/facts.js');
const { factList, figures } = await room('render/markdown.js');

mkdirSync(join(out, 'schema'), { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(join(out, 'schema', name), `${JSON.stringify(schema, null, 2)}\n`);
}

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
const { probe } = await buildProbe();
const catalogue = await readCatalogue(probe);
const tables = {
  inputs: ioTables(),
  metrics: familyTable(),
  crossing: crossingSection(),
  fidelity: fidelitySummary(newest('fidelity')),
  detection: detectionSummary(newest('detection')),
  counted: countedSummary(newest('counted')),
};
writeFileSync(
  join(out, 'README.md'),
  Object.entries(tables).reduce(put, readFileSync(join(root, 'README.md'), 'utf8')),
);
mkdirSync(join(out, 'docs'), { recursive: true });
writeFileSync(join(out, 'docs', 'metrics.md'), metricsPage());
writeFileSync(join(out, 'docs', 'fidelity.md'), fidelityPage(newest('fidelity')));
writeFileSync(join(out, 'docs', 'detection.md'), detectionPage(newest('detection')));
writeFileSync(join(out, 'docs', 'counted.md'), countedPage(newest('counted')));

/** The latest result of a benchmark: they are kept by date. */
function newest(name) {
  const results = join(root, 'bench', 'results');
  const files = readdirSync(results).filter((file) => file.startsWith(`${name}-`));
  return JSON.parse(readFileSync(join(results, files.sort().at(-1)), 'utf8'));
}

function crossingSection() {
  const { crossing, ...where } = newest('crossing');
  const facts = [...crossingFacts(crossing), ...machineFacts(where).slice(0, 2)];
  const grids = crossingGrids(crossing).map(({ title, head, rows, says }) =>
    [`**${title}**`, figures(head, rows), ...says].join('\n\n'),
  );
  return [factList(facts), ...grids].join('\n\n');
}

function put(text, [name, table]) {
  const section = new RegExp(`(<!-- ${name}:begin[^>]*-->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!section.test(text)) throw new Error(`README.md has no section ${name}`);
  return text.replace(section, (_, begin, end) => `${begin}${table}\n${end}`);
}

function families() {
  const all = new Map();
  for (const metric of catalogue.metrics) {
    const [family] = metric.id.split('.');
    all.set(family, [...(all.get(family) ?? []), metric]);
  }
  return [...all];
}

function familyTable() {
  const names = (metrics) => metrics.map(({ id }) => `\`${id.split('.')[1]}\``).join(', ');
  const rows = families().map(([family, metrics]) => [
    `\`${family}.\``,
    names(metrics.filter(({ gate }) => gate)),
    names(metrics.filter(({ gate }) => !gate)),
  ]);
  return table(['family', 'gated', 'only informing'], rows);
}

function fidelityPage(result) {
  return `# The probe and its peers

Generated from the latest result in bench/results by \`npm run docs\`; \`npm run bench:fidelity\` makes one. LMbench and will-it-scale are looked for in the folders that LMBENCH_DIR and WILL_IT_SCALE_DIR name.

${fidelitySummary(result)}

The ratio is the median of paired ratios with its Hodges-Lehmann interval; spread is the standard deviation of the launches over their mean, beside a process on the same CPU that never sleeps. A peer reports its average, which such a neighbour doubles; the probe leaves the batches out that it interrupts. Where an operation is not quite the same, the last column says what the peer's includes.

${fidelityTable(result)}
`;
}

function metricsPage() {
  const sections = families().map(([family, metrics]) => {
    const rows = metrics.map(({ id, gate, summary, entries, switches, bytes, unit }) => [
      `\`${id}\`${gate ? '' : ' *'}`,
      summary,
      ...(unit === 'count' ? ['', '', ''] : [entries, switches, bytes].map(String)),
    ]);
    const head = ['metric', 'one operation', 'entries', 'switches', 'bytes'];
    return `## ${family}\n\n${table(head, rows)}\n`;
  });
  return `# The metrics

Generated from \`probe --list\` by \`npm run docs\`; the probe's sources are the only place where a metric is defined.

A star marks a metric that informs and does not gate. *Entries* are the system calls and page faults of one operation, of all processes that take part in it; *switches* its context switches; *bytes* what the kernel copies or moves by reference. An end-to-end test holds these against strace and the kernel's software events.

${sections.join('\n')}`;
}

function ioTables() {
  const inputs = Object.entries(action.inputs).map(([name, { description, default: value }]) => [
    `\`${name}\``,
    description,
    value === '' ? '' : `\`${value}\``,
  ]);
  const outputs = Object.entries(action.outputs).map(([name, { description }]) => [
    `\`${name}\``,
    description,
  ]);
  return `${table(['input', 'what it is', 'default'], inputs)}\n\n${table(['output', 'what it is'], outputs)}`;
}
