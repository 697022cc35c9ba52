import { open } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { reasonOf } from '../../failure.js';
import type { Architecture } from '../../probe/architecture.js';
import { Refusal } from '../words.js';
import { unpackedKernel, zbootCompression } from './unpack.js';

/** A kernel that QEMU can boot. */
export interface KernelImage {
  architecture: Architecture;
  /** Release, builder and build of it, as it says of itself; undefined where it does not. */
  version?: string;
  /** The file. */
  content: Buffer;
  /** What QEMU is given, which takes what is packed with gzip but no compressed EFI program. */
  bootable: Buffer;
}

type Identity = Pick<KernelImage, 'architecture' | 'version'>;

/** Larger than any kernel; QEMU would read it into memory, too. */
const MAX_IMAGE_BYTES = 1024 * 1024 * 1024;

/**
 * Reads a kernel image.
 *
 * @throws Refusal a clause that says what the file is instead, and which one to give; the signal's
 *   reason when that is aborted
 */
export async function readImage(path: string, signal: AbortSignal): Promise<KernelImage> {
  const content = await readFile(path);
  if (content.length === 0) throw new Refusal(`it is empty; ${GIVE}`);
  const bootable = await bootableOf(content, signal);
  return { ...identify(bootable), content, bootable };
}

/** Older versions of QEMU do not unpack an EFI program, and newer ones not all of them. */
async function bootableOf(content: Buffer, signal: AbortSignal): Promise<Buffer> {
  const compression = zbootCompression(content);
  if (compression === undefined) return content;
  const unpacked = await unpackedKernel(content, signal);
  if (unpacked !== undefined) return unpacked;
  throw new Refusal(
    `it is a compressed EFI program (CONFIG_EFI_ZBOOT), and its ${compression} could not be unpacked; check that it is whole and that ${compression} is installed`,
  );
}

