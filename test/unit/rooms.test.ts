import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/** From the ground up. A room, or a file beside the rooms, imports only those that stand before it. */
const FROM_THE_GROUND_UP = [
  ...[
    'version',
    'failure',
    'families',
    'progress',
    'text',
    'stats',
    'files',
    'record',
    'trace',
    'probe',
  ],
  ...['github', 'build', 'verdict', 'targets', 'report', 'config', 'render', 'measure', 'stores'],
  ...['archive', 'action', 'gather', 'flows', 'cli', 'main'],
];
/** Rooms that give the same answer wherever and whenever they are asked. */
const PURE = ['text', 'stats', 'record', 'trace', 'verdict', 'report', 'render'];
/** The clock, chance, and what this process was started with. */
const IMPURE =
  /\bprocess\.(?!')|\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bMath\.random\(|\bfetch\(/;
/** Node's modules that neither read nor write anything outside of the process. */
const HARMLESS = ['node:crypto', 'node:util', 'node:zlib', 'node:buffer'];

const root = join(import.meta.dirname, '..', '..');
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => `src/${file}`);
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const names = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, name = '']) => name,
  );
  return names.map((name) =>
    name.startsWith('.') ? normalize(join(file, '..', name)).replace(/\.js$/, '.ts') : name,
  );
}

const roomOf = (file: string): string => /^src\/([^/.]+)/.exec(file)?.[1] ?? '';
const inner = (file: string): string[] =>
  (imports.get(file) ?? []).filter((name) => name.startsWith('src/'));

/** Every way from a file to one of its own importers, as `a → b → a`. */
function circles(): string[] {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' → ')];
    if (done.has(file)) return [];
    const found = inner(file).flatMap((next) => walk(next, [...path, file]));
    done.add(file);
    return found;
  };
  return files.flatMap((file) => walk(file, []));
}

/** What a file imports of Node, by itself or through others, as `file → … → node:fs`. */
function outside(file: string, seen: Set<string>): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const own = (imports.get(file) ?? []).filter(
    (name) => name.startsWith('node:') && !HARMLESS.includes(name),
  );
  const through = inner(file).flatMap((next) => outside(next, seen));
  return [...own, ...through].map((way) => `${file} → ${way}`);
}

describe('the rooms of src', () => {
  test('every import names a file that is there', () => {
    expect(files.flatMap(inner).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test('each room is listed', () => {
    expect([...new Set(files.map(roomOf))].toSorted()).toEqual(FROM_THE_GROUND_UP.toSorted());
  });

  test('a room imports only rooms below it', () => {
    const floor = (file: string): number => FROM_THE_GROUND_UP.indexOf(roomOf(file));
    const up = files.flatMap((file) =>
      inner(file)
        .filter((other) => floor(other) > floor(file))
        .map((other) => `${file} → ${other}`),
    );
    expect(up).toEqual([]);
  });

  test('no file imports itself, not even through others', () => {
    expect(circles()).toEqual([]);
  });

  test.each(PURE)('%s touches nothing outside of the process', (room) => {
    const seen = new Set<string>();
    const own = files.filter((file) => roomOf(file) === room);
    expect(own.flatMap((file) => outside(file, seen))).toEqual([]);
    expect(own.filter((file) => IMPURE.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });
});
