import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Values that reference/make-reference.R wrote; the caller names the shape. */
export function reference<T>(name: string): T[] {
  const path = join(import.meta.dirname, 'reference', `${name}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as T[];
}

/** |got − expected| relative to |expected|. */
export const relativeError = (got: number, expected: number): number =>
  Math.abs(got - expected) / (Math.abs(expected) || 1);

/** The largest error over paired values. */
export const worst = (
  got: readonly number[],
  expected: readonly number[],
  error: (got: number, expected: number) => number,
): number => Math.max(...got.map((value, index) => error(value, expected[index] ?? Number.NaN)));
