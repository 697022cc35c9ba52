import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { gate } from '../../../src/flows/gate.js';
import { seccompFilter } from '../../../src/targets/kernel/seccomp.js';
import { compileProgram } from '../../fixtures/cli.js';
import { HERE, testEngine } from '../../fixtures/engine.js';
import { countedIn } from '../../fixtures/findings.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { run } from '../../fixtures/probe.js';
import { SILENT } from '../../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

/** Podman's own. */
const PROFILE = '/usr/share/containers/seccomp.json';

const NEVER = new AbortController().signal;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-seccomp-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, profile: object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(profile));
  return path;
}

/** What some calls return under the filter of a profile. */
async function decisionsUnder(profile: string): Promise<string[]> {
  const filter = join(folder, 'filter');
  await writeFile(filter, (await seccompFilter(profile, 'x86_64', NEVER)).program);
  const { code, stdout, stderr } = await run([compileProgram('decisions', '-static'), filter]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.toString().trim().split('\n');
}

describe('the filter of a profile', () => {
  test('decides as in a container of podman', async () => {
    const engine = await testEngine(join(folder, 'engine'));
    await engine.makeImage('empty');
    const program = compileProgram('decisions', '-static');
    const { code, stdout, stderr } = await run([
      ...[engine.program, 'run', '--rm', ...HERE, '--network', 'none', '--read-only'],
      // Docker's containers have it, of which a profile's conditions are told.
      ...['--cap-add', 'AUDIT_WRITE', '--security-opt', `seccomp=${PROFILE}`],
      ...['--volume', `${program}:/decisions:ro`, '--entrypoint', '/decisions', 'empty'],
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const decisions = await decisionsUnder(PROFILE);
    expect(decisions).toEqual(stdout.toString().trim().split('\n'));
    expect(decisions).toEqual(
      expect.arrayContaining([
        'getppid: done',
        'personality of Linux: done',
        'personality of others: Function not implemented',
        'kexec_load: Operation not permitted',
      ]),
    );
  });

  test('has its errors, its conditions, and not the calls that nobody knows', async () => {
    const profile = await written('own.json', {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['no_such_call', 'getppid'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
        {
          names: ['personality'],
          action: 'SCMP_ACT_ERRNO',
          args: [{ index: 0, value: 0x100, op: 'SCMP_CMP_LT' }],
        },
      ],
    });
    expect(await decisionsUnder(profile)).toEqual(
      expect.arrayContaining([
        'getppid: Permission denied',
        'personality of Linux: Operation not permitted',
        'personality as it is: done',
        'unshare of nothing: done',
      ]),
    );
  });

  test('is refused in a sentence where it cannot be made', async () => {
    await expect(seccompFilter(join(folder, 'absent.json'), 'x86_64', NEVER)).rejects.toThrow(
      'absent.json could not be read (ENOENT)',
    );
    const empty = await written('empty.json', {});
    await expect(seccompFilter(empty, 'x86_64', NEVER)).rejects.toThrow(
      /empty\.json cannot be used, because it is not a seccomp profile that docker and podman accept/,
    );
    const vax = await written('vax.json', {
      ...{ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_VAX'] },
    });
    await expect(seccompFilter(vax, 'x86_64', NEVER)).rejects.toThrow(
      'could not be compiled by libseccomp (vax: is not an architecture that libseccomp knows)',
    );
  });
});

test('podman’s profile costs every call some instructions, in functions of seccomp', async ({
  signal,
}) => {
  const kernel = `kernel:${bootableKernel()}`;
  const config = parseConfig({
    ...{ baseline: kernel, candidate: `${kernel} seccomp=${PROFILE}`, failOn: 'never' },
    ...{ kernelOptions: 'accel=tcg', evidence: 'counted' },
    ...{ metrics: 'syscall.null,syscall.read_zero', out: join(folder, 'out') },
  });
  const { report } = await gate(config, { progress: SILENT, signal });
  expect(report.candidate.facts['seccomp']).toMatch(/^seccomp\.json, sha256 [0-9a-f]{64}$/);
  expect(report.subject).toMatchObject({ seccompMode: 'filter', seccompFilters: '1' });
  expect(report.subject.kernelCommandLine).not.toContain('seccomp=');
  expect(countedIn(report)).toHaveLength(2);
  for (const metric of countedIn(report)) {
    expect(metric.difference).toBeGreaterThan(10);
    const came = metric.functions?.flatMap(({ change, name }) => (change === 'new' ? [name] : []));
    expect(came).toContain('__seccomp_filter');
    expect(Math.abs(metric.remainder ?? Infinity)).toBeLessThan(1);
  }
});
