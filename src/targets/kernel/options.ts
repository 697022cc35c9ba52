import { resolve } from 'node:path';
import { usageFailure } from '../../failure.js';
import type { KernelOptions } from '../spec.js';
import { Refusal, splitWords } from '../words.js';

/** Defaults for every kernel. */
export const KERNEL_DEFAULTS: Readonly<KernelOptions> = {
  memoryMib: 512,
  cpus: 1,
  deadlineMs: 60_000,
  files: [],
};

const SYNTAX =
  'memory=MIB, cpus=N, machine=NAME, cpu=MODEL, accel=kvm or accel=tcg, deadline=SECONDS, file=HERE:/THERE';

/** The reader of each option, by name. */
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
 * Reads `kernel-options`: words as a shell splits them, each `name=value`. Only `file` may occur
 * more than once.
 *
 * @throws Refusal with a clause
 */
export function parseKernelOptions(text: string): KernelOptions {
  const seen = new Set<string>();
  const options = { ...KERNEL_DEFAULTS };
  for (const word of splitWords(text)) {
    const equals = word.indexOf('=');
    const [key, value] = [word.slice(0, equals), word.slice(equals + 1)];
    if (equals < 1 || value === '') throw new Refusal(`"${word}" is not one of ${SYNTAX}`);
    if (key === 'file') {
      options.files = [...options.files, file(value)];
      continue;
    }
    const read = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
    if (read === undefined) throw new Refusal(`"${word}" is not one of ${SYNTAX}`);
    if (seen.has(key)) throw new Refusal(`${key} is given twice`);
    seen.add(key);
    Object.assign(options, read(value));
  }
  return options;
}

/**
 * Reads the input `kernel-options`.
 *
 * @throws Failure (usage) that names the input and what is allowed
 */
export function kernelOptionsOf(text: string): KernelOptions {
  try {
    return parseKernelOptions(text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(`kernel-options "${text.slice(0, 200)}": ${error.message}.`);
  }
}

function whole(key: string, value: string, min: number, max: number, unit: string): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Refusal(`${key}=${value} is not a whole number of ${unit} from ${min} to ${max}`);
}

function name(key: string, value: string): string {
  if (/^[\w.][\w.,=+-]{0,99}$/.test(value)) return value;
  throw new Refusal(`${key}=${value} cannot be a name that QEMU knows`);
}

/** The last colon separates the two paths, since a path on this machine may contain colons. */
function file(value: string): KernelOptions['files'][number] {
  const colon = value.lastIndexOf(':');
  const [here, there] = [value.slice(0, colon), value.slice(colon + 1)];
  const parts = there.split('/').slice(1);
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (colon < 1 || !there.startsWith('/') || !plain) {
    throw new Refusal(
      `file=${value} is not a path here, a colon and an absolute path in the guest, such as file=./data:/data`,
    );
  }
  if (OURS.includes(there))
    throw new Refusal(`file=${value} would replace a file that the probe needs`);
  return { from: resolve(here), to: there };
}

const OURS = [
  ...['/init', '/plan', '/seccomp', '/audit-rules'],
  ...['/dev', '/dev/console', '/dev/null', '/dev/zero'],
];
