import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildProbe } from '../../src/build/build.js';
import { loadAddon } from '../../src/build/native.js';
import type { Addon, LaunchResult } from '../../src/probe/addon.js';
import { parseWire } from '../../src/probe/wire.js';
import { compileProgram } from '../fixtures/cli.js';
import { processesWith } from '../fixtures/processes.js';

let probe: string;
let addon: Addon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probe-plan-'));
  const built = await buildProbe();
  probe = built.probe;
  addon = loadAddon(built.addon);
});
afterAll(() => rm(folder, { recursive: true }));

const launch = (argv: string[], input?: string, results: 'memory' | 'stdout' = 'stdout') =>
  addon.launch({
    ...{ argv, env: { PATH: process.env['PATH'] ?? '' }, cpu: -1, deadlineMs: 60_000 },
    ...{ results, input },
  });

const run = (words: string[], input?: string) => launch([probe, ...words], input);

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(await mkdtemp(join(folder, 'plan-')), 'plan');
  await writeFile(path, content);
  return path;
}

const METRICS = 'syscall.null,syscall.enosys';
const SHORT = [`--metrics=${METRICS}`, '--rounds=1', '--batches=2'];

/** Ids of the metrics that were measured, in the order of the lines. */
function measured(bytes: Buffer): string[] {
  const { complete, metrics, problem } = parseWire(bytes);
  expect({ complete, problem }).toEqual({ complete: true, problem: undefined });
  return metrics.map(({ id }) => id);
}

