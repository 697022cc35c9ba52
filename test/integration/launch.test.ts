import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildProbe } from '../../src/build/build.js';
import { loadAddon } from '../../src/build/native.js';
import type { Addon, LaunchRequest, LaunchResult } from '../../src/probe/addon.js';
import type { WireMetric } from '../../src/probe/lines.js';
import { parseWire } from '../../src/probe/wire.js';
import { compileProgram } from '../fixtures/cli.js';

const SIGKILL = 9;
const MAPPING_TEXT_BYTES = 8 * 1024 * 1024 - 64;

let probe: string;
let addonPath: string;
let addon: Addon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'launch-'));
  ({ probe, addon: addonPath } = await buildProbe());
  addon = loadAddon(addonPath);
});
afterAll(() => rm(folder, { recursive: true }));

const launch = (argv: string[], request: Partial<LaunchRequest> = {}): Promise<LaunchResult> =>
  addon.launch({
    argv,
    env: { PATH: process.env['PATH'] ?? '' },
    cpu: -1,
    deadlineMs: 60_000,
    results: 'stdout',
    ...request,
  });

const shell = (script: string, request?: Partial<LaunchRequest>): Promise<LaunchResult> =>
  launch(['sh', '-c', script], request);

/** An orphan that nobody reaps stays as a zombie in containers whose first process does not wait. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const expectGone = (pid: number): Promise<unknown> => {
  expect(pid).toBeGreaterThan(1);
  return vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 20_000, interval: 10 });
};

describe('a launch begins in', () => {
  it('the folder that is asked for, or in that of this process', async () => {
    expect((await shell('pwd', { folder: '/usr' })).results.toString()).toBe('/usr\n');
    expect((await shell('pwd')).results.toString()).toBe(`${process.cwd()}\n`);
  });

  it('no folder that is not there', async () => {
    const refused = shell('pwd', { folder: join(folder, 'none') });
    await expect(refused).rejects.toMatchObject({ code: 'ENOENT', syscall: 'chdir' });
  });
});

describe('what a launch reports', () => {
  it('is the exit code and what was printed', async () => {
    const result = await shell('echo out; echo err >&2; exit 3');
    expect(result.results.toString()).toBe('out\n');
    expect(result).toMatchObject({ stderr: 'err\n', exitCode: 3, signal: 0 });
    expect(result).toMatchObject({ timedOut: false, cancelled: false, truncated: false });
  });

  it('is the signal that ended it', async () => {
    expect(await shell('kill -SEGV $$')).toMatchObject({ exitCode: -1, signal: 11 });
  });

  it('is the resource usage of the child and of what it waited for', async () => {
    const busy = await shell('sh -c "i=0; while [ \\$i -lt 100000 ]; do i=\\$((i+1)); done"');
    const idle = await launch(['sleep', '0.1']);
    expect(busy.userNs).toBeGreaterThan(idle.userNs);
    expect(idle.wallNs).toBeGreaterThanOrEqual(100e6);
    expect(idle.voluntarySwitches).toBeGreaterThan(0);
    expect(idle.stolenNs).toBeGreaterThanOrEqual(0);
  });

  it('is an error with code and system call when there is no such program', async () => {
    await expect(launch(['no-such-program'])).rejects.toMatchObject({
      code: 'ENOENT',
      syscall: 'execvpe',
    });
    await expect(launch(['/etc'])).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('is an error when the child cannot be pinned', async () => {
    await expect(launch(['true'], { cpu: 60_000 })).rejects.toMatchObject({
      code: 'EINVAL',
      syscall: 'sched_setaffinity',
    });
  });

  it('is an error when a word would be cut at a NUL', async () => {
    await expect(launch(['echo', 'a\0b'])).rejects.toThrow(/NUL/);
  });
});

describe('what a launched process finds', () => {
  it('is the environment of the request and nothing else', async () => {
    const { results } = await launch(['/usr/bin/env'], { env: { A: 'b=c' } });
    expect(results.toString()).toBe('A=b=c\n');
  });

  it('is no descriptor but the standard three, and the mapping when it is wanted', async () => {
    // The last one is the folder that ls reads.
    const list = 'exec >&2; ls /proc/self/fd';
    expect((await shell(list)).stderr).toBe('0\n1\n2\n3\n');
    expect((await shell(list, { results: 'memory' })).stderr).toBe('0\n1\n2\n3\n4\n');
  });

  it('is an empty standard input', async () => {
    expect(await launch(['cat'])).toMatchObject({ exitCode: 0, results: Buffer.alloc(0) });
  });

  it('is the standard input of the request, to its last byte, and then its end', async () => {
    const input = 'café\0\n'.repeat(300_000);
    const { results, truncated } = await launch(['cat'], { input });
    expect(truncated).toBe(false);
    expect(results.equals(Buffer.from(input))).toBe(true);
  });

  it('is a standard input that it need not read', async () => {
    const input = 'x'.repeat(1024 * 1024);
    expect(await launch(['true'], { input })).toMatchObject({ exitCode: 0, timedOut: false });
    const listed = await shell('exec >&2; ls /proc/self/fd', { input, results: 'memory' });
    expect(listed.stderr).toBe('0\n1\n2\n3\n4\n');
  });

  it('is no ignored and no blocked signal', async () => {
    const { results } = await launch(['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status']);
    expect(results.toString()).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
  });

  it('is a session of its own, out of reach of Ctrl-C at the terminal', async () => {
    const { results } = await shell('echo $$; cut -d" " -f5,6 /proc/$$/stat');
    const [pid, group, session] = results.toString().trim().split(/\s/);
    expect([group, session]).toEqual([pid, pid]);
  });

  it('is the CPU that it is pinned to', async () => {
    const cpu = addon.cpuTimes().at(-1)?.cpu ?? 0;
    const { results } = await launch(['grep', 'Cpus_allowed_list', '/proc/self/status'], { cpu });
    expect(results.toString()).toBe(`Cpus_allowed_list:\t${cpu}\n`);
  });
});

describe('results in memory', () => {
  const header =
    '{ printf "\\005\\000\\000\\000\\000\\000\\000\\000"; head -c 56 /dev/zero; } >&3;';

  it('are the bytes that the header counts', async () => {
    const result = await shell(`${header} printf "hello, world" >&3`, { results: 'memory' });
    expect(result).toMatchObject({ exitCode: 0, truncated: false });
    expect(result.results.toString()).toBe('hello');
  });

  it('are seen as far as they were written when the process is killed', async () => {
    const script = `${header} printf hello >&3; kill -KILL $$`;
    const result = await shell(script, { results: 'memory' });
    expect(result.signal).toBe(SIGKILL);
    expect(result.results.toString()).toBe('hello');
  });

  it('outlive later launches and collections', async () => {
    const first = await shell(`${header} printf first >&3`, { results: 'memory' });
    for (let i = 0; i < 20; i += 1) {
      await shell(`${header} printf later >&3`, { results: 'memory' });
    }
    expect(first.results.toString()).toBe('first');
  });

  it('are empty when nothing was written', async () => {
    const { results } = await launch(['true'], { results: 'memory' });
    expect(results).toHaveLength(0);
  });

  it('are an error when the process claims more than there is room for', async () => {
    const claim = shell('printf "\\377\\377\\377\\377\\377\\377\\377\\177" >&3', {
      results: 'memory',
    });
    await expect(claim).rejects.toMatchObject({ code: 'EOVERFLOW', syscall: 'results' });
  });

  it('have a size that the process can read and cannot change', async () => {
    const script = 'stat -Lc %s /proc/$$/fd/3 >&2; truncate -s 0 /proc/$$/fd/3';
    const result = await shell(script, { results: 'memory' });
    expect(result.stderr).toMatch(new RegExp(`^${MAPPING_TEXT_BYTES + 64}\n.*not permitted`));
  });
});

describe('output without bound', () => {
  it('is kept up to the limit of standard output', async () => {
    const result = await launch(['head', '-c', `${8 * 1024 * 1024}`, '/dev/zero']);
    expect(result).toMatchObject({ truncated: false, exitCode: 0 });
    expect(result.results).toHaveLength(8 * 1024 * 1024);
  });

  it('is cut at the limit of standard output, and the writer is not blocked', async () => {
    const result = await launch(['head', '-c', '9000000', '/dev/zero']);
    expect(result).toMatchObject({ truncated: true, exitCode: 0 });
    expect(result.results).toHaveLength(8 * 1024 * 1024);
  });

  it('leaves the end of standard error, from a whole character on', async () => {
    const { stderr } = await shell('yes é | head -c 30000 >&2; printf zz >&2');
    expect(stderr).toMatch(/^\né\n.*é\nzz$/s);
    expect(Buffer.byteLength(stderr)).toBe(4095);
  });

  it('does not wait for a stranger who holds the pipe', async () => {
    const result = await shell('setsid sleep 1000 & echo $!');
    process.kill(Number(result.results.toString()), 'SIGKILL');
    expect(result).toMatchObject({ exitCode: 0, timedOut: false });
  });
});

describe('the end of a launch', () => {
  it('is the deadline for the whole process group', async () => {
    const result = await shell('sleep 1000 & echo $!; wait', { deadlineMs: 1000 });
    expect(result).toMatchObject({ timedOut: true, cancelled: false, signal: SIGKILL });
    await expectGone(Number(result.results.toString()));
  });

  it('is the end of what the process leaves behind in its group', async () => {
    const result = await shell('sleep 1000 & echo $!');
    expect(result).toMatchObject({ exitCode: 0, timedOut: false });
    await expectGone(Number(result.results.toString()));
  });

  it('is cancelAll for all launches, those that wait for a thread included', async () => {
    const launches = Array.from({ length: 8 }, () => launch(['sleep', '1000']));
    addon.cancelAll();
    for (const result of await Promise.all(launches)) {
      expect(result).toMatchObject({ cancelled: true, timedOut: false, signal: SIGKILL });
    }
  });

  describe('after a grace', () => {
    const TIDY = "trap 'echo tidied; exit 5' TERM; echo ready; while :; do sleep 0.01; done";
    const DEAF = "trap '' TERM; echo ready; while :; do sleep 0.01; done";

    it('is what the process makes of SIGTERM', async () => {
      const result = await shell(TIDY, { deadlineMs: 1000, graceMs: 60_000 });
      expect(result).toMatchObject({ timedOut: true, exitCode: 5, signal: 0 });
      expect(result.results.toString()).toBe('ready\ntidied\n');
    });

    it('is SIGKILL for a process that is deaf to SIGTERM', async () => {
      const result = await shell(DEAF, { deadlineMs: 1000, graceMs: 500 });
      expect(result).toMatchObject({ timedOut: true, signal: SIGKILL });
      expect(result.wallNs).toBeGreaterThanOrEqual(1500e6);
    });

    it('is the same for cancelAll', async () => {
      const listening = join(folder, 'listening');
      const ended = shell(TIDY.replace('echo ready', `touch ${listening}`), { graceMs: 60_000 });
      await vi.waitFor(() => expect(existsSync(listening)).toBe(true), { timeout: 20_000 });
      addon.cancelAll();
      expect(await ended).toMatchObject({ cancelled: true, timedOut: false, exitCode: 5 });
    });
  });

  it('leaves nothing for a later cancelAll and does not cancel later launches', async () => {
    await launch(['true']);
    addon.cancelAll();
    expect(await launch(['true'])).toMatchObject({ cancelled: false, exitCode: 0 });
  });
});

describe('several launches', () => {
  it('run side by side', async () => {
    const [mine, yours] = [join(folder, 'mine'), join(folder, 'yours')];
    const meet = (own: string, other: string) =>
      shell(`touch ${own}; until [ -e ${other} ]; do sleep 0.01; done`);
    const results = await Promise.all([meet(mine, yours), meet(yours, mine)]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });

  it('leave no descriptor open, whether they succeed or fail', async () => {
    const openDescriptors = () => readdirSync('/proc/self/fd').length;
    const once = async (index: number) => {
      const input = index % 3 ? 'some' : undefined;
      await launch(['true'], { results: index % 2 ? 'memory' : 'stdout', input });
      await launch(['no-such-program'], { results: 'memory' }).catch(() => undefined);
    };
    await once(0);
    const before = openDescriptors();
    for (let index = 0; index < 200; index += 1) await once(index);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });
});

describe('the end of Node', () => {
  /** A Node process that launches a sleeper which first writes its number to `file`. */
  function sleeperInNode(file: string, then = ''): ChildProcess {
    const request = {
      argv: ['sh', '-c', `echo $$ > ${file}.part; mv ${file}.part ${file}; exec sleep 1000`],
      ...{ env: { PATH: process.env['PATH'] }, cpu: -1, deadlineMs: 600_000, results: 'memory' },
    };
    const script = `
      const module = { exports: {} };
      process.dlopen(module, ${JSON.stringify(addonPath)});
      process.once('exit', () => module.exports.cancelAll());
      module.exports.launch(${JSON.stringify(request)});
      ${then}`;
    return spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
  }

  const pidIn = async (file: string): Promise<number> => {
    await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 20_000 });
    return Number(readFileSync(file, 'utf8'));
  };

  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s is the end of the child', async (signal) => {
    const file = join(folder, signal);
    const node = sleeperInNode(file);
    const pid = await pidIn(file);
    expect(isAlive(pid)).toBe(true);
    node.kill(signal);
    await expectGone(pid);
  });

  it('by process.exit() does not wait for the child', async () => {
    const file = join(folder, 'exit');
    const node = sleeperInNode(
      file,
      `setInterval(() => require('fs').existsSync(${JSON.stringify(file)}) && process.exit(7), 10);`,
    );
    const code = await new Promise((resolve) => node.once('exit', resolve));
    expect(code).toBe(7);
    await expectGone(await pidIn(file));
  });
});

