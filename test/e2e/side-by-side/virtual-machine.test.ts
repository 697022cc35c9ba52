import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpio, type Entry } from '../../../src/targets/kernel/initramfs.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { expectOutcomes, NETWORKED } from '../../fixtures/outcomes.js';
import {
  planWords,
  run,
  type TestProbe,
  type Told,
  testProbe,
  understand,
} from '../../fixtures/probe.js';

let probe: TestProbe;
beforeAll(async () => {
  probe = await testProbe();
});
afterAll(() => probe.remove());

/** COMMAND_LINE_SIZE of x86, less the words around the metrics. */
const MAX_LIST_LENGTH = 2048 - 256;

/** Metrics that fit on a kernel's command line. */
function lists(ids: readonly string[]): string[][] {
  const all: string[][] = [[]];
  for (const id of ids) {
    const list = all.at(-1) ?? [];
    if ([...list, id].join(',').length > MAX_LIST_LENGTH) all.push([id]);
    else list.push(id);
  }
  return all;
}

const CHARACTER_DEVICE = 0o020666;
const DEVICES: Entry[] = [
  { name: 'dev/null', mode: CHARACTER_DEVICE, device: [1, 3] },
  { name: 'dev/zero', mode: CHARACTER_DEVICE, device: [1, 5] },
];

/** How to boot a kernel whose only program is the probe. */
async function machine(words: readonly string[], files: Entry[] = []): Promise<string[]> {
  const archive = join(probe.folder, 'initramfs');
  const init = { name: 'init', mode: 0o100755, content: await readFile(probe.path) };
  await writeFile(archive, cpio([init, ...files]));
  const line = ['console=ttyS0', 'loglevel=1', 'panic=-1', ...words];
  return [
    ...['qemu-system-x86_64', '-accel', 'tcg', '-m', '256', '-no-reboot'],
    ...['-nodefaults', '-display', 'none', '-serial', 'stdio'],
    ...['-kernel', bootableKernel(), '-initrd', archive, '-append', line.join(' ')],
  ];
}

/** What it prints, from its beginning to its end. */
async function start(words: readonly string[], files?: Entry[]): Promise<string> {
  const { stdout, stderr } = await run(await machine(words, files), { seconds: 100 });
  expect(stderr).toBe('');
  return stdout.toString();
}

/** It ends with a panic, when its init ends. */
async function boot(ids: readonly string[], devices: Entry[] = []): Promise<Told> {
  const printed = await start(['--', ...planWords(probe, ids)], devices);
  expect(printed).toContain('Attempted to kill init! exitcode=0x00000000');
  return understand(Buffer.from(printed), ids);
}

const planFile = (plan: readonly string[]): Entry => ({
  ...{ name: 'plan', mode: 0o100644, content: Buffer.from(plan.join('\n')) },
});

/** It ends with a restart, after a line that says how the probe ended. */
function expectRestart(printed: string, code: number): void {
  expect(printed).not.toContain('Kernel panic');
  expect(printed).toContain(`\n{"type":"exit","code":${code}}\n`);
}

async function bootBare(plan: readonly string[], code = 0): Promise<string> {
  const printed = await start(['--', '--bare', '@/plan'], [planFile(plan)]);
  expectRestart(printed, code);
  return printed;
}

const ids = (): string[] => probe.metrics.map(({ id }) => id);

/** What opens /dev/null or /dev/zero. */
const WITH_DEVICES =
  /^(syscall\.(read_zero|write_null|fcntl_getfl$|fstat$|stat$|open_close$)|sendfile\.to_pipe_64k$)/;

describe('the probe as init of a bare kernel', () => {
  test('measures the whole catalogue with nothing mounted and nothing but itself', async () => {
    for (const list of lists(ids())) {
      const told = await boot(list);
      expectOutcomes(told, [
        [NETWORKED, 'no_loopback'],
        [WITH_DEVICES, 'error ENOENT'],
        [/^(host\.|sendfile\.from_procfs$)/, 'error ENOENT'],
        [/^context\.pipe_2p_xcpu$/, 'unsupported'],
      ]);
      expect(told.hello).toMatchObject({ pid: 1, pinned: true });
      expect(told.hello.environment?.platform.hypervisor).toContain('TCG');
    }
  });

  test('measures what needs a device when it is there', async () => {
    const needing = ids().filter((id) => WITH_DEVICES.test(id));
    expectOutcomes(await boot(needing, DEVICES));
  });

  test('measures the whole catalogue where it may mount what a kernel has', async () => {
    const printed = await bootBare(planWords(probe, ids()));
    expect(printed).not.toMatch(/^probe: /m);
    const told = understand(Buffer.from(printed), ids());
    expectOutcomes(told, [[/^context\.pipe_2p_xcpu$/, 'unsupported']]);
    expect(told.hello).toMatchObject({ pinned: true });
    expect(told.hello.environment?.subject.preemption).not.toBe('unknown');
  });

  test('makes devices itself where the kernel has no file system of them', async () => {
    const needing = ids().filter((id) => WITH_DEVICES.test(id));
    // The compiler may have made "tmpfs" the end of the same string.
    const content = Buffer.from(
      (await readFile(probe.path, 'latin1')).replaceAll('devtmpfs', 'nottmpfs'),
      'latin1',
    );
    const init = { name: 'other', mode: 0o100755, content };
    const words = ['rdinit=/other', '--', '--bare', '@/plan'];
    const printed = await start(words, [init, planFile(planWords(probe, needing))]);
    expectRestart(printed, 0);
    expect(printed).toMatch(/^probe: mounting nottmpfs at \/dev failed: No such device\.$/m);
    expectOutcomes(understand(Buffer.from(printed), needing));
  });

  test('reads its plan from the serial line and measures in several processes', async () => {
    const [program = '', ...words] = await machine(['--', '--bare', '-', '--launches=3']);
    const qemu = spawn(program, words, {
      ...{ stdio: ['pipe', 'pipe', 'inherit'], timeout: 100_000, killSignal: 'SIGKILL' },
    });
    const ended = once(qemu, 'close');
    let printed = '';
    for await (const bytes of qemu.stdout) {
      const asked = printed.includes('"ready"');
      printed += bytes.toString();
      if (!asked && printed.includes('"ready"')) {
        qemu.stdin.write('--metrics=syscall.null\n--batches=2\n\n');
      }
    }
    await ended;
    expectRestart(printed, 0);
    expect(printed).not.toContain('--metrics');
    expect(printed).toContain('{"type":"ready"}\n');
    expect(printed.match(/^\{"type":"end",.*\}$/gm)).toHaveLength(3);
  });

  test('says what is wrong with a plan, and ends the machine all the same', async () => {
    const printed = await bootBare(['--metrics=syscall.nil'], 2);
    expect(printed).toMatch(/^probe: there is no metric 'syscall\.nil'/m);
  });
});
