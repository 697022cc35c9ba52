import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { measurementFailure, reasonOf } from '../../failure.js';
import type { Architecture } from '../../probe/architecture.js';
import type { KernelOptions } from '../spec.js';
import { Refusal } from '../words.js';
import { PLAN_PATH } from './initramfs.js';

/** What executes the guest's instructions: the processor itself, or an emulator. */
export type Accelerator = 'kvm' | 'tcg';

/** What QEMU needs to know about an architecture. */
interface Emulator {
  program: string;
  /** Name of the package in Debian and Ubuntu. */
  package: string;
  machine: string;
  /** A processor with every feature that QEMU can emulate. */
  processor: string;
  /** The kernel's name of the first serial port, and the option that gives it a console there. */
  console: string;
  consoleOption: string;
}

export const EMULATORS: Readonly<Record<Architecture, Emulator>> = {
  x86_64: {
    ...{ program: 'qemu-system-x86_64', package: 'qemu-system-x86', machine: 'pc' },
    processor: 'max',
    ...{ console: 'ttyS0', consoleOption: 'CONFIG_SERIAL_8250_CONSOLE=y' },
  },
  aarch64: {
    ...{ program: 'qemu-system-aarch64', package: 'qemu-system-arm' },
    // The host's interrupt controller if the processor itself runs the guest: no other works.
    machine: 'virt,gic-version=max',
    // Pointers are signed by an algorithm that is quick to emulate, instead of QARMA. The clock
    // counts nanoseconds, as since Armv8.6, rather than sixteen of them.
    processor: 'max,pauth-impdef=on,cntfrq=1000000000',
    ...{ console: 'ttyAMA0', consoleOption: 'CONFIG_SERIAL_AMBA_PL011_CONSOLE=y' },
  },
};

/** A virtual machine and the kernel that it boots. */
export interface Guest {
  architecture: Architecture;
  options: Pick<KernelOptions, 'memoryMib' | 'cpus' | 'machine' | 'cpu'>;
  /** Absolute paths. */
  kernel: string;
  initramfs: string;
}

/** The parts of a guest that are known before its files are made. */
export type GuestMachine = Pick<Guest, 'architecture' | 'options'>;

export const machineOf = ({ architecture, options }: GuestMachine): string =>
  options.machine ?? EMULATORS[architecture].machine;

/**
 * Every feature of this processor, or every one that can be emulated, so that mitigations are as on
 * a new machine.
 */
export const processorOf = (
  { architecture, options }: GuestMachine,
  accelerator: Accelerator,
): string => options.cpu ?? (accelerator === 'kvm' ? 'host' : EMULATORS[architecture].processor);

/**
 * QEMU's whole command line. The guest's only device is a serial port on standard output, so there
 * is nothing else to wait for and no other interrupt. QEMU exits when the guest restarts.
 *
 * @param commandLine the kernel's command line
 */
export const qemuCommand = (
  guest: Guest,
  accelerator: Accelerator,
  commandLine: string,
): string[] => [
  EMULATORS[guest.architecture].program,
  ...['-no-user-config', '-nodefaults', '-no-reboot', '-display', 'none'],
  ...['-accel', accelerator, '-machine', machineOf(guest)],
  ...['-cpu', processorOf(guest, accelerator), '-smp', String(guest.options.cpus)],
  ...['-m', `${guest.options.memoryMib}M`],
  ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
  ...['-kernel', guest.kernel, '-initrd', guest.initramfs, '-append', commandLine],
];

/** Prints errors, and a panic with what led to it. */
const LOG_ERRORS = 4;
/** Prints everything except debugging messages, to explain a boot that fails. */
const LOG_ALL = 7;

/**
 * The kernel's command line: the user's part, then what the probe needs, since the last word wins.
 *
 * @param verbose whether the kernel prints its log to the console
 */
export const commandLineFor = (
  architecture: Architecture,
  own: string,
  { verbose = false } = {},
): string =>
  [
    ...(own === '' ? [] : [own]),
    ...[`console=${EMULATORS[architecture].console}`, 'panic=-1'],
    ...[`loglevel=${verbose ? LOG_ALL : LOG_ERRORS}`, '--', '--bare', `@${PLAN_PATH}`],
  ].join(' ');

/**
 * The version of QEMU for an architecture.
 *
 * @throws Failure that names the package, if QEMU is not installed
 */
export async function qemuVersion(architecture: Architecture): Promise<string> {
  const { program, package: debian } = EMULATORS[architecture];
  try {
    return await versionOf(program);
  } catch (error) {
    const why = reasonOf(error);
    const text =
      why === 'ENOENT'
        ? `QEMU is not installed, and kernels are booted with ${program}: install the package ${debian} (apt-get install ${debian}).`
        : `${program}, which boots kernels, does not run here (${why}): install the package ${debian} again.`;
    throw measurementFailure(text, error);
  }
}

/**
 * The same where a gate goes on without QEMU.
 *
 * @throws Refusal with a clause that names the package
 */
export async function qemuVersionIfAny(architecture: Architecture): Promise<string> {
  const { program, package: debian } = EMULATORS[architecture];
  try {
    return await versionOf(program);
  } catch (error) {
    const why = reasonOf(error);
    throw new Refusal(
      why === 'ENOENT'
        ? `QEMU is not installed (apt-get install ${debian})`
        : `${program} does not run here (${why}; apt-get install --reinstall ${debian})`,
    );
  }
}

async function versionOf(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['--version']);
  return /version (\S+)/.exec(stdout)?.[1] ?? stdout.split('\n', 1)[0] ?? '';
}
