import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { measurementFailure, reasonOf } from '../../failure.js';
import type { Architecture } from '../../probe/architecture.js';
import type { KernelOptions } from '../spec.js';
import { PLAN_PATH } from './initramfs.js';

/** What runs the guest's instructions: the processor itself, or an emulation of one. */
export type Accelerator = 'kvm' | 'tcg';

/** What QEMU has to be told for an architecture. */
interface Emulator {
  program: string;
  /** Debian's and Ubuntu's. */
  package: string;
  machine: string;
  /** All that it can emulate. */
  processor: string;
  /** The first serial port, as the kernel calls it, and the option that gives it a console. */
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
    // The interrupt controller of the processor here where that runs the guest: others do not work.
    machine: 'virt,gic-version=max',
    // Pointers are signed by what is quick to emulate, and not by QARMA; the clock counts nanoseconds
    // as from Armv8.6 on, and not sixteen of them.
    processor: 'max,pauth-impdef=on,cntfrq=1000000000',
    ...{ console: 'ttyAMA0', consoleOption: 'CONFIG_SERIAL_AMBA_PL011_CONSOLE=y' },
  },
};

/** A virtual machine, and the kernel that it boots. */
export interface Guest {
  architecture: Architecture;
  options: Pick<KernelOptions, 'memoryMib' | 'cpus' | 'machine' | 'cpu'>;
  /** Absolute paths. */
  kernel: string;
  initramfs: string;
}

export const machineOf = ({ architecture, options }: Guest): string =>
  options.machine ?? EMULATORS[architecture].machine;

/** All that the processor here has, or all that can be emulated: mitigations as on a new machine. */
export const processorOf = ({ architecture, options }: Guest, accelerator: Accelerator): string =>
  options.cpu ?? (accelerator === 'kvm' ? 'host' : EMULATORS[architecture].processor);

/**
 * QEMU's whole command line. The guest has a serial port, which is standard output, and no other
 * device: nothing to wait for, no interrupts. It ends when the guest restarts.
 *
 * @param commandLine the kernel's
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

/** Errors are printed, and a panic with what led to it. */
const LOG_ERRORS = 4;
/** All but debugging messages: what a boot that fails can be told by. */
const LOG_ALL = 7;

/**
 * The kernel's command line: the user's part, then what the probe cannot do without, since the last
 * word counts.
 *
 * @param verbose whether the kernel's log goes to the console
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
 * The version of an architecture's QEMU.
 *
 * @throws Failure that names the package, when it is not installed
 */
export async function qemuVersion(architecture: Architecture): Promise<string> {
  const { program, package: debian } = EMULATORS[architecture];
  try {
    const { stdout } = await promisify(execFile)(program, ['--version']);
    return /version (\S+)/.exec(stdout)?.[1] ?? stdout.split('\n', 1)[0] ?? '';
  } catch (error) {
    const why = reasonOf(error);
    const text =
      why === 'ENOENT'
        ? `QEMU is not installed: kernels are booted with ${program}, which is in the package ${debian} (apt-get install ${debian}).`
        : `${program} does not run here (${why}): kernels are booted with it; install ${debian} again.`;
    throw measurementFailure(text, error);
  }
}
