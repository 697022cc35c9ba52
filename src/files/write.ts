import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { measurementFailure, reasonOf, usageFailure } from '../failure.js';
import { makeFolder } from './folder.js';

/**
 * Makes a folder and proves that files can be written in it.
 * @throws Failure (usage) when they cannot
 */
export async function claimFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
    await writeWhole(join(path, 'report.json.check'), '');
    await rm(join(path, 'report.json.check'));
  } catch (error) {
    throw usageFailure(
      `out "${path}" cannot be written to (${reasonOf(error)}): give a folder that this user may write in.`,
    );
  }
}

/**
 * Writes a file so that no reader and no crash ever sees half of it: temporary file in the same
 * folder, fsync, rename (rename(2) replaces atomically).
 * @throws Failure (measurement) when the file system refuses
 */
export async function saveFile(path: string, content: string | Buffer): Promise<void> {
  try {
    await writeWhole(path, content);
  } catch (error) {
    throw measurementFailure(
      `${path} could not be written (${reasonOf(error)}): make room or choose another out folder.`,
      error,
    );
  }
}

async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
