import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fromBufferPromise, openPromise } from 'yauzl';

/** Limits on the memory or disk that an archive may use here, whoever made it. */
interface ZipLimits {
  entries: number;
  /** Size of one entry, after inflating. */
  inflatedBytes: number;
  /** Inflated over deflated size; JSON text and kernels stay below 30, a zip bomb reaches 1000. */
  ratio: number;
}

interface Unusable {
  ok: false;
  reason: string;
}

/** Where a file was written. */
type UnzippedFile = { ok: true } | Unusable;

type Unzipped = { ok: true; texts: string[] } | Unusable;

/**
 * Reads the files of an archive whose names end in a suffix, in memory and within limits.
 *
 * @returns the text of each file as UTF-8, of at least one, or one clause that says what is wrong
 *   with the archive
 */
export async function unzipTexts(
  zip: Buffer,
  suffix: string,
  limits: ZipLimits,
): Promise<Unzipped> {
  try {
    return await readEntries(zip, suffix, limits);
  } catch {
    return DAMAGED;
  }
}

const DAMAGED: Unusable = { ok: false, reason: 'its archive is damaged or cut short' };

/**
 * Writes the only file of an archive to a new file, within limits. It is never in memory as a whole.
 *
 * @param zip path of the archive
 * @param file path of the new file
 * @returns one clause that says what is wrong with the archive, if it cannot be used
 * @throws the signal's reason, or the file system's error when the new file cannot be written
 */
export async function unzipFile(
  zip: string,
  file: string,
  limits: Omit<ZipLimits, 'entries'>,
  signal: AbortSignal,
): Promise<UnzippedFile> {
  try {
    return await writeEntry(zip, file, limits, signal);
  } catch (error) {
    signal.throwIfAborted();
    // Those of yauzl and zlib name no system call.
    if (isFileSystemError(error)) throw error;
    return DAMAGED;
  }
}

const isFileSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

async function writeEntry(
  zip: string,
  file: string,
  limits: Omit<ZipLimits, 'entries'>,
  signal: AbortSignal,
): Promise<UnzippedFile> {
  const archive = await openPromise(zip, { lazyEntries: true, autoClose: false });
  try {
    if (archive.entryCount !== 1) return holds(archive.entryCount);
    for await (const entry of archive.eachEntry()) {
      if (!withinLimits(entry, limits)) return inflatesTo(entry);
      const content = await archive.openReadStreamPromise(entry);
      await pipeline(content, createWriteStream(file, { flags: 'wx' }), { signal });
    }
    return { ok: true };
  } finally {
    archive.close();
  }
}

const holds = (files: number): Unusable => ({
  ok: false,
  reason: `its archive holds ${files} files`,
});

const inflatesTo = ({ uncompressedSize }: { uncompressedSize: number }): Unusable => ({
  ok: false,
  reason: `its archive inflates to ${uncompressedSize} bytes`,
});

async function readEntries(zip: Buffer, suffix: string, limits: ZipLimits): Promise<Unzipped> {
  const archive = await fromBufferPromise(zip, { lazyEntries: true });
  if (archive.entryCount > limits.entries) return holds(archive.entryCount);
  const texts: string[] = [];
  for await (const entry of archive.eachEntry()) {
    if (!entry.fileName.endsWith(suffix)) continue;
    if (!withinLimits(entry, limits)) return inflatesTo(entry);
    // yauzl ends the stream with an error if it yields more bytes than the entry declares.
    const chunks: Buffer[] = [];
    for await (const chunk of await archive.openReadStreamPromise(entry)) chunks.push(chunk);
    texts.push(Buffer.concat(chunks).toString('utf8'));
  }
  if (texts.length > 0) return { ok: true, texts };
  return { ok: false, reason: `its archive holds no file *${suffix}` };
}

const withinLimits = (
  entry: { uncompressedSize: number; compressedSize: number },
  limits: Omit<ZipLimits, 'entries'>,
): boolean =>
  entry.uncompressedSize <= limits.inflatedBytes &&
  entry.uncompressedSize <= entry.compressedSize * limits.ratio;
