import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { injectionObstacle } from '../../../src/probe/obstacle.js';
import type { Injection } from '../../../src/record/injection.js';
import { type Injected, type Selftest, selftestSchema } from '../../../src/record/selftest.js';
import { CLI, cli, compileProgram, type Finished, NODE } from '../../fixtures/cli.js';
import { run, type TestProbe, testProbe } from '../../fixtures/probe.js';

const deny = compileProgram('deny');

let folder: string;
let probe: TestProbe;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-selftest-'));
  probe = await testProbe();
});
afterAll(async () => {
  await probe.remove();
  await rm(folder, { recursive: true, force: true });
});

const FEW = ['--duration', '10', '--metrics', 'syscall.null'];

const FILTERS = ['seccomp-cached', 'seccomp'] as const satisfies Injection[];

const selftestOf = ({ stdout }: Finished): Selftest => selftestSchema.parse(JSON.parse(stdout));

const injected = ({ injections }: Selftest): Injected[] =>
  injections.filter((one) => one.status === 'ok');

describe('a self-test', () => {
  test('catches the regression that it injects, says how soon, and stores nothing', async () => {
    const ended = await cli(['selftest', '--json', ...FEW], { cwd: folder });
    const found = selftestOf(ended);
    expect(injected(found).map(({ injection }) => injection)).toEqual(FILTERS);
    const strongest = injected(found).at(-1);
    expect(strongest?.addedNs).toBeGreaterThan(0);
    expect(strongest?.slowed).toContain('syscall.null');
    expect(strongest?.caught).toContain('syscall.null');
    expect(strongest?.first?.screenMs).toBeGreaterThan(0);
    expect(strongest?.first?.confirmMs).toBeGreaterThan(0);
    // An unchanged machine alarms once in fifty self-tests, by design: then it is not to be trusted.
    expect(found.trusted).toBe(found.alarms.length === 0);
    expect(ended.code).toBe(found.trusted ? 0 : 1);
    expect(found.certificate.families).toMatchObject([{ family: 'syscall', gated: 1 }]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that has no time for enough launches says so and what to do, and exits 1', async () => {
    const all = ['--duration', '2', '--metrics', 'syscall.*,context.*'];
    const ended = await cli(['selftest', ...all], { cwd: folder });
    expect(ended.code).toBe(1);
    const answer = ended.stdout.replaceAll(/\s+/g, ' ');
    expect(answer).toMatch(
      /This gate cannot be trusted here, because [\d.]+ s were not enough to catch .*: give a longer --duration, or fewer --metrics\. $/,
    );
  });

  test('where no filter may be installed uses what needs none', async ({ skip }) => {
    if ((await injectionObstacle(probe.path, 'user-dispatch')) !== undefined) skip();
    const { stdout, stderr } = await run([
      deny,
      'seccomp',
      NODE,
      CLI,
      'selftest',
      '--json',
      ...FEW,
    ]);
    const found = selftestOf({ code: 0, stdout: stdout.toString(), stderr });
    expect(found.injections.map(({ injection, status }) => [injection, status])).toEqual([
      ['seccomp-cached', 'unavailable'],
      ['seccomp', 'unavailable'],
      ['user-dispatch', 'ok'],
    ]);
    expect(injected(found)[0]?.addedNs).toBeGreaterThan(0);
    expect(injected(found)[0]?.caught).toContain('syscall.null');
  });

  test('where nothing can be injected says why and what to do, and exits 1', async () => {
    // The outer denial first: the inner one keeps filters from being installed after it.
    const denied = [deny, 'user_dispatch', deny, 'seccomp'];
    const argv = [...denied, NODE, CLI, 'selftest', '--json', '--duration', '4'];
    const { code, stdout, stderr } = await run([...argv, '--metrics', 'syscall.null']);
    const found = selftestOf({ code, stdout: stdout.toString(), stderr });
    expect(code).toBe(1);
    expect(injected(found)).toEqual([]);
    expect(found.injections.map((one) => one.status === 'unavailable' && one.reason)).toEqual([
      ...FILTERS.map(() => 'seccomp(SECCOMP_SET_MODE_FILTER): Operation not permitted'),
      'prctl(PR_SET_SYSCALL_USER_DISPATCH): Operation not permitted',
    ]);
    expect(found.answer).toMatch(
      /^This gate cannot be trusted here, because no regression could be/,
    );
  });

  test('without the call that sizes what it injects is one sentence', async () => {
    const argv = [deny, 'getppid', NODE, CLI, 'selftest', '--duration', '2'];
    const { code, stdout, stderr } = await run([...argv, '--metrics', 'syscall.lseek']);
    expect([code, stdout.toString()]).toEqual([3, '']);
    expect(stderr).toMatch(
      /^syscall-gate: The self-test measures .* syscall\.null, which has no number/m,
    );
  });
});
