import { oneLine } from '../../probe/lines.js';

/** What is known of a boot that did not end as it should have. */
export interface FailedBoot {
  /** All that came over the serial port. */
  console: string;
  /** QEMU's own words. */
  stderr: string;
  timedOut: boolean;
  /** How long it was waited for. */
  deadlineMs: number;
  /** Whether the kernel was told to print its log. */
  verbose: boolean;
  /** The option that gives the kernel a console here. */
  consoleOption: string;
}

/**
 * Says why a boot failed, by what the console shows.
 *
 * @returns a clause that goes on from "because"; undefined where the console shows nothing wrong
 */
export function explainBoot(boot: FailedBoot): string | undefined {
  const why = refusedByQemu(boot) ?? panicked(boot) ?? probeFailed(boot) ?? silent(boot);
  if (why === undefined || boot.console === '') return why;
  const lines = lastLines(boot.console);
  return lines === '' ? why : `${why}; its console ended with ${lines}`;
}

/** Not the warnings, such as of what the processor here lacks. */
const QEMU_ERROR = /^qemu-system-\w+: (?!warning|terminating)(.*)$/m;

function refusedByQemu({ stderr, timedOut }: FailedBoot): string | undefined {
  const said = QEMU_ERROR.exec(stderr)?.[1]?.replace(/^error: /, '');
  if (said === undefined || timedOut) return undefined;
  const hint = QEMU_HINTS.find(([pattern]) => pattern.test(stderr))?.[1] ?? '';
  return `QEMU does not start: "${abridge(said)}"${hint}`;
}

const QEMU_HINTS: readonly [RegExp, string][] = [
  [/Could not access KVM/, '; give this user access to /dev/kvm, or accel=tcg'],
  [/KVM|MSR/i, '; KVM does not work here, and accel=tcg does without'],
  [
    /unsupported machine type/,
    '; choose another machine= of those that QEMU knows (-machine help)',
  ],
  [/CPU model/, '; choose another cpu= of those that QEMU knows (-cpu help)'],
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
    return `, for it cannot execute the probe (error ${error})${hint}`;
  }
  const broken = /Initramfs unpacking failed: (.*)/.exec(console)?.[1];
  if (broken !== undefined) {
    return `, for it could not unpack the initramfs (${abridge(broken)}): give it more memory= in kernel-options`;
  }
  if (/memory/.test(said)) return ': give it more memory= in kernel-options';
  if (!verbose || !/mount root fs|No working init/.test(said)) return '';
  return /Trying to unpack rootfs|Unpacking initramfs/.test(console)
    ? ', for it found no init where the probe is: leave rdinit= and init= out of its command line'
    : ', for it does not take the initramfs with the probe: build it with CONFIG_BLK_DEV_INITRD=y';
}

/** The line that the probe ends with as init of a bare kernel. */
const EXIT = /^\{"type":"exit","code":(\d+)\}/m;

/** As shells count what a signal ended. */
const SIGSYS = '159';

function probeFailed({ console }: FailedBoot): string | undefined {
  const code = EXIT.exec(console)?.[1];
  if (code === undefined || code === '0') return undefined;
  if (code === SIGSYS)
    return 'the probe in it was killed for a call that its seccomp filter forbids';
  if (/^probe: asking for the kernel's audit failed: Protocol not supported/m.test(console)) {
    return 'it has no audit, which an audit-rule needs: build it with CONFIG_AUDITSYSCALL=y, and leave audit=0 out of its command line';
  }
  const said = console.match(/^probe: .*$/gm)?.at(-1);
  return `the probe in it ended with exit code ${code}${said === undefined ? '' : `, saying "${abridge(said)}"`}`;
}

/** Whether the probe ended well: it says so itself. */
export const cameThrough = (console: string): boolean => EXIT.exec(console)?.[1] === '0';

const hasLog = (console: string): boolean => /^\[ *\d+\.\d+\]|^Linux version /m.test(console);

function silent(boot: FailedBoot): string | undefined {
  const { console, timedOut, deadlineMs, verbose, consoleOption } = boot;
  if (console.includes('{"type":"hello"')) return undefined;
  const seconds = deadlineMs / 1000;
  const noLog = verbose && !hasLog(console);
  if (timedOut && noLog) {
    return `it was not up after ${seconds} s and said nothing: it hangs from the start, or it has no console (${consoleOption})`;
  }
  if (timedOut) {
    return `it was not up after ${seconds} s: it hangs, or it needs longer (deadline=${2 * seconds} in kernel-options)`;
  }
  if (noLog) {
    return `it ended and had said nothing: build it with ${consoleOption} for a console, or give it more memory=`;
  }
  return 'it restarted before the probe had said anything';
}

const LINES = 3;
const LINE_LENGTH = 120;

const abridge = (text: string): string => printable(text).slice(0, LINE_LENGTH);

const printable = (text: string): string =>
  oneLine(text)
    .replaceAll(/[^ -~]/g, '?')
    .replaceAll('"', "'")
    .trim();

/** Up to a panic, since the trace behind it says less; without the times. */
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
