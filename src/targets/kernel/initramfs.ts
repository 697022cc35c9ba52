/** A file in an initramfs. */
export interface Entry {
  name: string;
  /** Type and permissions, as in stat(2). */
  mode: number;
  content?: Buffer;
  /** Major and minor number of a device. */
  device?: readonly [number, number];
}

/**
 * Packs an initramfs in cpio's "newc" format (Documentation/driver-api/early-userspace). A kernel
 * unpacks several archives that follow one another.
 */
export function cpio(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries, { name: 'TRAILER!!!', mode: 0 }].flatMap(member));
}

function member({ name, mode, content = Buffer.alloc(0), device = [0, 0] }: Entry, index: number) {
  const path = Buffer.from(`${name}\0`);
  const fields = [
    ...[index, mode, 0, 0], // inode, mode, owner, group
    ...[1, 0, content.length], // links, time, size
    ...[0, 0, ...device], // the device that it is on, the device that it is
    ...[path.length, 0], // length of the name, checksum of another format
  ];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return [padded(Buffer.concat([Buffer.from(header), path])), padded(content)];
}

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const PROGRAM = 0o100755;
const CHARACTER_DEVICE = 0o020666;

/** Devices that a kernel opens before it starts an init, and that metrics open. */
const DEVICES: readonly Entry[] = [
  { name: 'dev', mode: DIRECTORY },
  { name: 'dev/console', mode: CHARACTER_DEVICE, device: [5, 1] },
  { name: 'dev/null', mode: CHARACTER_DEVICE, device: [1, 3] },
  { name: 'dev/zero', mode: CHARACTER_DEVICE, device: [1, 5] },
];

/** A file for the guest. */
export interface GuestFile {
  /** Absolute, without `.` and `..`. */
  path: string;
  content: Buffer;
  executable: boolean;
}

/** The root file system of a machine that has only the probe and the files that a user adds. */
export function rootArchive(probe: Buffer, files: readonly GuestFile[]): Buffer {
  const folders = new Set(files.flatMap(({ path }) => parentsOf(path)));
  folders.delete('dev');
  return cpio([
    { name: 'init', mode: PROGRAM, content: probe },
    ...DEVICES,
    ...[...folders].map((name) => ({ name, mode: DIRECTORY })),
    ...files.map(({ path, content, executable }) => ({
      ...{ name: path.slice(1), mode: executable ? PROGRAM : FILE, content },
    })),
  ]);
}

/** The folders that contain a file, the outermost first. */
function parentsOf(path: string): string[] {
  const names = path.slice(1).split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

/** Path of the probe's plan in the guest. */
export const PLAN_PATH = '/plan';

/** Path of the seccomp filter to measure under, if there is one. */
export const FILTER_PATH = '/seccomp';

/** Path of the rules of the kernel's audit, if there are any. */
export const AUDIT_RULES_PATH = '/audit-rules';

/** @param words the plan, as the probe's arguments */
export const planArchive = (words: readonly string[]): Buffer =>
  cpio([{ name: PLAN_PATH.slice(1), mode: FILE, content: Buffer.from(`${words.join('\n')}\n\n`) }]);
