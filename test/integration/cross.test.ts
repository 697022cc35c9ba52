import { readdirSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildProbeFor } from '../../src/build/cross.js';
import { findCrossCompiler } from '../../src/build/cross-compiler.js';
import { nativeSources } from '../../src/build/sources.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cross-'));
  // Nothing but what a test puts there, and what scripts need.
  vi.stubEnv('PATH', `${folder}:/nonexistent`);
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const VARIABLES = ['CC_aarch64_linux_gnu', 'CC_aarch64_unknown_linux_gnu', 'CROSS_COMPILE'];

/** A compiler for a machine, which compiles as the script says. */
async function compiler(name: string, machine: string, script = ''): Promise<string> {
  const path = join(folder, name);
  const answers = `case "$*" in\n*--version) echo ${name} 1.0; exit ;;\n*-dumpmachine) echo ${machine}; exit ;;\nesac`;
  await writeFile(path, `#!/bin/sh\n${answers}\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const found = async () => (await findCrossCompiler('aarch64')).version;

const MISSING =
  /^A kernel for arm64 runs a probe for arm64, which has to be cross-compiled on this machine \((x86-64|arm64)\), and no compiler for that was found \(tried arm-gcc, aarch64-linux-gnu-gcc, aarch64-unknown-linux-gnu-gcc, aarch64-none-linux-gnu-gcc, aarch64-linux-musl-gcc\): install one with apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross, or name one in CC_aarch64_linux_gnu\.$/;

describe('the compiler for arm64', () => {
  test('has one of the usual names, the first of them that is installed', async () => {
    await compiler('aarch64-linux-musl-gcc', 'aarch64-linux-musl');
    expect(await found()).toBe('aarch64-linux-musl-gcc 1.0');
    await compiler('aarch64-linux-gnu-gcc', 'aarch64-linux-gnu');
    expect(await found()).toBe('aarch64-linux-gnu-gcc 1.0');
  });

  test('is that of CROSS_COMPILE where that is for arm64, and not where it is for another', async () => {
    await compiler('aarch64-linux-gnu-gcc', 'aarch64-linux-gnu');
    await compiler('own-gcc', 'aarch64-unknown-linux-gnu');
    await compiler('riscv64-linux-gnu-gcc', 'riscv64-linux-gnu');
    vi.stubEnv('CROSS_COMPILE', `${folder}/own-`);
    expect(await found()).toBe('own-gcc 1.0');
    vi.stubEnv('CROSS_COMPILE', 'riscv64-linux-gnu-');
    expect(await found()).toBe('aarch64-linux-gnu-gcc 1.0');
  });

  test.for(['CC_aarch64_linux_gnu', 'CC_aarch64_unknown_linux_gnu'])(
    'is what %s names, before all others and with its words',
    async (variable) => {
      await compiler('aarch64-linux-gnu-gcc', 'aarch64-linux-gnu');
      vi.stubEnv('CROSS_COMPILE', 'aarch64-linux-gnu-');
      vi.stubEnv(variable, `${await compiler('named', 'arm64-unknown-linux-gnu')} --target=x`);
      const { command } = await findCrossCompiler('aarch64');
      expect(command).toEqual([join(folder, 'named'), '--target=x']);
    },
  );

  test('is missed in one sentence that says what was tried and what to install', async () => {
    await compiler('aarch64-linux-gnu-gcc', 'x86_64-linux-gnu');
    vi.stubEnv('CROSS_COMPILE', 'arm-');
    await expect(found()).rejects.toMatchObject({
      kind: 'measurement',
      message: expect.stringMatching(MISSING),
    });
  });

  test('that a variable names is not passed over where it does not do', async () => {
    await compiler('aarch64-linux-gnu-gcc', 'aarch64-linux-gnu');
    vi.stubEnv('CC_aarch64_linux_gnu', 'nocc -m64');
    await expect(found()).rejects.toThrow(
      /the compiler "nocc -m64" that CC_aarch64_linux_gnu names does not run: install one with/,
    );
    vi.stubEnv('CC_aarch64_linux_gnu', await compiler('other', 'aarch64_be-linux-gnu'));
    await expect(found()).rejects.toThrow(/names is for aarch64_be-linux-gnu: install one with/);
  });

  test('for x86-64 is missed in the same way', async () => {
    await expect(findCrossCompiler('x86_64')).rejects.toThrow(
      /^A kernel for x86-64 .*tried x86_64-linux-gnu-gcc.*gcc-x86-64-linux-gnu libc6-dev-amd64-cross/,
    );
  });
});

describe('a probe for arm64', () => {
  const failing = (said: string) =>
    compiler('aarch64-linux-gnu-gcc', 'aarch64-linux-gnu', `echo '${said}' >&2\nexit 1`);

  test('is compiled once, of all of its sources and nothing else', async () => {
    const log = join(folder, 'log');
    const touch = `echo "$@" >> ${log}\nfor last; do :; done\necho built > "$last"`;
    await compiler('aarch64-linux-gnu-gcc', 'aarch64-linux-gnu', touch);
    const cacheDir = join(folder, 'cache');
    const first = await buildProbeFor('aarch64', { cacheDir });
    expect(first.cached).toBe(false);
    expect(await readFile(first.probe, 'utf8')).toBe('built\n');
    const { probe } = await nativeSources();
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(probe.length + 1);
    expect(lines.at(-1)).toMatch(/^-static /);
    const again = await buildProbeFor('aarch64', { cacheDir });
    expect(again).toMatchObject({ probe: first.probe, cached: true });
    expect(readdirSync(cacheDir)).toHaveLength(1);
  });

  test.for([
    ['fatal error: stdio.h: No such file or directory', 'the header stdio.h is missing'],
    ['/usr/bin/ld: cannot find -lc: No such file', 'there is no static C library'],
  ])('misses the C library of arm64, not that of this machine: %s', async ([said = '', why]) => {
    await failing(said);
    await expect(buildProbeFor('aarch64', { cacheDir: join(folder, 'cache') })).rejects.toThrow(
      `${why}: install it with apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross.`,
    );
  });
});