async function readFile(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const status = await file.stat();
      if (status.isDirectory()) throw new Refusal(`it is a folder; ${GIVE}`);
      if (!status.isFile()) throw new Refusal(`it is not a file; ${GIVE}`);
      if (status.size > MAX_IMAGE_BYTES) throw new Refusal(`it is larger than 1 GiB; ${GIVE}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const why = reasonOf(error);
    if (why === 'ENOENT') throw new Refusal('there is no such file; check the path');
    if (why === 'EACCES') {
      throw new Refusal(
        'this user may not read it (Debian and Ubuntu keep kernels readable by root alone); give a copy that it may read, or run as root',
      );
    }
    throw new Refusal(`it could not be read (${why})`);
  }
}

const GIVE =
  'give the bootable image: arch/x86/boot/bzImage or arch/arm64/boot/Image of a built kernel, or /boot/vmlinuz-… of an installed one';

/**
 * Says what an image is by its header alone.
 *
 * @throws Refusal
 */
export function identify(bytes: Buffer): Identity {
  if (isX86(bytes)) return bzImage(bytes);
  if (isArm64(bytes)) return arm64Image(bytes);
  if (startsWith(bytes, GZIP)) return compressedImage(bytes);
  throw new Refusal(`${whatIs(bytes)}; ${GIVE}`);
}

/** Offsets of Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". */
const X86 = {
  ...{ setupSectors: 0x1f1, paragraphs: 0x1f4, magic: 0x202, protocol: 0x206 },
  ...{ versionPointer: 0x20e, loadFlags: 0x211, extendedLoadFlags: 0x236, end: 0x268 },
};
const LOADED_HIGH = 1;
const KERNEL_64 = 1;
/** The first with 64-bit entry points. */
const PROTOCOL_64 = 0x20c;
const SECTOR = 512;
const PARAGRAPH = 16;

const isX86 = (bytes: Buffer): boolean =>
  bytes.subarray(X86.magic, X86.magic + 4).toString('latin1') === 'HdrS';

function bzImage(bytes: Buffer): Identity {
  if (bytes.length < X86.end) throw truncated(bytes.length, X86.end);
  const old = bytes.readUInt16LE(X86.protocol) < PROTOCOL_64;
  const high = (bytes.readUInt8(X86.loadFlags) & LOADED_HIGH) !== 0;
  if (old || !high || (bytes.readUInt16LE(X86.extendedLoadFlags) & KERNEL_64) === 0) {
    throw new Refusal('it is a 32-bit kernel for x86, and the probe is a 64-bit program');
  }
  const setup = (bytes.readUInt8(X86.setupSectors) || 4) + 1;
  const whole = setup * SECTOR + bytes.readUInt32LE(X86.paragraphs) * PARAGRAPH;
  if (bytes.length < whole) throw truncated(bytes.length, whole);
  const at = bytes.readUInt16LE(X86.versionPointer) + SECTOR;
  return { architecture: 'x86_64', ...version(text(bytes, at)) };
}

/** Offset of the magic number in Documentation/arch/arm64/booting.rst. */
const ARM64_MAGIC = 56;
const ARM64_HEADER = 64;

const isArm64 = (bytes: Buffer): boolean =>
  bytes.subarray(ARM64_MAGIC, ARM64_MAGIC + 4).toString('latin1') === 'ARM\x64';

function arm64Image(bytes: Buffer): Identity {
  if (bytes.length <= ARM64_HEADER) throw truncated(bytes.length, ARM64_HEADER);
  return { architecture: 'aarch64', ...version(banner(bytes)) };
}

/** Image.gz of arm64, which QEMU unpacks. */
function compressedImage(bytes: Buffer): Identity {
  const content = unpacked(bytes);
  if (isArm64(content)) return arm64Image(content);
  if (isX86(content)) throw new Refusal('it is a bzImage packed once more with gzip; unpack it');
  throw new Refusal(`it is compressed with gzip; unpacked, ${whatIs(content)}; ${GIVE}`);
}

function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_IMAGE_BYTES });
  } catch (error) {
    throw new Refusal(
      `it begins as a gzip file and could not be unpacked (${reasonOf(error)}); check that it is whole`,
    );
  }
}

const truncated = (is: number, least: number): Refusal =>
  new Refusal(
    `it has ${is} bytes and by its header at least ${least}, so a part of it is missing; copy it again`,
  );

const GZIP = [0x1f, 0x8b];

/** What is taken for a kernel, by its first bytes. */
const OTHERS: readonly [first: number[] | string, what: string][] = [
  ['\x7fELF', 'it is an ELF file such as vmlinux, which holds the symbols and does not boot'],
  ['!<arch>\n', 'it is a Debian package, which holds the image as boot/vmlinuz-… (dpkg-deb -x)'],
  [[0xed, 0xab, 0xee, 0xdb], 'it is an RPM package, which holds the image as vmlinuz'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'it is compressed with xz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'it is compressed with zstd'],
  [[0x02, 0x21, 0x4c, 0x18], 'it is compressed with lz4'],
  [[0x04, 0x22, 0x4d, 0x18], 'it is compressed with lz4'],
  ['BZh', 'it is compressed with bzip2'],
  [[0x5d, 0x00, 0x00], 'it is compressed with lzma'],
  ['070701', 'it is an initramfs, and one is made for the probe'],
  ['MZ', 'it is an EFI program, such as a unified kernel image, and no kernel by itself'],
];

/** Where the headers of arm64 and riscv have their magic numbers, Documentation/arch/riscv/boot-image-header.rst. */
const isRiscv = (bytes: Buffer): boolean =>
  bytes.toString('latin1', ARM64_MAGIC, ARM64_MAGIC + 4) === 'RSC\x05';

const whatIs = (bytes: Buffer): string =>
  (isRiscv(bytes)
    ? 'it is a kernel for riscv, and those for x86-64 and arm64 are booted'
    : undefined) ??
  OTHERS.find(([first]) => startsWith(bytes, first))?.[1] ??
  'it is no kernel image';

const startsWith = (bytes: Buffer, first: number[] | string): boolean => {
  const expected = typeof first === 'string' ? Buffer.from(first, 'latin1') : Buffer.from(first);
  return bytes.subarray(0, expected.length).equals(expected);
};

const BANNER = 'Linux version ';

/** What the kernel will print first of all (init/version.c), from an image that is not compressed. */
function banner(bytes: Buffer): string {
  for (let at = bytes.indexOf(BANNER); at >= 0; at = bytes.indexOf(BANNER, at + 1)) {
    const said = text(bytes, at + BANNER.length);
    // Another place holds the format: "Linux version %s (…)".
    if (/^\d/.test(said)) return said;
  }
  return '';
}

const MAX_VERSION = 256;

function text(bytes: Buffer, at: number): string {
  const field = bytes.subarray(at, at + MAX_VERSION);
  const end = field.indexOf(0);
  return field
    .toString('latin1', 0, end < 0 ? field.length : end)
    .replaceAll(/[^ -~]+/g, ' ')
    .trim();
}

const version = (said: string): { version?: string } => (said === '' ? {} : { version: said });
