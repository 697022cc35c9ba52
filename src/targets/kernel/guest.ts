import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, usageFailure } from '../../failure.js';
import type { KernelSpec } from '../spec.js';
import type { KernelImage } from './image.js';
import {
  AUDIT_RULES_PATH,
  FILTER_PATH,
  type GuestFile,
  planArchive,
  rootArchive,
} from './initramfs.js';
import type { Guest } from './qemu.js';

/** A guest whose files are ready except for its plan; each boot has its own plan. */
export interface PreparedGuest extends Guest {
  /** The part of the initramfs that all boots share. */
  root: Buffer;
  /** Words that belong to every plan. */
  words: readonly string[];
}

/** What the probe sets up before it measures. */
interface MeasuredUnder {
  /** A seccomp filter: an array of struct sock_filter. */
  filter?: Buffer;
  /** Rules of the kernel's audit: consecutive struct audit_rule_data with their texts. */
  rules?: Buffer;
}

/**
 * Copies the kernel to where nobody changes it during the session, and makes the initramfs.
 *
 * @param folder where both files are written
 * @throws Failure if a file for the guest cannot be read
 */
export async function prepareGuest(
  { options }: KernelSpec,
  { architecture, bootable }: KernelImage,
  probe: Buffer,
  folder: string,
  under: MeasuredUnder = {},
): Promise<PreparedGuest> {
  const [kernel, initramfs] = [join(folder, 'kernel'), join(folder, 'initramfs')];
  const files = await Promise.all(options.files.map(readGuestFile));
  await writeFile(kernel, bootable);
  const own = ownFiles(under);
  const root = rootArchive(probe, [...files, ...own.map(({ file }) => file)]);
  const words = own.map(({ option, file }) => `${option}=${file.path}`);
  return { architecture, options, kernel, initramfs, root, words };
}

/** The probe's options that name a file of ours, and those files. */
const ownFiles = ({ filter, rules }: MeasuredUnder): { option: string; file: GuestFile }[] => [
  ...ownFile('--seccomp', FILTER_PATH, filter),
  ...ownFile('--audit-rules', AUDIT_RULES_PATH, rules),
];

const ownFile = (option: string, path: string, content: Buffer | undefined) =>
  content === undefined ? [] : [{ option, file: { path, content, executable: false } }];

/** Appends the plan to the rest: QEMU takes only one initramfs file. */
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
      `The file ${place.from}, which kernel-options name for the guest as ${place.to}, could not be read (${reasonOf(error)}): give a file that this user may read.`,
    );
  }
}