describe('a plan', () => {
  const whole = [...METRICS.split(',')].sort();

  it('is read from standard input, up to its end', async () => {
    const { results } = await run(['-'], SHORT.join('\n'));
    expect(measured(results).sort()).toEqual(whole);
  });

  it.each(['\n', '\r', '\r\n'])(
    'is read up to an empty line, where lines end in %j',
    async (end) => {
      const input = [...SHORT, '', 'not a word of the plan'].join(end);
      expect(measured((await run(['-'], input)).results).sort()).toEqual(whole);
    },
  );

  it('is read from a file, beside words of the command line before and after', async () => {
    const path = await fileOf('--rounds=1\n--batches=2\n');
    const { results } = await run(['--metrics=syscall.null', `@${path}`, '--rounds=3']);
    expect(measured(results)).toEqual(['syscall.null', 'syscall.null', 'syscall.null']);
  });

  it('may be a word as long as the whole catalogue with rounds', async () => {
    const listed = JSON.parse((await run(['--list'])).results.toString());
    const ids = listed.metrics.map(({ id }: { id: string }) => `${id}:1000`);
    const { exitCode, stderr } = await run(['-'], `--metrics=${ids.join(',')}\n--list\n`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  const refused: [string, string | Buffer, RegExp][] = [
    ['nothing', '', /ended before its first word\.$/],
    ['an empty line', '\n--list\n', /ended before its first word\.$/],
    ['a word that is too long', `--metrics=${'a'.repeat(8192)}`, /is longer than 8191 bytes\.$/],
    ['more words than fit', '--list\n'.repeat(65), /^probe: a plan has at most 64 words\.$/],
    ['more text than fits', `${'a'.repeat(8000)}\n`.repeat(3), /is longer than 16383 bytes\.$/],
    ['another file', '@/etc/hostname', /^probe: @\/etc\/hostname is not an option;/],
    ['--bare', '--bare', /^probe: --bare only works on the command line\.$/],
    [
      ...(['audit rules for this machine', '--list\n--audit-rules=/rules'] as const),
      /^probe: --audit-rules change the whole machine, so they need --bare\.$/,
    ],
  ];
  it.each(refused)('that holds %s is refused', async (_, content, sentence) => {
    const fromFile = await run([`@${await fileOf(content)}`]);
    const fromInput = await run(['-'], content.toString());
    for (const { exitCode, stderr, results } of [fromFile, fromInput]) {
      expect(exitCode).toBe(2);
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(results).toHaveLength(0);
    }
  });

  it('that cannot be opened or read is refused with the reason', async () => {
    expect(await run([`@${folder}/none`])).toMatchObject({
      ...{ exitCode: 2, stderr: expect.stringMatching(/none' cannot be opened: No such file/) },
    });
    expect(await run([`@${folder}`])).toMatchObject({
      ...{ exitCode: 2, stderr: expect.stringMatching(/failed: Is a directory\.$/m) },
    });
  });

  it('is asked for at a terminal, which does not echo it and is afterwards as it was', async () => {
    const terminal = spawn('script', ['-qefc', `${probe} -; stty -a`, '/dev/null'], {
      timeout: 60_000,
    });
    let printed = '';
    terminal.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString();
      if (printed === '{"type":"ready"}\n') terminal.stdin.write(`${SHORT.join('\r')}\r\r`);
    });
    await once(terminal, 'close');
    expect(printed).not.toContain('--metrics');
    expect(printed).toMatch(/"type":"end"[^\r\n]*\n/);
    expect(printed).toMatch(/ echo /);
  });
});

/** What each of several processes printed, and the number of each. */
function documents(bytes: Buffer): { pid: number; order: string[]; environment: boolean }[] {
  const parts = bytes.toString().split(/(?<="type":"end".*\n)/);
  return parts.map((part) => {
    const hello = JSON.parse(part.split('\n', 1)[0] ?? '');
    const order = measured(Buffer.from(part));
    return { pid: hello.pid, order, environment: 'environment' in hello };
  });
}

describe('several launches', () => {
  const expectReplicates = ({ exitCode, stderr, results }: LaunchResult, count: number) => {
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const told = documents(results);
    expect(told).toHaveLength(count);
    expect(new Set(told.map(({ pid }) => pid)).size).toBe(count);
    expect(told.map(({ environment }) => environment)).toEqual(told.map((_, index) => index === 0));
    return told.map(({ order }) => order.join());
  };

  it('are as many processes, one after another, of which the first describes the place', async () => {
    const words = [...SHORT, '--launches=3', '--environment'];
    expectReplicates(await run(words), 3);
    expectReplicates(await run(['-'], words.join('\n')), 3);
  });

  it('append to one mapping', async () => {
    const words = [...SHORT, '--launches=3', '--environment', '--results-fd=3'];
    expectReplicates(await launch([probe, ...words], undefined, 'memory'), 3);
  });

  it('have seeds of their own, that of the first being the plan’s', async () => {
    const metrics = 'syscall.null,syscall.enosys,syscall.sched_yield,syscall.fstat,syscall.stat';
    const words = [`--metrics=${metrics}`, '--rounds=1', '--batches=1', '--batch-us=1', '--seed=7'];
    const single = documents((await run(words)).results)[0]?.order.join();
    const several = expectReplicates(await run([...words, '--launches=4', '--environment']), 4);
    expect(several[0]).toBe(single);
    expect(new Set(several).size).toBeGreaterThan(1);
    expect(expectReplicates(await run([...words, '--launches=4', '--environment']), 4)).toEqual(
      several,
    );
  });

  it('have one order where instructions are counted, in batches of a power of sixteen of turns', async () => {
    const metrics = 'syscall.null,syscall.enosys,syscall.sched_yield,context.ring_8p_0k';
    const words = [`--metrics=${metrics}`, '--rounds=1', '--batches=3', '--batch-us=40'];
    const several = [...words, '--instructions', '--launches=3', '--environment'];
    const launched = await run(several);
    expect(new Set(expectReplicates(launched, 3)).size).toBe(1);
    for (const { id, ...metric } of parseWire(launched.results, 3).metrics) {
      if (!('batches' in metric)) throw new Error(`${id} was not measured`);
      const { operations, wallNs, controlOperations } = metric.batches;
      expect([1, 16, 256]).toContain(operations / (id.includes('8p') ? 8 : 1));
      expect(wallNs.length).toBeLessThanOrEqual(3);
      expect(controlOperations).toBe(1);
    }
  });

  it('need no path to be started again', async () => {
    const copy = join(folder, 'short-lived');
    const words = [...SHORT, '--environment', '--launches=2'].join(' ');
    const script = `cp ${probe} ${copy}; exec 9<${copy}; rm ${copy}; exec /proc/self/fd/9 ${words}`;
    expectReplicates(await launch(['sh', '-c', script]), 2);
  });

  it('end with the first that fails, by its exit code', async () => {
    expect(await run([...SHORT, '--launches=3', '--results-fd=77'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/\nprobe: process 1 of 3 ended with code 3\.\n$/),
    });
  });

  // Opened for reading as well, a FIFO takes what is written until it is full, and then blocks.
  const blocked = (name: string, deadlineMs: number, launches: number) => {
    const fifo = join(folder, name);
    const plan = `${probe} --metrics=${METRICS} --rounds=1000 --deadline-ms=${deadlineMs}`;
    const script = `mkfifo ${fifo}; exec ${plan} --launches=${launches} 1<>${fifo}`;
    return { argv: ['sh', '-c', script], inner: `${plan} --seed=${'1'.padStart(20, '0')}` };
  };

  async function processOf(command: string): Promise<number> {
    const wanted = () => expect(processesWith(command)).toHaveLength(1);
    await vi.waitFor(wanted, { timeout: 20_000 });
    return processesWith(command)[0] ?? 0;
  }

  it('have each the deadline of the plan', async () => {
    expect(await launch(blocked('late', 300, 3).argv)).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/before the deadline\.\nprobe: process 1 of 3 ended/),
    });
  });

  it('end by the signal that ended one, as shells count it', async () => {
    const { argv, inner } = blocked('signalled', 30_000, 2);
    const ended = launch(argv);
    process.kill(await processOf(inner), 'SIGKILL');
    expect(await ended).toMatchObject({
      exitCode: 137,
      stderr: 'probe: process 1 of 2 ended with code 137.\n',
    });
  });

  it('die with the process that starts them', async () => {
    const { argv, inner } = blocked('orphaned', 30_000, 2);
    const [program = '', ...words] = argv;
    const outer = spawn(program, words, { stdio: 'ignore' });
    await processOf(inner);
    outer.kill('SIGKILL');
    await vi.waitFor(() => expect(processesWith(inner)).toEqual([]), { timeout: 20_000 });
  });

  it('run where a call of the launcher is denied', async () => {
    const argv = [compileProgram('deny'), 'getppid', probe, '--metrics=syscall.enosys'];
    const { exitCode, results } = await launch([...argv, '--batches=2', '--launches=2']);
    expect(exitCode).toBe(0);
    expect(documents(results)).toHaveLength(2);
  });
});

