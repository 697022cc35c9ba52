import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCatalogue } from '../../../src/build/build.js';
import { nativeSources } from '../../../src/build/sources.js';
import { parseWire } from '../../../src/probe/wire.js';
import { type Expected, expectOutcomes } from '../../fixtures/outcomes.js';
import { compileProbe, measureBy, planWords, run, type TestProbe } from '../../fixtures/probe.js';

/** A probe for arm64, and a script that runs it in QEMU's user emulation. */
async function emulatedProbe(): Promise<TestProbe> {
  const folder = await mkdtemp(join(tmpdir(), 'syscall-gate-arm64-'));
  const program = join(folder, 'program');
  const path = join(folder, 'probe');
  await compileProbe(['-O2', '-static'], program, 'aarch64-linux-gnu-gcc');
  await writeFile(path, `#!/bin/sh\nexec qemu-aarch64-static ${program} "$@"\n`);
  await chmod(path, 0o755);
  const { metrics } = await readCatalogue(path);
  return { folder, path, metrics, remove: () => rm(folder, { recursive: true, force: true }) };
}

let probe: TestProbe;
beforeAll(async () => {
  probe = await emulatedProbe();
});
afterAll(() => probe.remove());

/** The emulator translates calls that it knows for the kernel below, and these it does not. */
const NOT_EMULATED: Expected = [
  [/^(syscall|context)\.seccomp_/, 'unsupported ENOSYS'],
  [/^process\.vfork_exec$/, 'unsupported ENOSYS'],
  [/^exact\.(segments|syscalls)_per_op$/, 'unsupported'],
  [/^sendfile\..*_(zerocopy|uring|uring_zc)$/, 'unsupported'],
  // MADV_POPULATE_READ is unknown to older emulators.
  [/^memory\.cow_fault$/, 'ok', 'unsupported'],
];

describe('the probe on arm64', () => {
  test('enters the kernel by svc and measures what its emulator knows', async () => {
    const told = await measureBy([probe.path, ...planWords(probe)], probe);
    expectOutcomes(told, NOT_EMULATED);
    expect(told.hello.environment?.platform.architecture).toBe('aarch64');
  });

  test('times single operations by the virtual counter', async () => {
    const ids = ['syscall.null', 'syscall.read_zero'];
    const { stdout } = await run([probe.path, ...planWords(probe, ids), '--tails=50']);
    const output = parseWire(stdout);
    expect(output.tails?.timer).toMatchObject({ status: 'ok', name: 'cntvct_el0' });
    expect(output.tail.map(({ id }) => id)).toEqual(ids);
  });

  test('hands bytes over also where indirect calls have to arrive at landing pads', async () => {
    const { root } = await nativeSources();
    const [source, program] = [join(probe.folder, 'bytes.c'), join(probe.folder, 'bytes')];
    await writeFile(source, ALONE);
    // Without libc, which has none of them in Debian: so all of the program is held to that.
    const flags = ['-O2', '-static', '-nostdlib', '-ffreestanding', '-Wl,-z,force-bti'];
    const sources = [source, join(root, 'base', 'marks.c'), `-I${join(root, 'base')}`];
    const pads = '-mbranch-protection=standard';
    await run(['aarch64-linux-gnu-gcc', ...flags, pads, ...sources, '-o', program]);
    expect(await run(['qemu-aarch64-static', '-cpu', 'max', program])).toMatchObject({ code: 0 });
  });
});

const ALONE = `
  #include "marks.h"
  void _start(void) {
    mark_bytes("ready", 5);
    __asm__ volatile("mov x0, #0\\n\\tmov x8, #94\\n\\tsvc #0"); /* exit_group(0) */
  }
`;
