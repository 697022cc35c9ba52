import { expect, test } from 'vitest';
import { planArchive, rootArchive } from '../../../../src/targets/kernel/initramfs.js';

interface Member {
  name: string;
  mode: number;
  content: Buffer;
  device: [number, number];
}

/** Reads archives as the kernel does (init/initramfs.c), one behind the other. */
function members(archive: Buffer): Member[] {
  const found: Member[] = [];
  for (let at = 0; at < archive.length; ) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number): number =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [mode, size, major, minor, length] = [1, 6, 9, 10, 11].map(field) as [
      ...[number, number, number, number, number],
    ];
    const name = archive.toString('latin1', at + 110, at + 110 + length - 1);
    const start = Math.ceil((at + 110 + length) / 4) * 4;
    const content = archive.subarray(start, start + size);
    if (name !== 'TRAILER!!!') found.push({ name, mode, content, device: [major, minor] });
    at = Math.ceil((start + size) / 4) * 4;
  }
  return found;
}

test('the probe is the init, beside the devices that a kernel opens', () => {
  const found = members(rootArchive(Buffer.from('probe'), []));
  expect(found[0]).toMatchObject({ name: 'init', mode: 0o100755, content: Buffer.from('probe') });
  expect(found.map(({ name, mode, device }) => [name, mode, ...device]).slice(1)).toEqual([
    ['dev', 0o040755, 0, 0],
    ['dev/console', 0o020666, 5, 1],
    ['dev/null', 0o020666, 1, 3],
    ['dev/zero', 0o020666, 1, 5],
  ]);
});

test('files of a user come with the folders above them, each once and before them', () => {
  const file = { content: Buffer.from('x'), executable: false };
  const archive = rootArchive(Buffer.from('probe'), [
    { ...file, path: '/lib/modules/a.ko' },
    { ...file, path: '/lib/b', executable: true },
    { ...file, path: '/dev/fact' },
  ]);
  const found = members(archive).slice(5);
  expect(found.map(({ name, mode }) => [name, mode])).toEqual([
    ['lib', 0o040755],
    ['lib/modules', 0o040755],
    ['lib/modules/a.ko', 0o100644],
    ['lib/b', 0o100755],
    ['dev/fact', 0o100644],
  ]);
});

test('the plan of a launch goes behind the rest, a word a line', () => {
  const root = rootArchive(Buffer.from('probe'), []);
  const both = members(Buffer.concat([root, planArchive(['--metrics=a,b', '--cpu=0'])]));
  expect(both.map(({ name }) => name)).toContain('init');
  expect(both.at(-1)).toMatchObject({ name: 'plan', mode: 0o100644 });
  expect(both.at(-1)?.content.toString()).toBe('--metrics=a,b\n--cpu=0\n\n');
});