// Needs root to become another user and to make a program set-user-ID.
describe.runIf(process.getuid?.() === 0)('a process that became another user', () => {
  it('and cannot be killed is left behind with an error, and with no descriptor', async () => {
    const asRoot = join(folder, 'become_root');
    const file = join(folder, 'not-to-be-killed');
    await copyFile(compileProgram('become_root'), asRoot);
    await chmod(asRoot, 0o4755);
    await chmod(folder, 0o755);
    const request = {
      argv: [asRoot, 'sh', '-c', `echo $$ > ${file}; exec sleep 1000`],
      ...{ env: { PATH: process.env['PATH'] }, cpu: -1, deadlineMs: 1000, results: 'memory' },
    };
    const script = `
      const { closeSync, openSync } = require('fs');
      const nextDescriptor = () => { const fd = openSync('/dev/null'); closeSync(fd); return fd; };
      const module = { exports: {} };
      process.dlopen(module, ${JSON.stringify(addonPath)});
      process.setgid(65534);
      process.setuid(65534);
      (async () => {
        await module.exports.launch({ ...${JSON.stringify(request)}, argv: ['true'] });
        const before = nextDescriptor();
        const error = await module.exports.launch(${JSON.stringify(request)}).catch((e) => e);
        console.log(error.code, error.syscall, nextDescriptor() - before);
      })();`;
    const node = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await text(node.stdout)).toBe('EPERM kill 0\n');
    const pid = Number(readFileSync(file, 'utf8'));
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });
});

