import { describe, expect, test } from 'vitest';
import { Failure } from '../../../../src/failure.js';
import { parseRunnableSpec } from '../../../../src/targets/index.js';
import { KERNEL_DEFAULTS, parseKernelOptions } from '../../../../src/targets/kernel/options.js';
import { commandLineFor, type Guest, qemuCommand } from '../../../../src/targets/kernel/qemu.js';
import { NO_OPTIONS } from '../../../../src/targets/spec.js';

describe('kernel-options', () => {
  test('are words, each of which may be left out', () => {
    expect(parseKernelOptions('')).toEqual(KERNEL_DEFAULTS);
    expect(
      parseKernelOptions('memory=1024 cpus=2 machine=q35,smm=off cpu=EPYC accel=tcg deadline=20'),
    ).toEqual({
      ...{ memoryMib: 1024, cpus: 2, machine: 'q35,smm=off', cpu: 'EPYC' },
      ...{ accelerator: 'tcg', deadlineMs: 20_000, files: [] },
    });
  });

  test('take files, of paths that may hold blanks and colons', () => {
    expect(parseKernelOptions("file='/a b:c:/x/y' file=/d:/e").files).toEqual([
      { from: '/a b:c', to: '/x/y' },
      { from: '/d', to: '/e' },
    ]);
  });

  test.each([
    ['memory', '"memory" is not one of memory=MIB, cpus=N'],
    ['memory=', 'is not one of'],
    ['memroy=512', '"memroy=512" is not one of'],
    ['constructor=1', 'is not one of'],
    ['memory=512M', 'not a whole number of MiB from 64 to 1048576'],
    ['memory=512 memory=256', 'memory is given twice'],
    ['cpus=0', 'not a whole number of CPUs from 1 to 64'],
    ['accel=hvf', 'give accel=kvm, accel=tcg, or leave it out'],
    ['machine=-nographic', 'cannot be a name that QEMU knows'],
    ["machine='q35 -s'", 'cannot be a name that QEMU knows'],
    ['file=/a', 'not a path here, a colon and an absolute path in the guest'],
    ['file=/a:b', 'absolute path'],
    ['file=/a:/b/../init', 'absolute path'],
    ['file=/a:/b/', 'absolute path'],
    ['file=/a:/init', 'would replace a file that the probe needs'],
    ["memory='512", 'close the quote'],
  ])('%s is refused', (text, clause) => {
    expect(() => parseKernelOptions(text)).toThrow(clause);
  });
});

const parse = (spec: string, kernelOptions = '') =>
  parseRunnableSpec(spec, { input: 'candidate', options: { ...NO_OPTIONS, kernelOptions } });

