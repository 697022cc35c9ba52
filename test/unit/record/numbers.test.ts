import { describe, expect, test } from 'vitest';
import { parseRun } from '../../../src/record/run.js';
import { duetEvidence } from '../../fixtures/evidence.js';

const RUN: unknown = JSON.parse(JSON.stringify(duetEvidence().candidate));

/** Every place in a record that holds a number; of a list's entries, which are alike, the first. */
function numericPlaces(value: unknown): string[][] {
  if (typeof value === 'number') return [[]];
  if (typeof value !== 'object' || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()].slice(0, 1) : Object.entries(value);
  return entries.flatMap(([key, child]) =>
    numericPlaces(child).map((path) => [String(key), ...path]),
  );
}

const MARK = 'the-number-is-here';

/** The record's text with something else in one place; JSON.stringify cannot write 1e999. */
function withText(path: readonly string[], text: string): string {
  const copy = structuredClone(RUN);
  let at = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1) ?? ''] = MARK;
  return JSON.stringify(copy).replace(`"${MARK}"`, text);
}

describe('every number of a run record', () => {
  const places = numericPlaces(RUN);

  test.each(['null', '1e999', '-1e999', '-1', '"5"', 'NaN', '[]'])(
    'is refused as %s in one clause, and never by an exception',
    (text) => {
      expect(places.length).toBeGreaterThan(20);
      for (const path of places) {
        const parse = parseRun(withText(path, text));
        expect(parse.ok, path.join('.')).toBe(false);
        if (!parse.ok) expect(parse.reason).toMatch(/^[^\n]{1,300}$/);
      }
    },
  );
});