describe('the probe', () => {
  const measure = async (wrapper: string[], metrics: string, cpu = -1) => {
    const pin = cpu < 0 ? [] : [`--cpu=${cpu}`];
    const argv = [...wrapper, probe, `--metrics=${metrics}`, '--batches=3', ...pin];
    const { results } = await launch(argv);
    return { ...parseWire(results), hello: JSON.parse(results.toString().split('\n', 1)[0] ?? '') };
  };
  const statuses = (lines: readonly WireMetric[]) =>
    Object.fromEntries(lines.map(({ id, status }) => [id, status]));

  it('says that it is pinned and to which CPU', async () => {
    const cpu = addon.cpuTimes().at(-1)?.cpu ?? 0;
    expect((await measure([], 'syscall.null', cpu)).hello).toMatchObject({ cpu, pinned: true });
  });

  it('says that it is not pinned where that is denied', async (context) => {
    if (addon.cpuTimes().length < 2) context.skip();
    const denied = [compileProgram('deny'), 'sched_setaffinity'];
    expect((await measure(denied, 'syscall.null')).hello).toMatchObject({ pinned: false });
  });

  it('denied one call measures everything that does without it', async () => {
    const denied = [compileProgram('deny'), 'getppid'];
    const output = await measure(denied, 'syscall.null,syscall.enosys,context.ring_8p_0k');
    expect(statuses(output.metrics)).toEqual({
      'syscall.null': 'denied',
      'syscall.enosys': 'ok',
      'context.ring_8p_0k': 'ok',
    });
  });

  // Only the cost of a reading tells how the clock is read, and a busy neighbour may blur it.
  it('takes longer batches, the control ones too, where reading the clock is dear', {
    retry: 2,
  }, async () => {
    const dear = [compileProgram('slowdown'), '20', compileProgram('hide_vdso')];
    const output = await measure(dear, 'syscall.null');
    expect(output).toMatchObject({ complete: true });
    expect(output.hello.clock.vdso).toBe(false);
    for (const line of output.metrics) {
      if (!('batches' in line)) throw new Error(`${line.id} is ${line.status}`);
      const shortest = Math.min(...line.batches.wallNs, ...line.batches.controlNs);
      expect(shortest).toBeGreaterThan(300 * output.hello.clock.costNs);
    }
  });

  // Opened for reading as well, a FIFO takes what is written until it is full, and then blocks.
  const blocked = async (wrapper: string) => {
    const fifo = join(await mkdtemp(join(folder, 'fifo-')), 'unread');
    const plan = '--metrics=syscall.null,syscall.enosys --rounds=1000 --deadline-ms=300';
    return shell(`mkfifo ${fifo}; ${wrapper} ${probe} ${plan} 1<>${fifo}`);
  };
  const late = { exitCode: 5, stderr: 'probe: a call did not return before the deadline.\n' };

  it('ends itself when a call does not return', async () => {
    expect(await blocked('exec')).toMatchObject(late);
  });

  it.runIf(process.getuid?.() === 0)('does so as the init of a PID namespace, too', async () => {
    expect(await blocked('exec unshare --pid --fork')).toMatchObject(late);
  });
});

describe('cpuTimes', () => {
  it('reads every CPU that this process may run on, growing as it works', async () => {
    const before = addon.cpuTimes();
    expect(before.length).toBeGreaterThan(0);
    const cpu = before[0]?.cpu ?? 0;
    await shell('i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done', { cpu });
    const after = addon.cpuTimes();
    expect(after.map((times) => times.cpu)).toEqual(before.map((times) => times.cpu));
    expect(after[0]?.busyTicks).toBeGreaterThan(before[0]?.busyTicks ?? 0);
    for (const { busyTicks, interruptTicks } of after) {
      expect(interruptTicks).toBeGreaterThanOrEqual(0);
      expect(interruptTicks).toBeLessThanOrEqual(busyTicks);
    }
    expect(after[0]?.stealTicks).toBeGreaterThanOrEqual(before[0]?.stealTicks ?? 0);
  });
});

describe('loadAddon', () => {
  it('says what to do with a file that is no addon', () => {
    expect(() => loadAddon('/etc/passwd')).toThrow(
      /^The compiled addon \/etc\/passwd does not load \(.*\): remove it/,
    );
  });
});
