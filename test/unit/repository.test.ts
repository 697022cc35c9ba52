import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { jsonSchemas } from '../../src/record/json-schema.js';
import { VERSION } from '../../src/version.js';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('what is written twice agrees', () => {
  test('the version of the program and of its package', () => {
    expect(VERSION).toBe((JSON.parse(read('package.json')) as { version: string }).version);
  });

  test.each(Object.entries(jsonSchemas()))('schema/%s and the code', (name, schema) => {
    expect(JSON.parse(read(`schema/${name}`))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  test('the inputs and outputs in docs/action.md and action.yml', () => {
    const action = parse(read('action.yml')) as Record<'inputs' | 'outputs', object>;
    const page = read('docs/action.md');
    for (const name of [...Object.keys(action.inputs), ...Object.keys(action.outputs)]) {
      expect(page).toContain(`| \`${name}\` |`);
    }
  });
});

test('nothing that only this checkout needs is committed', () => {
  const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
  expect(files.filter((name) => /(^|\/)(node_modules|lib|\.syscall-gate)\//.test(name))).toEqual(
    [],
  );
});
