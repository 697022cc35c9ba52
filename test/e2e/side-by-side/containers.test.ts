import { release } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeBundle } from '../../fixtures/bundle.js';
import { HERE, type TestEngine, testEngine } from '../../fixtures/engine.js';
import { type Expected, expectOutcomes, NETWORKED, URING } from '../../fixtures/outcomes.js';
import {
  measureBy,
  planWords,
  type TestProbe,
  type Told,
  testProbe,
} from '../../fixtures/probe.js';

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
    let engine: TestEngine;
    beforeAll(async () => {
      engine = await testEngine(join(probe.folder, 'engine'));
      await engine.makeImage('empty');
    });

    test.each(['none', 'host'])('with its filter, and network %s', async (network) => {
      const mounted = ['--volume', `${probe.path}:/probe:ro`, '--entrypoint', '/probe'];
      const options = [...HERE, '--read-only', '--network', network, '--pids-limit', '-1'];
      const told = await measureBy(
        [
          ...[engine.program, 'run', '--rm', ...options, ...mounted],
          ...['empty', ...planWords(probe)],
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
