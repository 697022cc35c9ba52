import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectOutcomes, NETWORKED } from '../../fixtures/outcomes.js';
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

/** Measures the whole catalogue under a command that takes something away. */
const under = (...command: string[]): Promise<Told> =>
  measureBy([...command, probe.path, ...planWords(probe)], probe);

/** The same, after some lines of shell. */
const prepared = (script: string, ...command: string[]): Promise<Told> =>
  under(...command, 'sh', '-ec', `${script}\nexec "$@"`, 'sh');

describe('the probe measures the whole catalogue', () => {
  test('as root of a machine', async () => {
    expectOutcomes(await under('env'));
  });

  test('as an unprivileged user', async () => {
    const told = await under(
      ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
      ...['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'],
    );
    expectOutcomes(told);
    expect(told.hello.environment?.subject.probeUid).toBe(65534);
  });

  test('without /proc and /sys', async () => {
    const hide = 'mount -t tmpfs none /proc; mount -t tmpfs none /sys';
    const told = await prepared(hide, 'unshare', '--mount');
    expectOutcomes(told, [[/^(host\.|sendfile\.from_procfs$)/, 'error ENOENT']]);
    expect(told.hello.environment?.subject).toMatchObject({
      seccompMode: 'unknown',
      kernelCommandLine: 'unknown',
    });
  });

  test('without a loopback interface', async () => {
    expectOutcomes(await under('unshare', '--net'), [[NETWORKED, 'no_loopback']]);
  });

  test.each(['0', '1'])('on CPU %s alone', async (cpu) => {
    const told = await under('taskset', '--cpu-list', cpu);
    // The probe may leave the CPU that it was started on.
    expectOutcomes(told);
    expect(told.hello).toMatchObject({ cpu: Number(cpu), pinned: true });
  });

  test('with a root that is read-only all the way down', async () => {
    // mount(8) has no recursive remount before util-linux 2.39. What another mount hides stays.
    const remount = `
      awk '{ print $5 }' /proc/self/mountinfo | while read -r point; do
        mount -o remount,bind,ro "$point" || true
      done
      for folder in /tmp /dev/shm ${probe.folder}; do
        test ! -w "$folder"
      done`;
    const told = await prepared(remount, 'unshare', '--mount');
    expectOutcomes(told);
  });

  test('with sixteen descriptors', async () => {
    expectOutcomes(await prepared('ulimit -n 16'), [[/^syscall\.select_100$/, 'error EMFILE']]);
  });

  test('under a real-time policy', async () => {
    expectOutcomes(await under('chrt', '--fifo', '10'));
  });

  test('with an empty environment', async () => {
    expectOutcomes(await measureBy([probe.path, ...planWords(probe)], probe, { env: {} }));
  });
});
