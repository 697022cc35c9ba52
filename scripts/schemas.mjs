// Writes schema/*.json from the zod schemas that the program itself reads and writes by.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const { jsonSchemas } = await import(join(root, 'lib', 'report', 'json-schema.js'));
mkdirSync(join(root, 'schema'), { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(join(root, 'schema', name), `${JSON.stringify(schema, null, 2)}\n`);
}
