// Writes generated files: schema/*.json from the zod schemas, and tables in README.md and docs/ from
// action.yml, the probe's catalogue and the latest results in bench/results.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { baselineFigure, baselinePage } from './baseline-table.mjs';
import { countedFigure, countedPage } from './counted-table.mjs';
import { detectionFigure, detectionPage } from './detection-table.mjs';
import { fidelityFigure, fidelityPage } from './fidelity-table.mjs';
import { table } from './markdown-table.mjs';

const root = join(import.meta.dirname, '..');
const out = process.argv[2] ?? root;
const room = (path) => import(join(root, 'lib', path));
const { jsonSchemas } = await room('record/json-schema.js');
const { buildProbe, readCatalogue } = await room('build/build.js');
const { crossingBlocks } = await room('report/crossing-blocks.js');
const { machineFacts } = await room('report/facts.js');
const { layOut } = await room('render/markdown.js');

mkdirSync(join(out, 'schema'), { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(join(out, 'schema', name), `${JSON.stringify(schema, null, 2)}\n`);
}

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
const { probe } = await buildProbe();
const catalogue = await readCatalogue(probe);
const [counted, detection, fidelity] = ['counted', 'detection', 'fidelity'].map(newest);

/** Generated pages, and hand-written pages with generated sections. */
const pages = {
  'docs/metrics.md': metricsPage(),
  'docs/fidelity.md': fidelityPage(fidelity),
  'docs/detection.md': detectionPage(detection),
  'docs/baseline.md': baselinePage(newest('baseline')),
  'docs/counted.md': countedPage(counted),
  'docs/action.md': withSection('docs/action.md', 'inputs', ioTables()),
  'docs/crossing.md': withSection('docs/crossing.md', 'crossing', crossingSection()),
  'README.md': withSection('README.md', 'figures', figureList()),
};
mkdirSync(join(out, 'docs'), { recursive: true });
for (const [path, text] of Object.entries(pages)) writeFileSync(join(out, path), text);

/** The latest result of a benchmark. File names have the date. */
function newest(name) {
  const results = join(root, 'bench', 'results');
  const files = readdirSync(results).filter((file) => file.startsWith(`${name}-`));
  return JSON.parse(readFileSync(join(results, files.sort().at(-1)), 'utf8'));
}

function crossingSection() {
  const { crossing, ...where } = newest('crossing');
  const place = { kind: 'facts', title: '', facts: machineFacts(where).slice(0, 2) };
  const layout = { columns: Infinity, openRows: Infinity, rows: Infinity, items: Infinity };
  return layOut([...crossingBlocks(crossing), place], layout);
}

function figureList() {
  const figures = [
    detectionFigure(detection),
    baselineFigure(newest('baseline')),
    countedFigure(counted),
    fidelityFigure(fidelity),
  ];
  return figures.map((figure) => `- ${figure}`).join('\n');
}

/** A page with the section between its two marks replaced. */
function withSection(path, name, content) {
  const section = new RegExp(`(<!-- ${name}:begin[^>]*-->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  const text = readFileSync(join(root, path), 'utf8');
  if (!section.test(text)) throw new Error(`${path} has no section ${name}`);
  return text.replace(section, (_, begin, end) => `${begin}${content}\n${end}`);
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
  return `# What is measured

Generated from \`probe --list\` by \`npm run docs\`. A metric is defined in the probe's sources and nowhere else.

## At a glance

A **gated** metric can fail a job. A metric that only **informs** cannot; reports mark it with a star.

${familyTable()}

## How one operation is timed

- Every operation enters the kernel by a raw \`syscall\` (x86-64) or \`svc\` (arm64) instruction in a function of its own. No libc wrapper runs.
- The process is single-threaded and pinned to one CPU, unless the metric is about threads or CPUs.
- Operations run in batches of 0.1 ms. A user-space control loop runs beside each batch and shows how fast the CPU was. A batch does not count if something else ran on the CPU meanwhile.
- The probe is one static executable of about 1 MB. Where it runs it needs no privilege, no \`/proc\`, no network and no libc.
- A metric that cannot be measured gets a status and a reason, never a number. The statuses are \`unsupported\`, \`denied\`, \`no_loopback\` and \`error\` where the operation cannot be done, \`unstable\` where its numbers are worth nothing, and \`unmeasured\` where no launch came through. If only the candidate cannot do the operation, the verdict is \`blocked\`.
- The \`exact\` metrics are exact counts: events per operation. Any difference is a finding.
- A separate pass, which never gates, times single operations with the CPU's time stamp counter. It gives p50, p99 and p99.9. It also counts instructions and cycles in user space and in the kernel, where the CPU allows it. The job summary and \`report.json\` have the results.

## The columns of the tables

- **entries**: system calls and page faults of one operation, of all processes that take part in it.
- **switches**: context switches of one operation.
- **bytes**: what the kernel copies, or moves by reference.

\`test/e2e/side-by-side/declarations.test.ts\` checks these numbers against strace and the kernel's software events.

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
