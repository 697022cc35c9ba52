import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programArchitecture } from '../../../../src/probe/architecture.js';
import { identify, readImage } from '../../../../src/targets/kernel/image.js';
import { bzImage } from '../../../fixtures/bzimage.js';
import { zboot } from '../../../fixtures/zboot.js';

function arm64(text = 'Linux version %s (%s)\0Linux version 6.12.1 (me@here) #2 SMP\n\0'): Buffer {
  const image = Buffer.alloc(4096);
  image.write('ARM\x64', 56);
  image.write(text, 1024);
  return image;
}

/** A riscv Image, for the two have their header in common. */
function riscv(): Buffer {
  const image = arm64();
  image.write('MZ');
  image.write('RSC\x05', 56);
  return image;
}

test('a bzImage is for x86-64 and tells its version', () => {
  expect(identify(bzImage())).toEqual({
    architecture: 'x86_64',
    version: '6.1.0-cloud (builder@host) #1 SMP',
  });
});

test('a header without a number of setup sectors means four of them', () => {
  expect(identify(bzImage({ setupSectors: 0 }))).toMatchObject({ architecture: 'x86_64' });
});

test('an Image is for arm64, packed or not, and tells its version where its banner is', () => {
  const banner = 'Linux version 6.12.1 (me@here) #2 SMP\0';
  const known = { architecture: 'aarch64', version: '6.12.1 (me@here) #2 SMP' };
  expect(identify(arm64(banner))).toEqual(known);
  expect(identify(gzipSync(arm64(banner)))).toEqual(known);
  expect(identify(arm64(''))).toEqual({ architecture: 'aarch64' });
});

test('a format is not taken for a version', () => {
  expect(identify(arm64())).toEqual({
    architecture: 'aarch64',
    version: '6.12.1 (me@here) #2 SMP',
  });
});

test.each([
  [bzImage({ extendedLoadFlags: 0 }), '32-bit kernel'],
  [bzImage({ protocol: 0x20b }), '32-bit kernel'],
  [bzImage({ loadFlags: 0 }), '32-bit kernel'],
  [bzImage({ paragraphs: 65 }), 'it has 3584 bytes, but its header says at least 3600'],
  [bzImage().subarray(0, 0x210), 'a part is missing'],
  [arm64().subarray(0, 60), 'a part is missing'],
  [gzipSync(bzImage()), 'unpack it'],
  [gzipSync(Buffer.from('\x7fELF…')), 'compressed with gzip; unpacked, it is an ELF file'],
  [gzipSync(arm64()).subarray(0, 40), 'could not be unpacked'],
  [Buffer.from('\x7fELF\x02\x01'), 'such as vmlinux, which has the symbols but does not boot'],
  [
    Buffer.from('!<arch>\ndebian-binary'),
    'Debian package, which contains the image as boot/vmlinuz-',
  ],
  [Buffer.from([0xed, 0xab, 0xee, 0xdb]), 'RPM package'],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'compressed with xz'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'compressed with zstd'],
  [riscv(), 'it is a kernel for riscv, but only x86-64 and arm64 are supported; give'],
  [Buffer.from('070701'), 'an initramfs'],
  [Buffer.from('#!/bin/sh'), 'not a kernel image'],
])('what cannot boot is told by name, %#', (bytes, clause) => {
  expect(() => identify(bytes)).toThrow(clause);
});

test('what is something else gets a hint at the file to give', () => {
  expect(() => identify(Buffer.from('\x7fELF'))).toThrow(
    'arch/x86/boot/bzImage or arch/arm64/boot/Image of a built kernel, or /boot/vmlinuz-',
  );
});

test('a program tells its architecture', () => {
  const elf = (machine: number): Buffer => {
    const header = Buffer.alloc(64);
    header.writeUInt16LE(machine, 18);
    return header;
  };
  expect([62, 183, 243].map((machine) => programArchitecture(elf(machine)))).toEqual([
    'x86_64',
    'aarch64',
    undefined,
  ]);
  expect(programArchitecture(Buffer.alloc(3))).toBeUndefined();
});

describe('readImage', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'syscall-gate-image-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const read = (path: string) => readImage(path, new AbortController().signal);

  test('gives the content, whose digest is recorded', async () => {
    const path = join(folder, 'bzImage');
    await writeFile(path, bzImage());
    expect((await read(path)).content.equals(bzImage())).toBe(true);
  });

  test('takes a kernel out of a compressed EFI program, which QEMU may not', async () => {
    const path = join(folder, 'vmlinuz.efi');
    const file = zboot(gzipSync(arm64()), 'gzip');
    await writeFile(path, file);
    const { architecture, content, bootable, version } = await read(path);
    expect({ architecture, version }).toEqual(identify(arm64()));
    expect(content.equals(file)).toBe(true);
    expect(bootable.equals(arm64())).toBe(true);
  });

  test.each([
    [
      zboot(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]), 'zstd'),
      'but its zstd content could not be',
    ],
    [
      zboot(gzipSync(arm64()).subarray(0, 30), 'gzip'),
      'but its gzip content could not be unpacked; check',
    ],
    [zboot(gzipSync(riscv()), 'gzip'), 'it is a kernel for riscv'],
  ])('says what is wrong with a compressed EFI program, %#', async (file, clause) => {
    await writeFile(join(folder, 'damaged'), file);
    await expect(read(join(folder, 'damaged'))).rejects.toThrow(clause);
  });

  test('says what is in its way', async () => {
    await writeFile(join(folder, 'empty'), '');
    await expect(read(join(folder, 'empty'))).rejects.toThrow('it is empty; give');
    await expect(read(join(folder, 'none'))).rejects.toThrow('there is no such file');
    await expect(read(folder)).rejects.toThrow('it is a folder; give');
    await expect(read('/dev/null')).rejects.toThrow('it is not a file; give');
    await expect(read(join(folder, 'empty', 'x'))).rejects.toThrow('ENOTDIR');
  });
});
