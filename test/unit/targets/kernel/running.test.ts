import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type RunningKernel,
  runningImage,
  runningKernel,
} from '../../../../src/targets/kernel/running.js';
import { bzImage } from '../../../fixtures/bzimage.js';

const RELEASE = '6.8.0-1017-azure';
const BUILD = '#20-Ubuntu SMP Tue Oct 22 03:43:13 UTC 2024';
const IMAGE = bzImage({ version: `${RELEASE} (buildd@lcy02) ${BUILD}` });

let root: string;
let kernel: RunningKernel;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'syscall-gate-running-'));
  // Whoever the test runs as later may look into it.
  await chmod(root, 0o755);
  kernel = {
    ...{ release: RELEASE, version: BUILD, commandLine: 'quiet', sudo: false },
    ...{ boot: join(root, 'boot'), modules: join(root, 'modules') },
  };
  for (const folder of ['boot', `modules/${RELEASE}`, 'own', 'bin'])
    await mkdir(join(root, folder), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const inBoot = () => join(root, 'boot', `vmlinuz-${RELEASE}`);
const inModules = () => join(root, 'modules', RELEASE, 'vmlinuz');
const tools = () => ({ folder: join(root, 'own'), signal: new AbortController().signal });
const found = () => runningImage(kernel, tools());

test('the kernel of this machine is described by what uname(2) and /proc say', async () => {
  const here = await runningKernel();
  expect(await readFile('/proc/version', 'latin1')).toContain(`version ${here.release} `);
  expect(await readFile('/proc/version', 'latin1')).toContain(here.version);
  expect(here.commandLine).toBe(await readFile('/proc/cmdline', 'latin1'));
  expect(here.sudo).toBe(process.env['RUNNER_ENVIRONMENT'] === 'github-hosted');
});

describe('the image of the running kernel', () => {
  test('is where Debian and Ubuntu install it, or where Fedora does', async () => {
    await writeFile(inModules(), IMAGE);
    expect((await found()).path).toBe(inModules());
    await writeFile(inBoot(), IMAGE);
    const { path, image } = await found();
    expect(path).toBe(inBoot());
    expect(image.content).toEqual(IMAGE);
  });

  test('is nowhere, as in a container', async () => {
    await expect(found()).rejects.toThrow(
      `there is no image of the running kernel (${inBoot()}, ${inModules()})`,
    );
  });

  test.each([
    ['another build', `${RELEASE} (buildd@lcy02) ${BUILD.replace('#20', '#21')}`],
    ['another release', `6.8.0-1018-azure (buildd@lcy02) ${BUILD}`],
    ['a release that only begins alike', `${RELEASE}-fde (buildd@lcy02) ${BUILD}`],
  ])('is not one of %s', async (_, version) => {
    await writeFile(inBoot(), bzImage({ version }));
    await expect(found()).rejects.toThrow(/is of another build than the running kernel \(".*"/);
    // The other place may hold the right one.
    await writeFile(inModules(), IMAGE);
    expect((await found()).path).toBe(inModules());
  });

  test('is no kernel at all', async () => {
    await writeFile(inBoot(), Buffer.alloc(4096));
    await expect(found()).rejects.toThrow(
      `${inBoot()} cannot be booted (it is not a kernel image)`,
    );
  });
});

describe('an image that this user may not read', () => {
  const path = process.env['PATH'];
  const isRoot = process.getuid?.() === 0;
  const NOBODY = 65534;
  beforeEach(async () => {
    await writeFile(inBoot(), IMAGE, { mode: 0 });
    await chmod(join(root, 'own'), 0o777);
    // Root may read everything, so it is somebody else meanwhile.
    if (isRoot) process.seteuid?.(NOBODY);
  });
  afterEach(() => {
    if (isRoot) process.seteuid?.(0);
    process.env['PATH'] = path;
  });

  /** A sudo that does what it is told, and notes what that was. */
  async function withSudo(script: string): Promise<void> {
    if (isRoot) process.seteuid?.(0);
    const sudo = join(root, 'bin', 'sudo');
    await writeFile(join(root, 'copy'), IMAGE, { mode: 0o644 });
    await writeFile(sudo, `#!/bin/sh\n${script}\n`);
    await chmod(sudo, 0o755);
    await chmod(join(root, 'bin'), 0o755);
    if (isRoot) process.seteuid?.(NOBODY);
    process.env['PATH'] = [join(root, 'bin'), path].join(delimiter);
  }

  test('is not read with other rights than the user gave', async () => {
    await withSudo('exit 1');
    await expect(found()).rejects.toThrow(
      `this user may not read ${inBoot()} (sudo chmod a+r ${inBoot()})`,
    );
  });

  test('is copied by sudo in a job of GitHub Actions, which never asks for a password', async () => {
    await withSudo(`printf '%s,' "$@" > ${join(root, 'own', 'asked')}; cat ${join(root, 'copy')}`);
    kernel = { ...kernel, sudo: true };
    const { path: where, image } = await found();
    expect(where).toBe(inBoot());
    expect(image.content).toEqual(IMAGE);
    const asked = await readFile(join(root, 'own', 'asked'), 'utf8');
    expect(asked).toBe(`-n,cat,--,${inBoot()},`);
  });

  test('is not read where sudo refuses, or is not installed', async () => {
    kernel = { ...kernel, sudo: true };
    await withSudo('echo "sudo: a password is required" >&2; exit 1');
    await expect(found()).rejects.toThrow(
      /not even through sudo \(sudo: a password is required\)$/,
    );
    process.env['PATH'] = join(root, 'own');
    await expect(found()).rejects.toThrow('not even through sudo (ENOENT)');
  });
});
