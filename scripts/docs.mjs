// Writes what is generated: schema/*.json from the zod schemas that the program reads and writes by,
// and README's tables from action.yml and from the catalogue of the probe itself.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const out = process.argv[2] ?? root;
const room = (path) => import(join(root, 'lib', path));
const { jsonSchemas } = await room('report/json-schema.js');
const { buildProbe, readCatalogue } = await room('probe/build.js');

mkdirSync(join(out, 'schema'), { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(join(out, 'schema', name), `${JSON.stringify(schema, null, 2)}\n`);
}

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
const { probe } = await buildProbe();
const catalogue = await readCatalogue(probe);
const readme = readFileSync(join(root, 'README.md'), 'utf8');
writeFileSync(
  join(out, 'README.md'),
  put('inputs', ioTables(), put('metrics', metricTable(), readme)),
);

function put(name, table, text) {
  const section = new RegExp(`(<!-- ${name}:begin[^>]*-->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!section.test(text)) throw new Error(`README.md has no section ${name}`);
  return text.replace(section, (_, begin, end) => `${begin}${table}\n${end}`);
}

function metricTable() {
  const rows = catalogue.metrics.map(({ id, gate, summary }) => [
    `\`${id}\`${gate ? '' : ' *'}`,
    summary,
  ]);
  return table(['metric', 'one operation'], rows);
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

function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
