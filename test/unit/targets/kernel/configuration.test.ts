import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configurationOf } from '../../../../src/targets/kernel/configuration.js';
import { unpackedKernel } from '../../../../src/targets/kernel/unpack.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-configuration-'));
});
afterAll(() => rm(folder, { recursive: true }));

const NEVER = new AbortController().signal;

/** A bzImage as Documentation/arch/x86/boot.rst lays it out, with nothing to run but a payload. */
function bzImage(payload: Buffer): Buffer {
  const setup = Buffer.alloc(2 * 512);
  setup.writeUInt8(1, 0x1f1);
  setup.write('HdrS', 0x202);
  setup.writeUInt32LE(64, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([setup, Buffer.alloc(64), payload, Buffer.from('behind')]);
}

const kernelWith = (configuration: string): Buffer =>
  Buffer.concat([
    Buffer.from('\x7fELF IKCFG_ST, a word about it \0'),
    Buffer.from('IKCFG_ST'),
    gzipSync(configuration),
    Buffer.from('IKCFG_ED\0and so on'),
  ]);

/** What arch/x86/boot/compressed appends to all but gzip. */
const LENGTH = Buffer.from([1, 2, 3, 4]);

async function written(path: string, content = ''): Promise<string> {
  const whole = join(folder, path);
  await mkdir(dirname(whole), { recursive: true });
  await writeFile(whole, content);
  return whole;
}

const hz = async (path: string): Promise<string | undefined> =>
  (await configurationOf(path, Buffer.from('an image'), NEVER))?.values['HZ'];

describe('the configuration in an image', () => {
  const inside = kernelWith('CONFIG_SMP=y\nCONFIG_NET=m\n# CONFIG_X is not set\nCONFIG_HZ=250\n');
  const known = { source: 'image', builtIn: 'SMP', modules: 'NET', values: { HZ: '250' } };

  test('is read where the image is not packed, or packed with gzip', async () => {
    for (const image of [inside, gzipSync(inside), bzImage(gzipSync(inside))]) {
      expect(await configurationOf('/nowhere/bzImage', image, NEVER)).toEqual(known);
    }
  });

  test('is read where it is packed with xz', async () => {
    const packed = execFileSync('xz', ['-c', '--check=crc32'], { input: inside });
    const image = bzImage(Buffer.concat([packed, LENGTH]));
    expect(await configurationOf('/nowhere/bzImage', image, NEVER)).toEqual(known);
  });

  test('counts more than a file, which may be of another build', async () => {
    const path = await written('built/bzImage');
    await written('built/.config', 'CONFIG_HZ=1000\n');
    expect((await configurationOf(path, inside, NEVER))?.values['HZ']).toBe('250');
    expect(await hz(path)).toBe('1000');
  });

  test('is not known where the image is damaged, and an abort is one', async () => {
    const damaged = bzImage(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2, 3]));
    expect(await configurationOf('/nowhere/bzImage', damaged, NEVER)).toBeUndefined();
    expect(await unpackedKernel(bzImage(gzipSync(inside).subarray(0, 30)), NEVER)).toBeUndefined();
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(unpackedKernel(damaged, aborted)).rejects.toThrow('enough');
  });
});

describe('the configuration beside an image', () => {
  test('has the same suffix, and that of another image has not', async () => {
    const path = await written('boot/vmlinuz-6.1.0-rt');
    await written('boot/config-6.1.0', 'CONFIG_HZ=100\n');
    await written('boot/.config', 'CONFIG_HZ=100\n');
    expect(await hz(path)).toBeUndefined();
    await written('boot/config-6.1.0-rt', 'CONFIG_HZ=250\n');
    expect(await hz(path)).toBe('250');
  });

  test('is found behind a link to the image, and at the top of the tree it was built in', async () => {
    await written('linux/.config', 'CONFIG_HZ=300\n');
    const image = await written('linux/arch/x86/boot/bzImage');
    expect(await hz(image)).toBe('300');
    await symlink(image, join(folder, 'kernel'));
    expect(await hz(join(folder, 'kernel'))).toBe('300');
  });

  test('is passed over where it is something else', async () => {
    const path = await written('other/Image');
    await written('other/config', '[core]\n  bare = false\n');
    expect(await hz(path)).toBeUndefined();
    await written('other/.config', 'CONFIG_HZ=250\n');
    expect(await hz(path)).toBe('250');
  });
});
