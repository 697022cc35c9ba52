import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { reasonOf } from '../../failure.js';
import type { Architecture } from '../../probe/architecture.js';
import { Refusal } from '../words.js';
import { unpackedKernel, zbootCompression } from './unpack.js';

/** A kernel that QEMU can boot. */
export interface KernelImage {
  architecture: Architecture;
  /** Its version text: release, builder and build; undefined if the image has none. */
  version?: string;
  /** The file's content. */
  content: Buffer;
  /** What QEMU boots: it accepts an image packed with gzip, but no compressed EFI program. */
  bootable: Buffer;
}

type Identity = Pick<KernelImage, 'architecture' | 'version'>;

/** Larger than any kernel; QEMU would also read the whole file into memory. */
export const MAX_IMAGE_BYTES = 1024 * 1024 * 1024;

/**
 * Reads a kernel image.
 *
 * @throws Refusal with a clause that says what the file is instead, and which one to give; the
 *   signal's reason if the signal is aborted
 */
export async function readImage(path: string, signal: AbortSignal): Promise<KernelImage> {
  const content = await readFile(path);
  if (content.length === 0) throw new Refusal(`it is empty; ${GIVE}`);
  const bootable = await bootableOf(content, signal);
  return { ...identify(bootable), content, bootable };
}

/** SHA-256 of an image's content, in hexadecimal digits. */
export const sha256Of = (content: Buffer): string =>
  createHash('sha256').update(content).digest('hex');

/**
 * Older versions of QEMU do not unpack an EFI program, and newer ones do not unpack all of them.
 */
async function bootableOf(content: Buffer, signal: AbortSignal): Promise<Buffer> {
  const compression = zbootCompression(content);
  if (compression === undefined) return content;
  const unpacked = await unpackedKernel(content, signal);
  if (unpacked !== undefined) return unpacked;
  throw new Refusal(
    `it is a compressed EFI program (CONFIG_EFI_ZBOOT), but its ${compression} content could not be unpacked; check that it is complete and that ${compression} is installed`,
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
 * Says what an image is, from its header alone.
 *
 * @throws Refusal with a clause
 */
export function identify(bytes: Buffer): Identity {
  if (isX86(bytes)) return bzImage(bytes);
  if (isArm64(bytes)) return arm64Image(bytes);
  if (startsWith(bytes, GZIP)) return compressedImage(bytes);
  throw new Refusal(`${whatIs(bytes)}; ${GIVE}`);
}

/** Offsets from Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". */
const X86 = {
  ...{ setupSectors: 0x1f1, paragraphs: 0x1f4, magic: 0x202, protocol: 0x206 },
  ...{ versionPointer: 0x20e, loadFlags: 0x211, extendedLoadFlags: 0x236, end: 0x268 },
};
const LOADED_HIGH = 1;
const KERNEL_64 = 1;
/** The first protocol with 64-bit entry points. */
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
    throw new Refusal('it is a 32-bit kernel for x86, but the probe is a 64-bit program');
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

/** Image.gz of arm64, which QEMU unpacks itself. */
function compressedImage(bytes: Buffer): Identity {
  const content = unpacked(bytes);
  if (isArm64(content)) return arm64Image(content);
  if (isX86(content))
    throw new Refusal('it is a bzImage that was packed again with gzip; unpack it');
  throw new Refusal(`it is compressed with gzip; unpacked, ${whatIs(content)}; ${GIVE}`);
}

function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_IMAGE_BYTES });
  } catch (error) {
    throw new Refusal(
      `it begins like a gzip file but could not be unpacked (${reasonOf(error)}); check that it is complete`,
    );
  }
}

const truncated = (bytes: number, min: number): Refusal =>
  new Refusal(
    `it has ${bytes} bytes, but its header says at least ${min}, so a part is missing; copy it again`,
  );

const GZIP = [0x1f, 0x8b];

/** Files that people mistake for a kernel image, by their first bytes. */
const OTHERS: readonly [first: number[] | string, what: string][] = [
  ['\x7fELF', 'it is an ELF file such as vmlinux, which has the symbols but does not boot'],
  ['!<arch>\n', 'it is a Debian package, which contains the image as boot/vmlinuz-… (dpkg-deb -x)'],
  [[0xed, 0xab, 0xee, 0xdb], 'it is an RPM package, which contains the image as vmlinuz'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'it is compressed with xz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'it is compressed with zstd'],
  [[0x02, 0x21, 0x4c, 0x18], 'it is compressed with lz4'],
  [[0x04, 0x22, 0x4d, 0x18], 'it is compressed with lz4'],
  ['BZh', 'it is compressed with bzip2'],
  [[0x5d, 0x00, 0x00], 'it is compressed with lzma'],
  ['070701', 'it is an initramfs, not a kernel'],
  ['MZ', 'it is an EFI program such as a unified kernel image, not a kernel by itself'],
];

/**
 * The headers of riscv and arm64 have their magic numbers at the same offset
 * (Documentation/arch/riscv/boot-image-header.rst).
 */
const isRiscv = (bytes: Buffer): boolean =>
  bytes.toString('latin1', ARM64_MAGIC, ARM64_MAGIC + 4) === 'RSC\x05';

const whatIs = (bytes: Buffer): string =>
  (isRiscv(bytes)
    ? 'it is a kernel for riscv, but only x86-64 and arm64 are supported'
    : undefined) ??
  OTHERS.find(([first]) => startsWith(bytes, first))?.[1] ??
  'it is not a kernel image';

const startsWith = (bytes: Buffer, first: number[] | string): boolean => {
  const expected = typeof first === 'string' ? Buffer.from(first, 'latin1') : Buffer.from(first);
  return bytes.subarray(0, expected.length).equals(expected);
};

const BANNER = 'Linux version ';

/**
 * The first line that the kernel prints (init/version.c), read from an image that is not
 * compressed.
 */
function banner(bytes: Buffer): string {
  for (let at = bytes.indexOf(BANNER); at >= 0; at = bytes.indexOf(BANNER, at + 1)) {
    const said = text(bytes, at + BANNER.length);
    // Another place holds the format string: "Linux version %s (…)".
    if (/^\d/.test(said)) return said;
  }
  return '';
}

/** A banner also names the compiler. A fact in a record is no longer than this. */
const MAX_VERSION = 512;

function text(bytes: Buffer, at: number): string {
  const field = bytes.subarray(at, at + MAX_VERSION);
  const end = field.indexOf(0);
  return field
    .toString('latin1', 0, end < 0 ? field.length : end)
    .replaceAll(/[^ -~]+/g, ' ')
    .trim();
}

const version = (said: string): { version?: string } => (said === '' ? {} : { version: said });
