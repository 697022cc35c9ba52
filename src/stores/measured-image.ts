import { readFile } from 'node:fs/promises';
import { reasonOf } from '../failure.js';
import { sha256Of } from '../targets/kernel/image.js';

/** A kernel image, read again after it was measured; or why it is not that one any more, as a clause. */
type ImageRead = { content: Buffer; why?: never } | { content?: never; why: string };

/** Reads the image that a run measured, to keep a copy. */
export async function readMeasuredImage(path: string, sha256: string): Promise<ImageRead> {
  try {
    const content = await readFile(path);
    if (sha256Of(content) === sha256) return { content };
    return { why: `the file changed while its kernel was measured` };
  } catch (error) {
    return { why: `it cannot be read any more (${reasonOf(error)})` };
  }
}

/** The sentence for a kernel that could not be kept. */
export const notKept = (path: string, why: string): string =>
  `The kernel ${path} was not kept for later runs, because ${why}.`;

/** Why there is no copy of a kernel, as a clause. */
export const NO_COPY = 'no copy of the earlier kernel was kept (keep-kernel)';
