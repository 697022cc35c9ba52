import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { Failure } from '../../../src/failure.js';
import { gate } from '../../../src/flows/gate.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { Scratch } from '../../fixtures/scratch.js';
import { SILENT } from '../../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

/** What is said of kernels that cannot be measured: nothing is timed, so all may boot side by side. */

const scratch = new Scratch('boots');

async function failureOf(
  candidate: string,
  signal: AbortSignal,
  kernelOptions = 'accel=tcg',
): Promise<string> {
  const sides = { baseline: 'host', candidate, kernelOptions, metrics: 'syscall.null' };
  const config = parseConfig({ ...sides, evidence: 'timed', out: join(scratch.folder, 'out') });
  const error: unknown = await gate(config, { progress: SILENT, signal }).catch(
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error.message;
  throw new Error(`no failure: ${String(error)}`);
}

const cloud = (commandLine = ''): string => `kernel:${bootableKernel()} ${commandLine}`.trim();

describe('a kernel that does not come up', () => {
  test('panics, for it is told of an init that is not there', async ({ signal }) => {
    const said = await failureOf(cloud('rdinit=/nonexistent'), signal);
    expect(said).toContain(
      'does not come up in QEMU (TCG): it panicked, "VFS: Unable to mount root',
    );
    expect(said).toContain('leave rdinit= and init= out');
    expect(said).toMatch(/; its console ended with ".+" \/ ".+" \/ ".+"\.$/);
    await scratch.expectNothingLeft();
  });

  test('panics without the memory to run in', async ({ signal }) => {
    expect(await failureOf(cloud('mem=8M'), signal)).toContain(
      'give it more memory= in kernel-options',
    );
  });

  test('hangs, for it waits for a disk', async ({ signal }) => {
    const waiting = cloud('rdinit=/nonexistent root=/dev/sda1 rootwait');
    const said = await failureOf(waiting, signal, 'accel=tcg deadline=10');
    expect(said).toContain(
      'it was not up after 10 s: it hangs, or it needs more time (deadline=20',
    );
    // How far it came by then is up to how busy this machine is.
    expect(said).toMatch(/; its console ended with ".+" \/ ".+" \/ ".+"\.$/);
    await scratch.expectNothingLeft();
  });

  test('has no audit for the rules that it is given', async ({ signal }) => {
    const rule = cloud('audit=0 audit-rule="-a always,exit -S openat"');
    expect(await failureOf(rule, signal)).toContain(
      'it lacks the audit that an audit-rule needs: build it with CONFIG_AUDITSYSCALL=y, and leave audit=0 out',
    );
  });

  test('has no console', async ({ signal }) => {
    expect(await failureOf(cloud('8250.nr_uarts=0'), signal)).toContain(
      'it ended without printing anything: build it with CONFIG_SERIAL_8250_CONSOLE=y',
    );
  });

  test.for([
    ['machine=nope', 'QEMU does not start: "unsupported machine type"; choose another machine='],
    ['cpu=nope', `QEMU does not start: "unable to find CPU model 'nope'"; choose another cpu=`],
  ])('is not even started with %s', async ([option, clause = ''], { signal }) => {
    expect(await failureOf(cloud(), signal, `accel=tcg ${option}`)).toContain(clause);
  });
});

describe('what is no kernel for this machine', () => {
  /** With the magic number of the format, and nothing that it needs. */
  async function written(name: string, magic: string, offset: number): Promise<string> {
    const content = Buffer.alloc(4096);
    content.write(magic, offset, 'latin1');
    const path = join(scratch.folder, name);
    await writeFile(path, content);
    return `kernel:${path}`;
  }

  test('is told by its file', async ({ signal }) => {
    expect(await failureOf(await written('vmlinux', '\x7fELF', 0), signal)).toMatch(
      /vmlinux cannot be booted: it is an ELF file .* arch\/x86\/boot\/bzImage/,
    );
    expect(await failureOf(await written('linux.deb', '!<arch>\n', 0), signal)).toContain(
      'it is a Debian package, which contains the image as boot/vmlinuz-',
    );
    expect(await failureOf(await written('Image', 'RSC\x05', 56), signal)).toContain(
      'it is a kernel for riscv, but only x86-64 and arm64 are supported',
    );
    await scratch.expectNothingLeft();
  });
});

test('several processors of an x86-64 kernel are not counted', async ({ signal }) => {
  const sides = { baseline: cloud(), candidate: cloud(), kernelOptions: 'cpus=2' };
  const config = parseConfig({ ...sides, evidence: 'counted', out: join(scratch.folder, 'out') });
  await expect(gate(config, { progress: SILENT, signal })).rejects.toThrow(
    /cannot be counted with 2 processors, .*: leave cpus=2 out of kernel-options, or give evidence: timed\.$/,
  );
  await scratch.expectNothingLeft();
});
