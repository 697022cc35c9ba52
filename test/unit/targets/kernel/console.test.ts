import { expect, test } from 'vitest';
import {
  explainBoot,
  type FailedBoot,
  probeSucceeded,
} from '../../../../src/targets/kernel/console.js';

// The texts are what Debian's kernel 6.1 and QEMU 7.2 print, shortened in the middle.
const BEGIN =
  '[    0.000000] Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)\r\n';
const UNPACKING = '[    1.519220] Trying to unpack rootfs image as initramfs...\r\n';
const ROOTLESS =
  "[    2.914200] /dev/root: Can't open blockdev\r\n" +
  '[    2.914386] VFS: Cannot open root device "(null)" or unknown-block(0,0): error -6\r\n' +
  "[    2.914600] Please append a correct 'root=' boot option; here are the available partitions:\r\n" +
  '[    2.914882] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n' +
  '[    2.915900] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0-56-cloud-amd64 #1  Debian 6.1.192-2\r\n' +
  '[    2.916500]  panic+0x118/0x2f4\r\n';
const NOT_EXECUTABLE =
  '[    3.544595] Run /init as init process\r\n' +
  '[    3.552275] Failed to execute /init (error -8)\r\n' +
  '[    3.553233] Run /bin/sh as init process\r\n' +
  '[    3.559673] Kernel panic - not syncing: No working init found.  Try passing init= option to kernel.\r\n';
const DEADLOCKED =
  '[    0.532400] Out of memory and no killable processes...\r\n' +
  '[    0.532500] Kernel panic - not syncing: System is deadlocked on memory\r\n';
const WAITING = '[    2.914200] Waiting for root device /dev/sda1...\r\n';

const explain = (boot: Partial<FailedBoot>): string | undefined =>
  explainBoot({
    ...{ console: '', stderr: '', timedOut: false, deadlineMs: 30_000, verbose: true },
    consoleOption: 'CONFIG_SERIAL_8250_CONSOLE=y',
    ...boot,
  });

test('a panic is quoted with the lines that led to it', () => {
  expect(explain({ console: BEGIN + UNPACKING + ROOTLESS })).toBe(
    'it panicked, "VFS: Unable to mount root fs on unknown-block(0,0)", because it did not find the probe as its init: leave rdinit= and init= out of its command line; ' +
      `its console ended with "/dev/root: Can't open blockdev" / ` +
      `"VFS: Cannot open root device '(null)' or unknown-block(0,0): error -6" / ` +
      `"Please append a correct 'root=' boot option; here are the available partitions:"`,
  );
});

test.each([
  ['a kernel without initramfs', { console: BEGIN + ROOTLESS }, 'CONFIG_BLK_DEV_INITRD=y'],
  ['one that knows no ELF', { console: BEGIN + UNPACKING + NOT_EXECUTABLE }, 'CONFIG_BINFMT_ELF=y'],
  [
    'an initramfs that does not fit',
    { console: `${BEGIN}[ 1.0] Initramfs unpacking failed: write error\n${ROOTLESS}` },
    '(write error): give it more memory= in kernel-options',
  ],
  ['too little memory', { console: BEGIN + DEADLOCKED }, 'more memory= in kernel-options'],
  ['a hang', { console: BEGIN + WAITING, timedOut: true }, 'it was not up after 30 s: it hangs'],
  ['a hang', { console: BEGIN + WAITING, timedOut: true }, 'deadline=60 in kernel-options'],
  [
    'a hang',
    { console: BEGIN + WAITING, timedOut: true },
    '; its console ended with "Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)" / "Waiting for root device /dev/sda1..."',
  ],
  [
    'silence without end',
    { timedOut: true },
    'printed nothing: it hangs from the start, or it has no',
  ],
  ['silence', {}, 'ended without printing anything: build it with CONFIG_SERIAL_8250_CONSOLE=y'],
  [
    'a word of the loader alone',
    { console: 'Probing EDD (edd=off to disable)... ok' },
    'ended without printing anything',
  ],
  ['a restart', { console: BEGIN }, 'it restarted before the probe printed anything'],
  [
    'a probe that fails',
    { console: `${BEGIN}probe: there is no metric 'x'.\n\n{"type":"exit","code":2}\n` },
    `the probe ended with exit code 2, saying "probe: there is no metric 'x'."`,
  ],
  [
    'a probe that a filter ends',
    { console: '{"type":"exit","code":159}\n' },
    'the seccomp filter killed the probe for a system call that it forbids',
  ],
  [
    'an unknown machine',
    { stderr: 'qemu-system-x86_64: unsupported machine type\nUse -machine help to list…\n' },
    'QEMU does not start: "unsupported machine type"; choose another machine=',
  ],
  [
    'KVM without access',
    {
      stderr:
        'Could not access KVM kernel module: Permission denied\nqemu-system-x86_64: failed to initialize kvm: Permission denied\n',
    },
    'give this user access to /dev/kvm, or accel=tcg',
  ],
  [
    'KVM that does not work',
    { stderr: 'qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69\n' },
    'QEMU does not start: "failed to set MSR 0x10a to 0x69"; KVM does not work here',
  ],
])('%s is explained', (_, boot, clause) => {
  expect(explain(boot)).toContain(clause);
});

test('a warning of QEMU is no reason', () => {
  const stderr = "qemu-system-x86_64: warning: host doesn't support requested feature: CPUID.01H\n";
  expect(explain({ stderr, console: BEGIN })).toContain('it restarted before');
});

test('what the console says is bounded, and printable', () => {
  const line = `\x1b[2J${'x'.repeat(5000)}\u00e9\n`;
  const why = explain({ console: BEGIN + line.repeat(50) }) ?? '';
  expect(why.length).toBeLessThan(700);
  expect(why).toMatch(/^[ -~]+$/);
});

test('where the probe ran, the launcher says what is wrong', () => {
  expect(explain({ console: `${BEGIN}{"type":"hello"}\n`, timedOut: true })).toBeUndefined();
});

test('a boot has come through when the probe says so', () => {
  expect(probeSucceeded('\n{"type":"exit","code":0}\n[ 3.7] reboot: Restarting system\n')).toBe(
    true,
  );
  expect(probeSucceeded('\n{"type":"exit","code":5}\n')).toBe(false);
  expect(probeSucceeded(BEGIN)).toBe(false);
});
