import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errnoName } from '../../../src/text/errno.js';

const NATIVE = join(import.meta.dirname, '..', '..', '..', 'native');

/** Linux's numbers. Two names share a number with another: EWOULDBLOCK and ENOTSUP. */
const NUMBERS = new Map(
  Object.entries(constants.errno).filter(([name]) => !/^(EWOULDBLOCK|ENOTSUP)$/.test(name)),
);

test.each([...NUMBERS])('%s is named', (name, number) => {
  expect(errnoName(number)).toBe(name);
});

test('every error that the native code names is known here', () => {
  const sources = readdirSync(NATIVE, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(c|cc|h)$/.test(path))
    .map((path) => readFileSync(join(NATIVE, path), 'utf8'));
  // The other words of this form are constants of ELF and epoll, parts of names and text.
  const words = new Set(sources.flatMap((text) => text.match(/\bE[A-Z0-9]{3,}\b/g) ?? []));
  const others = /^(ELF.*|EPOLL.*|EPYC|ENTRIES|EVENTS|EXCHANGES)$/;
  const unknown = [...words].filter((word) => !others.test(word) && !NUMBERS.has(word));
  expect(unknown).toEqual([]);
});

test('an error without a name is told by its number, and no error by nothing', () => {
  expect(errnoName(9999)).toBe('errno 9999');
  expect(errnoName(0)).toBe('');
});
