import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTracePlugin } from '../../src/probe/plugin.js';
import { parseWire, traceArguments } from '../../src/probe/wire.js';
import { readKernelSymbols } from '../../src/targets/kernel/symbols.js';
import { prepareTracer } from '../../src/targets/kernel/trace.js';
import { elfFunctions } from '../../src/trace/elf.js';
import { run, type TestProbe, testProbe } from '../fixtures/probe.js';

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

const PLAN = { operations: 4, cpu: 0, deadlineMs: 50_000, symbols: true };

describe('a probe that marks what it does for an emulator', () => {
  test('does so for every metric that is a loop, without one all the same', async () => {
    const ids = [
      'syscall.null',
      'context.pipe_self',
      'process.thread_join',
      'exact.switches_per_op',
    ];
    const words = traceArguments({ ...PLAN, metrics: ids });
    const { code, stdout } = await run([probe.path, ...words]);
    expect(code).toBe(0);
    const { traces, metrics, complete } = parseWire(stdout);
    expect({ complete, metrics }).toEqual({ complete: true, metrics: [] });
    expect(traces).toMatchObject([
      { id: 'syscall.null', status: 'ok', windows: 10, operations: 4, overhead: false },
      { id: 'context.pipe_self', status: 'ok', windows: expect.any(Number) },
      { id: 'process.thread_join', status: 'ok', windows: 10 },
    ]);
  });

  test('has its functions where nm(1) finds them', async () => {
    const { stdout } = await run(['nm', '--defined-only', probe.path]);
    const lines = stdout.toString().matchAll(/^([0-9a-f]+) [tTwW] (\w+)$/gm);
    const printed = new Map([...lines].map(([, digits, name]) => [name, BigInt(`0x${digits}`)]));
    const functions = elfFunctions(await readFile(probe.path));
    const found = new Map(functions.map(({ name, address }) => [name, address]));
    for (const name of ['main', 'mark_begin', 'mark_end', 'mark_table', 'raw_call']) {
      expect(found.get(name), name).toBe(printed.get(name));
      expect(found.get(name), name).toBeDefined();
    }
  });

  test('is refused where it has been linked to run at any address', async () => {
    const elf = await readFile(probe.path);
    expect((await prepareTracer(elf, { signal })).marks.begin).toBeGreaterThan(0n);
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
    await writeFile(path, '\x7fELF');
    await expect(readKernelSymbols(path)).rejects.toThrow(/it is not for 64 bits/);
  });
});
