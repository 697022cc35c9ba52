import { fromBufferPromise } from 'yauzl';

/** Limits on the memory that an archive may use here, whoever made it. */
interface ZipLimits {
  entries: number;
  /** Size of one entry, after inflating. */
  inflatedBytes: number;
  /** Inflated over deflated size; JSON text stays below 30, a zip bomb reaches 1000. */
  ratio: number;
}

interface Unusable {
  ok: false;
  reason: string;
}

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
    return { ok: false, reason: 'its archive is damaged or cut short' };
  }
}

async function readEntries(zip: Buffer, suffix: string, limits: ZipLimits): Promise<Unzipped> {
  const archive = await fromBufferPromise(zip, { lazyEntries: true });
  if (archive.entryCount > limits.entries) {
    return { ok: false, reason: `its archive holds ${archive.entryCount} files` };
  }
  const texts: string[] = [];
  for await (const entry of archive.eachEntry()) {
    if (!entry.fileName.endsWith(suffix)) continue;
    if (!withinLimits(entry, limits)) {
      return { ok: false, reason: `its archive inflates to ${entry.uncompressedSize} bytes` };
    }
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
  limits: ZipLimits,
): boolean =>
  entry.uncompressedSize <= limits.inflatedBytes &&
  entry.uncompressedSize <= entry.compressedSize * limits.ratio;
