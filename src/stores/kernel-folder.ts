import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, reasonOf } from '../failure.js';
import { makeFolder } from '../files/folder.js';
import { saveFile } from '../files/write.js';
import { KERNELS } from '../record/file.js';
import type { KeptKernels } from '../targets/kernel/kept.js';
import { NO_COPY, notKept, readMeasuredImage } from './measured-image.js';

/**
 * Kernel images in the out folder, each in a file that has its SHA-256 as its name.
 *
 * @param out absolute path of the out folder
 */
export function kernelsInFolder(out: string): KeptKernels {
  const folder = join(out, KERNELS);
  return {
    async keep(path, sha256) {
      const { content, why } = await readMeasuredImage(path, sha256);
      if (content === undefined) return notKept(path, why);
      try {
        await makeFolder(folder);
        await saveFile(join(folder, sha256), content);
        return undefined;
      } catch (error) {
        return error instanceof Failure ? error.message : notKept(path, reasonOf(error));
      }
    },
    async find(sha256) {
      const path = join(folder, sha256);
      const isThere = await stat(path).then(
        () => true,
        () => false,
      );
      return isThere ? { path, origin: `the file ${path}` } : NO_COPY;
    },
  };
}