describe('--seccomp', () => {
  /** struct sock_filter: BPF_RET | BPF_K. */
  const returning = (action: number): Buffer => {
    const statement = Buffer.alloc(8);
    statement.writeUInt16LE(0x06, 0);
    statement.writeUInt32LE(action, 4);
    return statement;
  };

  it('has everything measured under the filter of a file', async () => {
    const filter = await fileOf(returning(0x7fff0000));
    const { exitCode, results } = await run([...SHORT, '--environment', `--seccomp=${filter}`]);
    expect(exitCode).toBe(0);
    expect(parseWire(results).hello?.environment?.subject.seccompMode).toBe('filter');
  });

  it.each([
    ['that is not there', undefined, /opening the seccomp filter failed: No such file/],
    ['of no statement', Buffer.alloc(0), /reading the seccomp filter failed: Invalid argument/],
    ['of half a statement', Buffer.alloc(12), /reading the seccomp filter failed: Invalid/],
    ['that the kernel refuses', Buffer.alloc(8), /seccomp\(SECCOMP_SET_MODE_FILTER\)/],
    ['that is too long', Buffer.alloc(8 * 4097), /reading the seccomp filter failed: Invalid/],
  ])('refuses a file %s', async (_, content, sentence) => {
    const filter = content === undefined ? join(folder, 'none') : await fileOf(content);
    const { exitCode, stderr, results } = await run([...SHORT, `--seccomp=${filter}`]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(sentence);
    expect(results).toHaveLength(0);
  });
});

describe('--bare', () => {
  it('is refused to a process that is no init', async () => {
    expect(await run([...SHORT, '--bare'])).toMatchObject({
      exitCode: 2,
      stderr: 'probe: --bare is for the init of a bare kernel, and this process is not PID 1.\n',
    });
  });
});
