import { readFile, stat } from 'node:fs/promises';
import { reasonOf } from '../failure.js';

/** A file's text, or one clause that says why there is none. */
type FileRead = { text: string; why?: never } | { text?: never; why: string };

/** Reads a regular file. A folder, a device or a file that is too large is not opened. */
export async function readWhole(path: string, maxBytes: number): Promise<FileRead> {
  try {
    const found = await stat(path);
    if (!found.isFile())
      return { why: found.isDirectory() ? 'it is a folder' : 'it is not a file' };
    if (found.size > maxBytes) return { why: 'it is too large' };
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    return { why: `it cannot be read (${reasonOf(error)})` };
  }
}
