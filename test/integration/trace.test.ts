import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildTracePlugin } from '../../src/build/plugin.js';
import { parseWire } from '../../src/probe/wire.js';
import { debugInformationOf } from '../../src/targets/kernel/debug-information.js';
import type { KernelImage } from '../../src/targets/kernel/image.js';
import { KERNEL_DEFAULTS } from '../../src/targets/kernel/options.js';
import { readKernelSymbols } from '../../src/targets/kernel/symbols.js';
import { prepareTracer } from '../../src/targets/kernel/trace.js';
import type { KernelSpec } from '../../src/targets/spec.js';
import { elfFunctions } from '../../src/trace/elf.js';
import { run, type TestProbe, testProbe } from '../fixtures/probe.js';
import { SILENT } from '../fixtures/targets.js';

let probe: TestProbe;
let folder: string;
beforeAll(async () => {
  probe = await testProbe();
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-trace-'));
});
afterAll(async () => {
  await probe.remove();
  await rm(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;

describe('a probe that marks what it does for an emulator', () => {
  test('measures as ever where none watches, and hands the symbols over to nobody', async () => {
    const words = ['--metrics=syscall.null', '--rounds=1', '--batches=2', '--symbols=1'];
    const { code, stdout } = await run([probe.path, ...words]);
    expect(code).toBe(0);
    const { metrics, complete } = parseWire(stdout);
    expect({ complete, metrics }).toMatchObject({ complete: true, metrics: [{ status: 'ok' }] });
  });

  test('has its functions where nm(1) finds them', async () => {
    const { stdout } = await run(['nm', '--defined-only', probe.path]);
    const lines = stdout.toString().matchAll(/^([0-9a-f]+) [tTwW] (\w+)$/gm);
    const printed = new Map([...lines].map(([, digits, name]) => [name, BigInt(`0x${digits}`)]));
    const functions = elfFunctions(await readFile(probe.path));
    const found = new Map(functions.map(({ name, address }) => [name, address]));
    for (const name of ['main', 'mark_batch_begin', 'mark_batch_end', 'mark_table', 'raw_call']) {
      expect(found.get(name), name).toBe(printed.get(name));
      expect(found.get(name), name).toBeDefined();
    }
  });

  test('is refused where it has been linked to run at any address', async () => {
    const elf = await readFile(probe.path);
    expect((await prepareTracer(elf, { signal })).marks.batch_begin).toBeGreaterThan(0n);
    elf.writeUInt16LE(3, 16);
    await expect(prepareTracer(elf, { signal })).rejects.toThrow(/^The probe cannot be traced/);
  });
});

describe('the plugin for QEMU', () => {
  test('is compiled once', async () => {
    const cacheDir = join(folder, 'cache');
    const path = await buildTracePlugin({ cacheDir });
    expect(await buildTracePlugin({ cacheDir })).toBe(path);
    expect(await readdir(cacheDir)).toHaveLength(1);
    const { stdout } = await run(['nm', '--dynamic', '--defined-only', path]);
    expect(stdout.toString()).toMatch(/ T qemu_plugin_install\n[\s\S]* D qemu_plugin_version\n/);
  });
});

/** A kernel that is nothing but two functions, one of them inlined into the other. */
const KERNEL = `
volatile int asked;
static inline __attribute__((always_inline)) void verify(int mode) { asked += mode; }
__attribute__((noinline)) void vfs_read(int mode) { asked = 1; verify(mode); asked = 2; }
void _start(void) { vfs_read(3); for (;;); }
`;

/** Compiles it to where the kernel's code is. */
async function vmlinux(name: string, buildId: string): Promise<string> {
  const source = join(folder, `${name}.c`);
  const path = join(folder, name);
  await writeFile(source, KERNEL);
  const flags = [
    '-O2',
    '-g',
    '-ffreestanding',
    '-fno-pic',
    '-mcmodel=kernel',
    '-fcf-protection=none',
  ];
  const link = ['-nostdlib', '-static', '-no-pie', '-Wl,-Ttext=0xffffffff81000000'];
  const id = `-Wl,--build-id=0x${buildId.repeat(20)}`;
  const { code, stderr } = await run(['gcc', ...flags, ...link, id, source, '-o', path]);
  expect(code, stderr).toBe(0);
  return path;
}

const progress = (notes: string[] = []) => ({
  ...SILENT,
  note: (sentence: string) => void notes.push(sentence),
});

/** Whose code is what `vmlinux` holds: an image that is not packed holds the kernel itself. */
async function imageOf(path: string): Promise<KernelImage> {
  const content = await readFile(path);
  return { architecture: 'x86_64', content, bootable: content };
}

const specOf = (path: string, vmlinux?: string): KernelSpec => ({
  ...{ kind: 'kernel', spec: `kernel:${path}`, path, commandLine: '', options: KERNEL_DEFAULTS },
  ...(vmlinux === undefined ? {} : { vmlinux }),
});

describe.runIf(process.arch === 'x64')("a kernel's debug information", () => {
  test('beside the image is taken where it is of the same build', async () => {
    const built = await vmlinux('vmlinux-beside', 'ab');
    const image = join(folder, 'vmlinuz-beside');
    const found = await debugInformationOf(specOf(image), await imageOf(built), {
      ...{ signal, progress: progress() },
    });
    const names = new Map(found.symbols?.map(({ name, address }) => [name, address]));
    const from = names.get('vfs_read') ?? Number.NaN;
    const addresses = Array.from({ length: 64 }, (_, offset) => from + offset);
    const inlined = await found.inlined(() => addresses);
    expect([...(inlined?.values() ?? [])]).toContainEqual(['verify']);
    expect(inlined?.get(from)).toBeUndefined();
    const others = await debugInformationOf(
      specOf(image),
      await imageOf(await vmlinux('other', 'cd')),
      { signal, progress: progress() },
    );
    expect(others.symbols).toBeUndefined();
  });

  test('that is named is refused where it is of another build', async () => {
    const [one, other] = [await vmlinux('one', '12'), await vmlinux('two', '34')];
    const tools = { signal, progress: progress() };
    const image = await imageOf(one);
    expect((await debugInformationOf(specOf('/k', one), image, tools)).symbols).toBeDefined();
    await expect(debugInformationOf(specOf('/k', other), image, tools)).rejects.toThrow(
      /are of another build than the kernel \/k/,
    );
  });

  test('goes unread without a program that reads it, which is said', async () => {
    const built = await vmlinux('unread', '56');
    const notes: string[] = [];
    const tools = { signal, progress: progress(notes) };
    const found = await debugInformationOf(specOf('/k', built), await imageOf(built), tools);
    vi.stubEnv('PATH', '/nonexistent');
    expect(await found.inlined(() => [-1])).toBeUndefined();
    vi.unstubAllEnvs();
    expect(notes).toEqual([expect.stringMatching(/neither addr2line nor llvm-addr2line/)]);
  });

  test('may be a list of symbols beside the image, for a kernel that tells none', async () => {
    await writeFile(join(folder, 'System.map-6.1'), 'ffffffff81000000 T startup_64\n');
    const spec = specOf(join(folder, 'vmlinuz-6.1'));
    const content = Buffer.alloc(4096);
    const image: KernelImage = { architecture: 'x86_64', content, bootable: content };
    const found = await debugInformationOf(spec, image, { signal, progress: progress() });
    expect(found.symbols).toBeUndefined();
    expect(await found.symbolsBeside()).toMatchObject([{ name: 'startup_64' }]);
  });
});

describe('the symbols of a kernel in a file', () => {
  test('are those of its instructions', async () => {
    const path = join(folder, 'System.map');
    await writeFile(path, 'ffffffff81000000 T startup_64\n0000000000000000 A per_cpu\n');
    expect(await readKernelSymbols(path)).toMatchObject([{ name: 'startup_64' }]);
  });

  test('are refused with what to give instead', async () => {
    const path = join(folder, 'empty');
    await writeFile(path, 'nothing\n');
    await expect(readKernelSymbols(path)).rejects.toThrow(/has no symbols of a kernel: give/);
    await expect(readKernelSymbols(join(folder, 'none'))).rejects.toThrow(
      /could not be read \(ENOENT\)/,
    );
    await expect(readKernelSymbols(probe.path)).rejects.toThrow(/has no symbols of a kernel/);
    await writeFile(path, `\x7fELF${'\0'.repeat(60)}`);
    await expect(readKernelSymbols(path)).rejects.toThrow(
      /it is not a 64-bit little-endian ELF file/,
    );
  });
});
