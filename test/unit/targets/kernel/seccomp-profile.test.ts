import { describe, expect, test } from 'vitest';
import { rulesOf } from '../../../../src/targets/kernel/seccomp-profile.js';

const rules = (profile: object): string[] =>
  rulesOf(JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', ...profile }), 'x86_64')
    .trim()
    .split('\n');

const ALLOW = { action: 'SCMP_ACT_ALLOW' };
const allowed = (group: object): string[] =>
  rules({ syscalls: [{ names: ['read'], ...ALLOW, ...group }] }).slice(2);

describe('a seccomp profile', () => {
  test('is a default, the architectures of the machine, and a rule a call', () => {
    expect(
      rules({
        defaultErrnoRet: 38,
        archMap: [
          { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
          { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
        ],
        syscalls: [
          { names: ['read', 'write'], ...ALLOW, args: [], comment: '' },
          { names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
          { names: ['setns'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
        ],
      }),
    ).toEqual([
      `default ${0x5_0000 + 38}`,
      'arch x86_64',
      'arch x86',
      `rule ${0x7fff_0000} read`,
      `rule ${0x7fff_0000} write`,
      `rule ${0x5_0000 + 1} bpf`,
      // What the default does, setns, needs no rule.
    ]);
  });

  test('has conditions on arguments: all of them, but of several on one argument any', () => {
    const first = { index: 0, value: 8, op: 'SCMP_CMP_EQ' };
    const masked = { index: 1, value: 2114060288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' };
    const allow = `rule ${0x7fff_0000} read`;
    expect(allowed({ args: [first, masked] })).toEqual([`${allow} 0 4 8 0 1 7 2114060288 0`]);
    expect(allowed({ args: [first, { ...first, value: 9 }] })).toEqual([
      `${allow} 0 4 8 0`,
      `${allow} 0 4 9 0`,
    ]);
  });

  test.each([
    ['includes', { arches: ['arm64'] }, false],
    ['includes', { arches: ['arm64', 'amd64'] }, true],
    ['includes', { caps: ['CAP_SYS_ADMIN'] }, false],
    ['includes', { caps: ['CAP_SYS_CHROOT'] }, true],
    ['excludes', { caps: ['CAP_SYS_ADMIN'] }, true],
    ['excludes', { caps: ['CAP_SYS_CHROOT'] }, false],
    ['excludes', { arches: ['amd64'] }, false],
    ['includes', {}, true],
    ['includes', { minKernel: '4.8' }, true],
  ])('%s %o: whether it is meant for a container of defaults is %s', (key, where, meant) => {
    expect(allowed({ [key]: where })).toHaveLength(meant ? 1 : 0);
  });

  test.each([
    ['{', 'it is not JSON'],
    ['{}', 'not a seccomp profile that docker and podman accept (defaultAction: '],
    ['{"defaultAction":"SCMP_ACT_MAYBE"}', '(defaultAction: '],
    [
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read 1\\nrule 0 write"],"action":"SCMP_ACT_KILL"}]}',
      '(syscalls.0.names.0: ',
    ],
    [
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]}',
      '(syscalls.0.args.0.index: ',
    ],
  ])('is refused where it is none: %s', (json, clause) => {
    expect(() => rulesOf(json, 'x86_64')).toThrow(clause);
  });
});
