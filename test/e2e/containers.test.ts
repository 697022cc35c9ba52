import { release } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeBundle } from '../fixtures/bundle.js';
import { type Expected, expectOutcomes, NETWORKED, URING } from '../fixtures/outcomes.js';
import {
  measureBy,
  planWords,
  run,
  type TestProbe,
  type Told,
  testProbe,
} from '../fixtures/probe.js';

let probe: TestProbe;
beforeAll(async () => {
  probe = await testProbe();
});
afterAll(() => probe.remove());

describe('a container with nothing but the probe', () => {
  /** Runs it with no capability, and the default filter as Docker words it. */
  const underRunc = (network: 'own' | 'inherited', ...wrapper: string[]): Promise<Told> => {
    const bundle = join(probe.folder, network);
    makeBundle(bundle, probe.path, planWords(probe), network);
    const state = ['--root', join(probe.folder, 'state')];
    const name = `${basename(probe.folder)}-${network}`;
    return measureBy([...wrapper, 'runc', ...state, 'run', '--bundle', bundle, name], probe);
  };
  // The filter refuses what it does not name, unless runc knows that there is no such number.
  const FILTERED: Expected = [[/^syscall\.enosys$/, 'ok', 'denied EPERM']];

  test('under runc', async () => {
    const told = await underRunc('own');
    expectOutcomes(told, [...FILTERED, [URING, 'denied EPERM']]);
    expect(told.hello).toMatchObject({ pid: 1, pinned: true });
    expect(told.hello.environment?.subject.seccompMode).toBe('filter');
  });

  test('under runc, with no network', async () => {
    const told = await underRunc('inherited', 'unshare', '--net');
    expectOutcomes(told, [...FILTERED, [NETWORKED, 'no_loopback']]);
  });

  describe('under podman', () => {
    let podman: string[];
    beforeAll(async () => {
      const store = ['--root', join(probe.folder, 'root'), '--runroot', join(probe.folder, 'run')];
      // Nothing of the machine's: no storage driver of its kernel, no systemd, no journal.
      const driver = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs'];
      podman = ['podman', ...store, ...driver, '--events-backend', 'none'];
      const image = join(probe.folder, 'image.tar');
      await expectDone('tar', '--create', '--file', image, '--directory', probe.folder, 'probe');
      await expectDone(...podman, 'import', image, 'probe');
    });

    test.each(['none', 'host'])('with its filter, and network %s', async (network) => {
      // The default limits may be above what this test is allowed, and want a cgroup controller.
      const limits = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=1000:1000'];
      const options = ['--runtime', 'runc', '--read-only', '--network', network, ...limits];
      const told = await measureBy(
        [
          ...[...podman, 'run', '--rm', '--pids-limit', '-1', ...options],
          ...['probe', '/probe', ...planWords(probe)],
        ],
        probe,
      );
      // Debian's form of the profile answers ENOSYS where Docker's says EPERM.
      expectOutcomes(told, [[URING, 'unsupported ENOSYS']]);
      expect(told.hello.environment?.subject).toMatchObject({
        seccompMode: 'filter',
        container: 'podman',
      });
    });
  });
});

test('under gVisor', async () => {
  const runsc = ['runsc', '--platform=ptrace', '--network=none', 'do'];
  const told = await measureBy([...runsc, probe.path, ...planWords(probe)], probe);
  // Another kernel, without these.
  expectOutcomes(told, [
    [/^host\./, 'unsupported'],
    [/^exact\.(segments|switches)_per_op$/, 'unsupported'],
    [/^context\.seccomp_notify$/, 'unsupported'],
    [/^sendfile\.(copy_file_range_|tcp_\d+k_zerocopy)/, 'unsupported'],
    [/^memory\.cow_fault$/, 'unsupported'],
  ]);
  expect(told.hello.environment?.subject.kernelRelease).not.toBe(release());
});

async function expectDone(...argv: string[]): Promise<void> {
  const { code, stderr } = await run(argv);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}
