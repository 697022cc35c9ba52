import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Containers } from '../../../src/targets/container/containers.js';
import type { Engine } from '../../../src/targets/container/engine.js';
import { EngineError } from '../../../src/targets/container/errors.js';
import { profileText } from '../../../src/targets/container/seccomp.js';
import { SILENT } from '../../fixtures/targets.js';

const IMAGE = { reference: 'sha256:1234', digest: 'a@sha256:5678', platform: 'linux/amd64' };

const containersOf = (engine: Partial<Engine>, probe = '/cache/probe'): Containers =>
  new Containers(
    {
      ...{ brand: 'docker', program: 'docker', version: '28.2.2', rootless: false, selinux: false },
      ...{ runtime: { name: 'runc', says: '' }, runtimePaths: new Map() },
      ...engine,
    },
    IMAGE,
    ['--user', '1000'],
    { probe, progress: SILENT, signal: new AbortController().signal },
  );

it('runs the probe as the entry point, by a name that is used once', async () => {
  const containers = containersOf({});
  const [first, second] = [await containers.start(['--a']), await containers.start(['--a'])];
  const name = first.argv[4] ?? '';
  expect(name).toMatch(/^syscall-gate-[0-9a-f]{12}-1$/);
  expect(second.argv[4]).toBe(name.replace(/1$/, '2'));
  expect(first.argv).toEqual([
    ...['docker', 'run', '--rm', '--name', name, '--log-driver', 'none', '--user', '1000'],
    ...['--volume', '/cache/probe:/syscall-gate-probe:ro'],
    ...['--entrypoint', '/syscall-gate-probe', 'sha256:1234', '--a'],
  ]);
});

it('labels the probe where SELinux is in force', async () => {
  const { argv } = await containersOf({ brand: 'podman', selinux: true }).start([]);
  expect(argv).toContain('/cache/probe:/syscall-gate-probe:ro,z');
});

it('cannot mount a probe whose path has a colon', async () => {
  const tried = containersOf({}, '/a:b/probe').tryOut();
  await expect(tried).rejects.toThrow(EngineError);
  await expect(tried).rejects.toThrow('set XDG_CACHE_HOME');
});

it('names the seccomp profile by its digest, or as the engine does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'syscall-gate-profile-'));
  try {
    const path = join(folder, 'p.json');
    await writeFile(path, '{}');
    const digest = createHash('sha256').update('{}').digest('hex');
    const file = ['--security-opt', 'no-new-privileges', `--security-opt=seccomp=${path}`];
    expect(await profileText(file)).toBe(`sha256:${digest}`);
    expect(await profileText(['--security-opt', 'seccomp=unconfined'])).toBe('unconfined');
    expect(await profileText(['--security-opt', 'apparmor=a'])).toBe("the engine's own");
  } finally {
    await rm(folder, { recursive: true });
  }
});
