import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelSpec } from '../../config/config.js';
import { reasonOf, usageFailure } from '../../failure.js';
import type { KernelImage } from './image.js';
import { FILTER_PATH, type GuestFile, planArchive, rootArchive } from './initramfs.js';
import type { Guest } from './qemu.js';

/** A guest whose files are there but for its plan, which each boot has its own of. */
export interface PreparedGuest extends Guest {
  /** What all boots have in common of their initramfs. */
  root: Buffer;
  /** What every plan says there. */
  words: readonly string[];
}

/**
 * Puts a copy of the kernel where nobody changes it meanwhile, and makes the initramfs.
 *
 * @param folder where both go
 * @param filter the seccomp filter that the probe measures under
 * @throws Failure when a file for the guest cannot be read
 */
export async function prepareGuest(
  { options }: KernelSpec,
  { architecture, bootable }: KernelImage,
  probe: Buffer,
  folder: string,
  filter?: Buffer,
): Promise<PreparedGuest> {
  const [kernel, initramfs] = [join(folder, 'kernel'), join(folder, 'initramfs')];
  const files = await Promise.all(options.files.map(readGuestFile));
  await writeFile(kernel, bootable);
  const filters =
    filter === undefined ? [] : [{ path: FILTER_PATH, content: filter, executable: false }];
  const root = rootArchive(probe, [...files, ...filters]);
  const words = filters.map(({ path }) => `--seccomp=${path}`);
  return { architecture, options, kernel, initramfs, root, words };
}

/** QEMU takes one initramfs, so the plan goes behind the rest. */
export const writePlan = (guest: PreparedGuest, words: readonly string[]) =>
  writeFile(guest.initramfs, Buffer.concat([guest.root, planArchive([...words, ...guest.words])]));

const ANYBODY_EXECUTES = 0o111;

async function readGuestFile(place: KernelSpec['options']['files'][number]): Promise<GuestFile> {
  try {
    const file = await open(place.from);
    try {
      const executable = ((await file.stat()).mode & ANYBODY_EXECUTES) !== 0;
      return { path: place.to, content: await readFile(file), executable };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw usageFailure(
      `The file ${place.from}, which kernel-options put into the guest as ${place.to}, could not be read (${reasonOf(error)}): give a file that this user may read.`,
    );
  }
}
