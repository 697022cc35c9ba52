import { describe, expect, it } from 'vitest';
import { explainError } from '../../../src/targets/container/errors.js';

/** What the engines print, each as it was seen, and what the user is told. */
const SEEN: Record<string, readonly (readonly [says: string, means: string])[]> = {
  docker: [
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'its daemon is not running',
    ],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Head "http://%2Fvar%2Frun%2Fdocker.sock/_ping": dial unix /var/run/docker.sock: connect: permission denied.',
      'usermod -aG docker',
    ],
    [
      'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock',
      'usermod -aG docker',
    ],
    [
      "docker: Error response from daemon: pull access denied for ndtar, repository does not exist or may require 'docker login': denied: requested access to the resource is denied.\nSee 'docker run --help'.",
      'the registry has no such image or does not give it to this user',
    ],
    [
      'Error response from daemon: manifest for a/b:latest not found: manifest unknown: manifest unknown',
      'the registry has no such image or tag',
    ],
    [
      'Error response from daemon: no matching manifest for linux/arm64/v8 in the manifest list entries: no match for platform in manifest: not found',
      'the registry does not have the image for linux/arm64/v8',
    ],
    [
      'docker: Error response from daemon: unknown or invalid runtime name: runsc.\nSee "docker run --help".',
      'the daemon does not know the runtime "runsc"',
    ],
    [
      'docker: opening seccomp profile (a/chromium.json) failed: open /home/me/a/chromium.json: no such file or directory',
      'there is no seccomp profile /home/me/a/chromium.json',
    ],
    [
      "docker: Error response from daemon: Decoding seccomp profile failed: invalid character 'd' looking for beginning of value",
      "the seccomp profile is not one JSON object as engines read it (invalid character 'd'",
    ],
    [
      "unknown flag: --bogus\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'docker run --help' for more information",
      'its run command has no option --bogus',
    ],
    [
      'docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/syscall-gate-probe": permission denied: unknown.',
      'run the engine on this machine, where it sees the probe',
    ],
    [
      "docker: Error response from daemon: something new.\n\nRun 'docker run --help' for more information",
      'docker says "docker: Error response from daemon: something new."',
    ],
  ],
  podman: [
    ['Error: localhost/a: image not known', 'there is no such image here'],
    [
      'Error: short-name "a" did not resolve to an alias and no unqualified-search registries are defined in "/etc/containers/registries.conf"',
      'there is no image "a" here, and its registry is not known',
    ],
    [
      'Trying to pull quay.io/x/y:latest...\nError: initializing source docker://quay.io/x/y:latest: pinging container registry quay.io: Get "https://quay.io/v2/": dial tcp: lookup quay.io on 10.0.0.1:53: no such host',
      'its registry cannot be reached (no such host)',
    ],
    [
      'Error: initializing source docker://localhost:5000/x:latest: pinging container registry localhost:5000: Get \\"https://localhost:5000/v2/\\": dial tcp 127.0.0.1:5000: connect: connection refused',
      'its registry cannot be reached (connection refused)',
    ],
    ['Error: repository name must be lowercase', 'the name of the image is malformed'],
    [
      'Error: default OCI runtime "runs" not found: invalid argument',
      'the engine does not find the runtime "runs"',
    ],
    [
      'Error: opening seccomp profile failed: open p.json: no such file or directory',
      'there is no seccomp profile p.json',
    ],
    [
      'Error: loading seccomp profile (p.json) failed: decoding seccomp profile failed: unexpected end of JSON input',
      'the seccomp profile is not one JSON object as engines read it (unexpected end of JSON input)',
    ],
    [
      'Error: OCI runtime error: runc: runc create failed: string SCMP_ACT_BOGUS is not a valid action for seccomp',
      'the seccomp profile has "SCMP_ACT_BOGUS" where a valid action should be',
    ],
    [
      'Error: unable to find user bob: no matching entries in passwd file',
      'the image has no user "bob"',
    ],
    [
      'Error: runc: runc create failed: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: OCI permission denied',
      '--ulimit nofile=20000:20000',
    ],
    [
      'Error: OCI runtime error: crun: cgroups in hybrid mode not supported, drop all controllers from cgroupv2',
      'the runtime could not start it: crun: cgroups in hybrid mode not supported',
    ],
    [
      'starting container: setting up network: cannot run with network enabled in root network namespace\nError: `/usr/bin/runsc start d50c6fce` failed: exit status 128',
      'the runtime could not start it: starting container: setting up network: cannot run with',
    ],
    ['exec /syscall-gate-probe: exec format error', 'exec format error'],
    [
      "Error: unknown flag: --bogus\nSee 'podman run --help'",
      'its run command has no option --bogus: see its run --help',
    ],
    [
      "Error: invalid value for memory: invalid size: 'lots'\nSee 'podman run --help'",
      'podman says "Error: invalid value for memory: invalid size: \'lots\'"',
    ],
  ],
  nerdctl: [
    [
      'FATA[0000] rootless containerd not running? (hint: use `containerd-rootless-setuptool.sh install` to start rootless containerd): stat /run/user/1000/containerd-rootless: no such file or directory',
      'containerd does not run for this user',
    ],
  ],
};

describe.each(Object.entries(SEEN))('what %s says', (engine, seen) => {
  it.each(seen)('"%s" is explained', (says, means) => {
    const clause = explainError(engine, says);
    expect(clause).toContain(means);
    expect(clause).not.toMatch(/\n|\.$/);
  });
});

it('says nothing of silence', () => {
  expect(explainError('podman', '')).toBeUndefined();
  expect(explainError('podman', '\n \n')).toBeUndefined();
});

it('keeps what it cannot explain within bounds, on one line', () => {
  const clause = explainError('podman', `Error: ${'x'.repeat(5000)}\u001b[31m`);
  expect(clause?.length).toBeLessThan(400);
});
