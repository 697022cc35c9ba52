import { open, realpath } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import {
  type KernelConfiguration,
  parseKernelConfiguration,
} from '../../record/kernel-configuration.js';
import { besideImage } from './beside.js';
import { unpackedKernel } from './unpack.js';

/** Ten times the longest configuration known. */
const MAX_CONFIGURATION_BYTES = 4 * 1024 * 1024;

/**
 * Reads what a kernel was built with: from the image itself if it was built with CONFIG_IKCONFIG,
 * else from a file that belongs to the image. If there is neither, the configuration is unknown,
 * which is no failure.
 *
 * @param path path of the image
 * @throws the signal's reason if the signal is aborted
 */
export async function configurationOf(
  path: string,
  image: Buffer,
  signal: AbortSignal,
): Promise<KernelConfiguration | undefined> {
  const own = embedded(await unpackedKernel(image, signal));
  if (own !== undefined) return parseKernelConfiguration(own, 'image');
  const real = await realpath(path).catch(() => path);
  for (const file of besideImage(real, 'config', '.config')) {
    const text = await read(file);
    const configuration = text === undefined ? undefined : parseKernelConfiguration(text, 'file');
    if (configuration !== undefined) return configuration;
  }
  return undefined;
}

/** The marks around it, and the first bytes of a gzip file (kernel/configs.c). */
const BEGIN = Buffer.from('IKCFG_ST\x1f\x8b', 'latin1');
const END = 'IKCFG_ED';
const GZIP_AT = 8;

function embedded(kernel: Buffer | undefined): string | undefined {
  const begin = kernel?.indexOf(BEGIN) ?? -1;
  if (kernel === undefined || begin < 0) return undefined;
  const end = kernel.indexOf(END, begin);
  try {
    const packed = kernel.subarray(begin + GZIP_AT, end < 0 ? undefined : end);
    return gunzipSync(packed, { maxOutputLength: MAX_CONFIGURATION_BYTES }).toString('latin1');
  } catch {
    return undefined;
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      const status = await file.stat();
      if (!status.isFile() || status.size > MAX_CONFIGURATION_BYTES) return undefined;
      return await file.readFile('latin1');
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
