import { oneLine } from '../../probe/lines.js';

/** What is known about a boot that failed. */
export interface FailedBoot {
  /** Everything that came over the serial port. */
  console: string;
  /** QEMU's error output. */
  stderr: string;
  timedOut: boolean;
  /** How long the launcher waited for it. */
  deadlineMs: number;
  /** Whether the kernel was told to print its log. */
  verbose: boolean;
  /** The configuration option that gives the kernel a console. */
  consoleOption: string;
}

/**
 * Explains from the console why a boot failed.
 *
 * @returns a clause that goes on from "because"; undefined if the console shows nothing wrong
 */
export function explainBoot(boot: FailedBoot): string | undefined {
  const why = refusedByQemu(boot) ?? panicked(boot) ?? probeFailed(boot) ?? silent(boot);
  if (why === undefined || boot.console === '') return why;
  const lines = lastLines(boot.console);
  return lines === '' ? why : `${why}; its console ended with ${lines}`;
}

/** Warnings are skipped, such as those about features that this processor lacks. */
const QEMU_ERROR = /^qemu-system-\w+: (?!warning|terminating)(.*)$/m;

function refusedByQemu({ stderr, timedOut }: FailedBoot): string | undefined {
  const said = QEMU_ERROR.exec(stderr)?.[1]?.replace(/^error: /, '');
  if (said === undefined || timedOut) return undefined;
  const hint = QEMU_HINTS.find(([pattern]) => pattern.test(stderr))?.[1] ?? '';
  return `QEMU does not start: "${abridge(said)}"${hint}`;
}

const QEMU_HINTS: readonly [RegExp, string][] = [
  [/Could not access KVM/, '; give this user access to /dev/kvm, or accel=tcg'],
  [/KVM|MSR/i, '; KVM does not work here, so set accel=tcg'],
  [/unsupported machine type/, '; choose another machine= that QEMU knows (-machine help)'],
  [/CPU model/, '; choose another cpu= that QEMU knows (-cpu help)'],
  [/allocate memory|set up guest memory|Cannot allocate/, '; give less memory='],
  [/CPUs requested|max CPUs|number of (SMP )?CPUs/i, '; give fewer cpus='],
];

const PANIC = /Kernel panic - not syncing: (.*)/;

function panicked({ console, verbose }: FailedBoot): string | undefined {
  const said = PANIC.exec(console)?.[1];
  if (said === undefined) return undefined;
  return `it panicked, "${abridge(said)}"${panicCause(console, said, verbose)}`;
}

const ENOEXEC = '-8';

function panicCause(console: string, said: string, verbose: boolean): string {
  const error = /Failed to execute \/init \(error (-\d+)\)/.exec(console)?.[1];
  if (error !== undefined) {
    const hint = error === ENOEXEC ? ': build it with CONFIG_BINFMT_ELF=y' : '';
    return `, because it cannot execute the probe (error ${error})${hint}`;
  }
  const broken = /Initramfs unpacking failed: (.*)/.exec(console)?.[1];
  if (broken !== undefined) {
    return `, because it could not unpack the initramfs (${abridge(broken)}): give it more memory= in kernel-options`;
  }
  if (/memory/.test(said)) return ': give it more memory= in kernel-options';
  if (!verbose || !/mount root fs|No working init/.test(said)) return '';
  return /Trying to unpack rootfs|Unpacking initramfs/.test(console)
    ? ', because it did not find the probe as its init: leave rdinit= and init= out of its command line'
    : ', because it does not support the initramfs with the probe: build it with CONFIG_BLK_DEV_INITRD=y';
}

/** The last line of the probe when it is the init of a bare kernel. */
const EXIT = /^\{"type":"exit","code":(\d+)\}/m;

/** 128 plus the number of SIGSYS, as shells report a process that a signal killed. */
const SIGSYS = '159';

function probeFailed({ console }: FailedBoot): string | undefined {
  const code = EXIT.exec(console)?.[1];
  if (code === undefined || code === '0') return undefined;
  if (code === SIGSYS)
    return 'the seccomp filter killed the probe for a system call that it forbids';
  if (/^probe: asking for the kernel's audit failed: Protocol not supported/m.test(console)) {
    return 'it lacks the audit that an audit-rule needs: build it with CONFIG_AUDITSYSCALL=y, and leave audit=0 out of its command line';
  }
  const said = console.match(/^probe: .*$/gm)?.at(-1);
  return `the probe ended with exit code ${code}${said === undefined ? '' : `, saying "${abridge(said)}"`}`;
}

/** Whether the probe itself reported that it ended well. */
export const probeSucceeded = (console: string): boolean => EXIT.exec(console)?.[1] === '0';

const hasLog = (console: string): boolean => /^\[ *\d+\.\d+\]|^Linux version /m.test(console);

function silent(boot: FailedBoot): string | undefined {
  const { console, timedOut, deadlineMs, verbose, consoleOption } = boot;
  if (console.includes('{"type":"hello"')) return undefined;
  const seconds = deadlineMs / 1000;
  const noLog = verbose && !hasLog(console);
  if (timedOut && noLog) {
    return `it was not up after ${seconds} s and printed nothing: it hangs from the start, or it has no console (${consoleOption})`;
  }
  if (timedOut) {
    return `it was not up after ${seconds} s: it hangs, or it needs more time (deadline=${2 * seconds} in kernel-options)`;
  }
  if (noLog) {
    return `it ended without printing anything: build it with ${consoleOption} for a console, or give it more memory=`;
  }
  return 'it restarted before the probe printed anything';
}

const LINES = 3;
const LINE_LENGTH = 120;

const abridge = (text: string): string => printable(text).slice(0, LINE_LENGTH);

const printable = (text: string): string =>
  oneLine(text)
    .replaceAll(/[^ -~]/g, '?')
    .replaceAll('"', "'")
    .trim();

/** The last lines before a panic, since the trace behind it says less; without their times. */
function lastLines(console: string): string {
  const said = console
    .split(/[\r\n]+/)
    .filter((line) => !line.startsWith('{'))
    .map((line) => printable(line.replace(/^\[ *\d+\.\d+\] /, '')))
    .filter((line) => line !== '');
  const panic = said.findIndex((line) => PANIC.test(line));
  return said
    .slice(0, panic < 0 ? undefined : panic)
    .slice(-LINES)
    .map((line) => `"${line.slice(0, LINE_LENGTH)}"`)
    .join(' / ');
}