describe('the spec of a kernel', () => {
  test('is a path and the command line behind it, which is left as it is', () => {
    expect(parse('kernel:/boot/vmlinuz pti=on  dyndbg="file a.c +p"')).toMatchObject({
      ...{ kind: 'kernel', path: '/boot/vmlinuz', commandLine: 'pti=on  dyndbg="file a.c +p"' },
      options: KERNEL_DEFAULTS,
    });
    expect(parse('kernel:"/a b/vmlinuz" quiet')).toMatchObject({
      ...{ path: '/a b/vmlinuz', commandLine: 'quiet' },
    });
  });

  test('takes the profile to measure under out of the command line', () => {
    expect(parse('kernel:/a pti=on seccomp=/p/base.json dyndbg="a  b"')).toMatchObject({
      ...{ commandLine: 'pti=on dyndbg="a  b"', seccomp: '/p/base.json' },
    });
    expect(parse('kernel:/a seccomp=/p.json')).toMatchObject({ commandLine: '' });
    expect(parse('kernel:/a pti=on')).not.toHaveProperty('seccomp');
    for (const word of ['seccomp="/p q/base.json"', '"seccomp=/p q/base.json"']) {
      expect(parse(`kernel:"/a b" x=1 ${word} quiet`)).toMatchObject({
        ...{ path: '/a b', commandLine: 'x=1 quiet', seccomp: '/p q/base.json' },
      });
    }
    expect(parse('kernel:/a dyndbg="module x seccomp=/p +p"')).not.toHaveProperty('seccomp');
  });

  test('takes the rules of the audit out of the command line, as many as there are', () => {
    const rules = ['-a always,exit -S openat', "-a never,exit -k 'of no use'"];
    const [first, second] = rules.map((rule) => `audit-rule="${rule}"`);
    expect(parse(`kernel:/a audit=1 ${first} quiet ${second}`)).toMatchObject({
      ...{ commandLine: 'audit=1 quiet', auditRules: rules },
    });
    expect(parse('kernel:/a audit=1')).not.toHaveProperty('auditRules');
  });

  test('takes the names of its functions out of the command line', () => {
    expect(parse('kernel:/a vmlinux=/b/vmlinux quiet seccomp=/p.json')).toMatchObject({
      ...{ commandLine: 'quiet', vmlinux: '/b/vmlinux', seccomp: '/p.json' },
    });
    expect(parse('kernel:/a')).not.toHaveProperty('vmlinux');
  });

  test.each([
    ['kernel', '', 'write kernel:PATH'],
    ['kernel:', '', 'write kernel:PATH'],
    ['kernel:"/a', '', 'write kernel:PATH'],
    ['kernel:/a -- init', '', 'the init, which is the probe'],
    ['kernel:/a seccomp= quiet', '', 'give seccomp=PROFILE once, and with a profile'],
    ['kernel:/a seccomp=/b seccomp=/c', '', 'give seccomp=PROFILE once'],
    ['kernel:/a seccomp="/b quiet', '', 'close the quote of seccomp='],
    ['kernel:/a audit-rule=', '', 'does not begin with -a always,exit'],
    ['kernel:/a audit-rule="-w /etc/passwd"', '', 'has "-w"'],
    ['kernel:/a vmlinux= quiet', '', 'give vmlinux=FILE once, and with a file'],
    ['kernel:/a naïve=1', '', 'printable ASCII'],
    [`kernel:/a ${'x'.repeat(1801)}`, '', 'longer than 1800'],
    ['kernel:/a', 'memory=1', 'kernel-options "memory=1": memory=1 is not a whole number'],
  ])('%s with "%s" is refused', (spec, options, clause) => {
    expect(() => parse(spec, options)).toThrow(Failure);
    expect(() => parse(spec, options)).toThrow(clause);
  });
});

describe('what QEMU is told', () => {
  const guest = (architecture: Guest['architecture'], options = ''): Guest => ({
    ...{ architecture, kernel: '/f/kernel', initramfs: '/f/initramfs' },
    options: parseKernelOptions(options),
  });

  test('is a machine with a serial port and nothing else', () => {
    expect(qemuCommand(guest('x86_64'), 'tcg', 'quiet').join(' ')).toBe(
      'qemu-system-x86_64 -no-user-config -nodefaults -no-reboot -display none -accel tcg -machine pc -cpu max -smp 1 -m 512M -chardev stdio,id=console,signal=off -serial chardev:console -kernel /f/kernel -initrd /f/initramfs -append quiet',
    );
  });

  test('follows the architecture, the accelerator and the options', () => {
    expect(qemuCommand(guest('aarch64'), 'kvm', '').join(' ')).toMatch(
      /^qemu-system-aarch64 .* -accel kvm -machine virt,gic-version=max -cpu host /,
    );
    expect(qemuCommand(guest('aarch64'), 'tcg', '').join(' ')).toContain(
      ' -accel tcg -machine virt,gic-version=max -cpu max,pauth-impdef=on,cntfrq=1000000000 ',
    );
    const own = qemuCommand(guest('x86_64', 'cpu=qemu64 machine=q35 cpus=2 memory=256'), 'kvm', '');
    expect(own.join(' ')).toContain('-machine q35 -cpu qemu64 -smp 2 -m 256M');
  });

  test('gives the kernel the words of the user, and behind them those that the probe needs', () => {
    expect(commandLineFor('x86_64', 'pti=on panic=5')).toBe(
      'pti=on panic=5 console=ttyS0 panic=-1 loglevel=4 -- --bare @/plan',
    );
    expect(commandLineFor('aarch64', '', { verbose: true })).toBe(
      'console=ttyAMA0 panic=-1 loglevel=7 -- --bare @/plan',
    );
  });
});
