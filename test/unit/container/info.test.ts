import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/targets/container/errors.js';
import { readDocker, readPodman } from '../../../src/targets/container/info.js';

/** The fields that are read of what `docker info --format '{{json .}}'` prints. */
const docker = (fields: object): string =>
  JSON.stringify({
    ServerVersion: '28.2.2',
    DefaultRuntime: 'runc',
    Runtimes: {
      'io.containerd.runc.v2': {},
      runc: { path: 'runc' },
      runsc: { path: '/bin/runsc' },
    },
    RuncCommit: { ID: 'v1.2.5-0-g59923ef' },
    SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns'],
    ...fields,
  });

describe('what docker says of itself', () => {
  it('is read', () => {
    expect(readDocker(docker({}))).toEqual({
      version: '28.2.2',
      rootless: false,
      selinux: false,
      runtime: { name: 'runc', says: 'runc, commit v1.2.5-0-g59923ef' },
      runtimePaths: new Map([
        ['runc', 'runc'],
        ['runsc', '/bin/runsc'],
      ]),
    });
  });

  it('tells of SELinux and of a daemon without root', () => {
    const SecurityOptions = ['name=seccomp,profile=builtin', 'name=selinux', 'name=rootless'];
    expect(readDocker(docker({ SecurityOptions }))).toMatchObject({
      rootless: true,
      selinux: true,
    });
  });

  it('is an error when only the client speaks', () => {
    const ServerErrors = [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    ];
    const silent = docker({
      ServerVersion: '',
      Runtimes: null,
      SecurityOptions: null,
      ServerErrors,
    });
    expect(() => readDocker(silent)).toThrow('its daemon is not running');
  });

  it.each(['', 'null', '[]', '{"Runtimes":3}', '<html>'])('is not %s', (text) => {
    expect(() => readDocker(text)).toThrow(EngineError);
  });
});

describe('what podman says of itself', () => {
  it('is read', () => {
    const text = JSON.stringify({
      host: {
        ociRuntime: { name: 'crun', version: 'crun version 1.8.1\ncommit: f8a096b\n' },
        security: { rootless: true, selinuxEnabled: true },
      },
      version: { Version: '4.3.1' },
    });
    expect(readPodman(text)).toEqual({
      version: '4.3.1',
      rootless: true,
      selinux: true,
      runtime: { name: 'crun', says: 'crun version 1.8.1' },
      runtimePaths: new Map(),
    });
  });

  it.each(['', '{}', '{"host":{}}'])('is not %s', (text) => {
    expect(() => readPodman(text)).toThrow(EngineError);
  });
});
