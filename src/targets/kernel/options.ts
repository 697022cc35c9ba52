import { resolve } from 'node:path';
import type { KernelOptions } from '../spec.js';
import { Refusal, splitWords } from '../words.js';

/** What every kernel boots with. */
export const KERNEL_DEFAULTS: Readonly<KernelOptions> = {
  memoryMib: 512,
  cpus: 1,
  deadlineMs: 60_000,
  files: [],
};

const SYNTAX =
  'memory=MIB, cpus=N, machine=NAME, cpu=MODEL, accel=kvm or accel=tcg, deadline=SECONDS, file=HERE:/THERE';

/** Each option's reading, by name. */
const READERS: Readonly<Record<string, (value: string) => Partial<KernelOptions>>> = {
  memory: (value) => ({ memoryMib: whole('memory', value, 64, 1024 * 1024, 'MiB') }),
  cpus: (value) => ({ cpus: whole('cpus', value, 1, 64, 'CPUs') }),
  deadline: (value) => ({ deadlineMs: 1000 * whole('deadline', value, 1, 3600, 'seconds') }),
  machine: (value) => ({ machine: name('machine', value) }),
  cpu: (value) => ({ cpu: name('cpu', value) }),
  accel: (value) => {
    if (value === 'kvm' || value === 'tcg') return { accelerator: value };
    throw new Refusal(`accel=${value} is not known; give accel=kvm, accel=tcg, or leave it out`);
  },
};

/**
 * Reads `kernel-options`: words as a shell splits them, each `name=value`. Only `file` may be there
 * more than once.
 *
 * @throws Refusal
 */
export function parseKernelOptions(text: string): KernelOptions {
  const seen = new Set<string>();
  const options = { ...KERNEL_DEFAULTS };
  for (const word of splitWords(text)) {
    const equals = word.indexOf('=');
    const [key, value] = [word.slice(0, equals), word.slice(equals + 1)];
    if (equals < 1 || value === '') throw new Refusal(`"${word}" is none of ${SYNTAX}`);
    if (key === 'file') {
      options.files = [...options.files, file(value)];
      continue;
    }
    const read = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
    if (read === undefined) throw new Refusal(`"${word}" is none of ${SYNTAX}`);
    if (seen.has(key)) throw new Refusal(`${key} is there twice`);
    seen.add(key);
    Object.assign(options, read(value));
  }
  return options;
}

function whole(key: string, value: string, least: number, most: number, unit: string): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Refusal(`${key}=${value} is not a whole number of ${unit} from ${least} to ${most}`);
}

function name(key: string, value: string): string {
  if (/^[\w.][\w.,=+-]{0,99}$/.test(value)) return value;
  throw new Refusal(`${key}=${value} is no name that QEMU could know`);
}

/** The last colon parts the two, since a path here may have some. */
function file(value: string): KernelOptions['files'][number] {
  const colon = value.lastIndexOf(':');
  const [here, there] = [value.slice(0, colon), value.slice(colon + 1)];
  const parts = there.split('/').slice(1);
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (colon < 1 || !there.startsWith('/') || !plain) {
    throw new Refusal(
      `file=${value} is not a path here and an absolute path of a file in the guest, such as file=./data:/data`,
    );
  }
  if (OURS.includes(there)) throw new Refusal(`file=${value} would replace what the probe needs`);
  return { from: resolve(here), to: there };
}

const OURS = [
  ...['/init', '/plan', '/seccomp', '/audit-rules'],
  ...['/dev', '/dev/console', '/dev/null', '/dev/zero'],
];
