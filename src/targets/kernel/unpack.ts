import { spawn } from 'node:child_process';
import { gunzipSync } from 'node:zlib';

/** Larger than any unpacked kernel. */
const MAX_KERNEL_BYTES = 512 * 1024 * 1024;

/**
 * Offsets from Documentation/arch/x86/boot.rst; the payload's own offset counts from the end of the
 * setup code.
 */
const X86 = { setupSectors: 0x1f1, magic: 0x202, payloadOffset: 0x248, payloadLength: 0x24c };
const SECTOR = 512;
/** Offsets from drivers/firmware/efi/libstub/zboot-header.S. */
const ZBOOT = { payloadOffset: 8, payloadLength: 12, compression: 24, end: 56 };
/**
 * A bzImage's payload is followed by its unpacked length, except with gzip, which stores it itself.
 */
const LENGTH_BYTES = 4;

/**
 * The program that unpacks a kernel, by the kernel's first bytes (as in scripts/extract-vmlinux).
 */
const PROGRAMS: readonly [first: number[], argv: [string, ...string[]]][] = [
  [
    [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    ['xz', '-dc', '--single-stream'],
  ],
  [
    [0x28, 0xb5, 0x2f, 0xfd],
    ['zstd', '-dc'],
  ],
  [
    [0x02, 0x21, 0x4c, 0x18],
    ['lz4', '-dc'],
  ],
  [
    [0x5d, 0x00, 0x00],
    ['xz', '-dc', '--format=lzma'],
  ],
  [
    [0x42, 0x5a, 0x68],
    ['bzip2', '-dc'],
  ],
];
const GZIP = [0x1f, 0x8b];

/**
 * How a self-extracting EFI program (CONFIG_EFI_ZBOOT) is compressed; undefined for other images.
 */
export function zbootCompression(image: Buffer): string | undefined {
  if (image.length < ZBOOT.end || image.toString('latin1', 0, 8) !== 'MZ\0\0zimg') return undefined;
  const name = image.toString('latin1', ZBOOT.compression, ZBOOT.end);
  return /^[a-z0-9]{1,10}(?=\0)/.exec(name)?.[0] ?? 'content';
}

/**
 * Unpacks the kernel from a bzImage, an Image.gz or a compressed EFI program.
 *
 * @returns undefined if the program that unpacks it is missing or fails
 * @throws the signal's reason if the signal is aborted
 */
export async function unpackedKernel(
  image: Buffer,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const packed = payload(image);
  if (begins(packed, GZIP)) return gunzipped(packed);
  const argv = PROGRAMS.find(([first]) => begins(packed, first))?.[1];
  if (argv === undefined) return packed === image ? image : undefined;
  const unpacked = await filter(argv, packed, signal);
  signal.throwIfAborted();
  return unpacked;
}

function payload(image: Buffer): Buffer {
  if (zbootCompression(image) !== undefined) {
    const at = image.readUInt32LE(ZBOOT.payloadOffset);
    return image.subarray(at, at + image.readUInt32LE(ZBOOT.payloadLength));
  }
  if (image.toString('latin1', X86.magic, X86.magic + 4) !== 'HdrS') return image;
  const setup = ((image.readUInt8(X86.setupSectors) || 4) + 1) * SECTOR;
  const at = setup + image.readUInt32LE(X86.payloadOffset);
  const packed = image.subarray(at, at + image.readUInt32LE(X86.payloadLength));
  return begins(packed, GZIP) ? packed : packed.subarray(0, -LENGTH_BYTES);
}

const begins = (bytes: Buffer, first: readonly number[]): boolean =>
  first.every((byte, at) => bytes[at] === byte);

function gunzipped(packed: Buffer): Buffer | undefined {
  try {
    return gunzipSync(packed, { maxOutputLength: MAX_KERNEL_BYTES });
  } catch {
    return undefined;
  }
}

/** A program's output for an input; undefined if the program is missing or fails. */
const filter = (
  [program, ...words]: [string, ...string[]],
  input: Buffer,
  signal: AbortSignal,
): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const stdio = ['pipe', 'pipe', 'ignore'] as const;
    const child = spawn(program, words, { stdio: [...stdio], signal, killSignal: 'SIGKILL' });
    const chunks: Buffer[] = [];
    let length = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_KERNEL_BYTES) child.kill('SIGKILL');
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks) : undefined));
    // It may exit before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
