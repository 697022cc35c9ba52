import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonSchemas } from '../../../src/record/json-schema.js';
import { reportSchema } from '../../../src/record/report.js';
import { runSchema } from '../../../src/record/run.js';
import { selftestSchema } from '../../../src/record/selftest.js';
import { regressedReport, run, selfReport, shardsReport } from '../report/fixtures.js';
import { trustedSelftest } from '../report/selftest-fixtures.js';

// Zod also writes the pattern of a date and time, so the format adds nothing to check.
const ajv = new Ajv2020({ formats: { 'date-time': true }, strictTypes: false });
const schemas = jsonSchemas();
const shorter = <T extends { findings: unknown[] }>(report: T) => ({
  ...report,
  findings: report.findings.slice(8, 12),
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

const subjects = [
  {
    name: 'run-v1.json',
    validate: ajv.compile(schemas['run-v1.json']),
    zod: runSchema,
    samples: [asJson(run('0123456789abcdef'))],
  },
  {
    name: 'report-v2.json',
    validate: ajv.compile(schemas['report-v2.json']),
    zod: reportSchema,
    samples: [
      asJson(shorter(regressedReport())),
      asJson(shorter(selfReport())),
      asJson(shorter(shardsReport())),
    ],
  },
  {
    name: 'selftest-v1.json',
    validate: ajv.compile(schemas['selftest-v1.json']),
    zod: selftestSchema,
    samples: [asJson(trustedSelftest())],
  },
];

/** Every place in a value, as the keys that lead there. */
function places(value: Json): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const below = Object.entries(value).flatMap(([key, child]) =>
    places(child).map((path) => [key, ...path]),
  );
  return [[], ...below];
}

type Edit = { do: 'remove' } | { do: 'add'; key: string } | { do: 'replace'; by: Json };

function mutate(value: Json, [key, ...rest]: string[], edit: Edit): Json {
  if (key === undefined) {
    if (edit.do === 'replace') return edit.by;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [value];
    return edit.do === 'add' ? { ...value, [edit.key]: 1 } : {};
  }
  if (Array.isArray(value)) {
    if (rest.length === 0 && edit.do === 'remove') return value.toSpliced(Number(key), 1);
    return value.map((child, index) => (index === Number(key) ? mutate(child, rest, edit) : child));
  }
  if (typeof value !== 'object' || value === null) return value;
  if (rest.length === 0 && edit.do === 'remove') {
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  }
  return { ...value, [key]: mutate(value[key] ?? null, rest, edit) };
}

const edits = fc.oneof(
  fc.record({ do: fc.constant('remove' as const) }),
  fc.record({ do: fc.constant('add' as const), key: fc.constantFrom('x', 'id', 'failure') }),
  fc.record({
    do: fc.constant('replace' as const),
    by: fc.constantFrom<Json[]>(
      ...[null, true, 0, 1, -1, 1.5, 1e300, 1e16, '', 'ok', 'denied', 'host', 'x'.repeat(5000)],
      ...[[], {}, '2026-11-23T15:50:30Z', '2026-11-23', 'abcdefabcdefabcd', 'syscall.null'],
    ),
  }),
);

describe.each(subjects)('$name', ({ validate, zod, samples, name }) => {
  it('names itself and forbids fields that it does not know', () => {
    const schema = schemas[name as keyof typeof schemas];
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:syscall-gate:schema:${name.replace('.json', '')}`,
      additionalProperties: false,
    });
  });

  it('accepts what the program writes', () => {
    for (const sample of samples) expect([validate(sample), validate.errors]).toEqual([true, null]);
  });

  it('refuses a missing, an unknown and a mistyped field', () => {
    for (const sample of samples) {
      expect(validate(mutate(sample, ['schema'], { do: 'remove' }))).toBe(false);
      expect(validate(mutate(sample, [], { do: 'add', key: 'extra' }))).toBe(false);
      expect(
        validate(
          mutate(
            sample,
            [
              name.startsWith('report')
                ? 'findings'
                : name.startsWith('run')
                  ? 'metrics'
                  : 'alarms',
            ],
            { do: 'replace', by: 'none' },
          ),
        ),
      ).toBe(false);
    }
  });

  it('agrees with the strict parser about every mutation', () => {
    for (const sample of samples) {
      const place = fc.constantFrom(...places(sample));
      fc.assert(
        fc.property(place, edits, (path, edit) => {
          const mutated = mutate(sample, path, edit);
          expect(validate(mutated)).toBe(zod.safeParse(mutated).success);
        }),
        { numRuns: 1000 },
      );
    }
  });
});
