import { z } from 'zod';
import { reportSchema } from './report.js';
import { runSchema } from './run.js';
import { selftestSchema } from './selftest.js';

interface Published {
  'run-v1.json': object;
  'report-v2.json': object;
  'selftest-v1.json': object;
}

/**
 * The schemas in `schema/`, as JSON Schema 2020-12. They are made from the schemas that the tool itself
 * uses to read and write the files.
 */
export function jsonSchemas(): Published {
  return {
    'run-v1.json': publish(runSchema, {
      $id: 'urn:syscall-gate:schema:run-v1',
      title: 'syscall-gate run record',
      description: 'Everything that was measured of one side of a comparison: a *.run.json file.',
    }),
    'report-v2.json': publish(reportSchema, {
      $id: 'urn:syscall-gate:schema:report-v2',
      title: 'syscall-gate report',
      description: 'A comparison and its verdict: report.json, and what --json prints.',
    }),
    'selftest-v1.json': publish(selftestSchema, {
      $id: 'urn:syscall-gate:schema:selftest-v1',
      title: 'syscall-gate self-test',
      description: 'Whether the gate can be trusted on a machine: what selftest --json prints.',
    }),
  };
}

function publish(schema: z.ZodType, head: { $id: string; title: string; description: string }) {
  const { $schema, ...body } = z.toJSONSchema(schema);
  return { $schema, ...head, ...body };
}
