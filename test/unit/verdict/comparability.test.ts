import { describe, expect, test } from 'vitest';
import { type MachineRecord, makeRun, type Platform, type Run } from '../../../src/record/run.js';
import { comparableRuns } from '../../../src/verdict/comparability.js';
import { comparePaired } from '../../../src/verdict/paired.js';
import { compareStored } from '../../../src/verdict/stored.js';
import { syntheticRun } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };

const FACTS = {
  ...{ accelerator: 'tcg', qemu: '7.2.22', machine: 'pc', cpu: 'max' },
  ...{ 'host cpu': 'Example CPU @ 3.00GHz', sha256: 'a' },
};
type Facts = typeof FACTS;

function machineOf(facts: Facts): MachineRecord {
  const { accelerator, qemu: version, machine, cpu, 'host cpu': hostCpu } = facts;
  const emulator = { name: 'QEMU', version, machine, cpu, hostCpu };
  return {
    architecture: 'x86_64',
    accelerator: accelerator === 'kvm' ? 'kvm' : 'tcg',
    emulator,
  };
}

/** A run of a kernel, or of this machine without facts. */
function runOf(seed: number, facts?: Facts): Run {
  const kernel = { kind: 'kernel', spec: 'kernel:/vmlinuz' } as const;
  const { sha256 = '' } = facts ?? {};
  return syntheticRun({
    ...{ seed, metrics: [{ id: 'syscall.null', ns: 100 }], screen: [4, 5, 6, 7, 8, 9, 10, 11] },
    ...(facts ? { target: { ...kernel, facts: { sha256 }, machine: machineOf(facts) } } : {}),
  });
}

test('emulated runs compare with those of the same emulation', () => {
  const other = runOf(2, { ...FACTS, sha256: 'b' });
  expect(comparableRuns(runOf(1, FACTS), [other])).toMatchObject({
    ...{ match: 'same', runs: [other], differences: [] },
  });
});

test.each([
  ['accelerator', 'kvm'],
  ['qemu', '10.0.2'],
  ['machine', 'q35'],
  ['cpu', 'EPYC'],
  ['host cpu', 'Another CPU'],
])('with another %s they come from another machine, and the difference is named', (name, value) => {
  const stored = runOf(2, { ...FACTS, [name]: value });
  const found = comparableRuns(runOf(1, FACTS), [stored]);
  expect(found.match).toBe('other-machine');
  expect(found.differences).toEqual([`${name}: ${value} → ${FACTS[name as keyof typeof FACTS]}`]);
  const { findings: metrics, caveats } = compareStored(
    { runs: [stored], skipped: [] },
    runOf(1, FACTS),
    SETTINGS,
  );
  expect(metrics[0]?.verdict).toBe('incomparable');
  expect(caveats[0]).toContain(`${name}: ${value}`);
});

test('a run that was not emulated does not compare with one that was', () => {
  expect(comparableRuns(runOf(1, FACTS), [runOf(2)])).toMatchObject({
    match: 'other-machine',
    differences: expect.arrayContaining(['accelerator: none → tcg']),
  });
});

test('in KVM it is the processor that counts, and not the emulator', () => {
  const inKvm = { ...FACTS, accelerator: 'kvm' };
  const found = comparableRuns(runOf(1, inKvm), [runOf(2, { ...inKvm, qemu: '10.0.2' })]);
  expect(found.match).toBe('same');
});

test('a comparison says that its times come from an emulator, or that only one side was emulated', () => {
  const both = comparePaired(runOf(1, FACTS), runOf(2, FACTS), SETTINGS).caveats;
  expect(both).toEqual([
    expect.stringMatching(
      /^kernel:\/vmlinuz ran on an emulated processor \(QEMU 7\.2\.22, TCG\): compare its times only/,
    ),
  ]);
  expect(comparePaired(runOf(1), runOf(2, FACTS), SETTINGS).caveats).toEqual([
    expect.stringContaining('the other side did not, so the difference is mostly the emulation'),
  ]);
  expect(comparePaired(runOf(1), runOf(2), SETTINGS).caveats).toEqual([]);
});

test('the CPUs of a booted kernel are its own, and no other ones than those of this machine', () => {
  const kernel = runOf(2, { ...FACTS, accelerator: 'kvm' });
  const inGuest = { ...kernel, plan: { ...kernel.plan, cpu: 0 } } as typeof kernel;
  expect(runOf(1).plan.cpu).toBe(1);
  expect(comparePaired(runOf(1), inGuest, SETTINGS).caveats).toEqual([]);
});

test('of stored runs those of the same CPU model count, and differences are from the newest', () => {
  const candidate = runOf(1);
  const on = (seed: number, platform: Partial<Run['platform']>): Run => {
    const run = runOf(seed);
    return { ...run, platform: { ...run.platform, ...platform } };
  };
  const older = on(2, { cpuCount: 64 });
  const newest = on(3, { microcode: '0x9' });
  const other = on(4, { cpuModel: 'Another CPU' });
  const { match, runs, differences } = comparableRuns(candidate, [older, newest, other]);
  expect([match, runs]).toEqual(['same-cpu-model', [older, newest]]);
  expect(differences).toEqual([expect.stringMatching(/^microcode: 0x9 → /)]);
  expect(comparableRuns(candidate, [other])).toMatchObject({ match: 'other-machine' });
});

describe('a field that could not be read', () => {
  const COUNTED = { id: 'exact.segments_per_op', version: 1, gate: true, status: 'ok' } as const;
  /** A server of arm64: the kernel shows the parts of the CPU's name there, and not the name. */
  const ARM64 = {
    ...{ architecture: 'aarch64', cpuVendor: '0x41', cpuFamily: '0x3', cpuModelNumber: '0xd0c' },
    ...{ cpuModel: 'unknown', cpuStepping: '1', microcode: 'unknown' },
  };
  const CPUINFO = ['cpuVendor', 'cpuFamily', 'cpuModelNumber', 'cpuStepping'] as const;
  const NO_CPUINFO = { ...ARM64, ...Object.fromEntries(CPUINFO.map((name) => [name, 'unknown'])) };

  interface Shape {
    slower?: number;
    lost?: boolean;
    count?: number;
  }

  function measured(
    seed: number,
    platform: Partial<Platform>,
    { slower = 1, lost = false, count = 1 }: Shape = {},
  ): Run {
    const opens = { id: 'syscall.open_close', ns: 900 };
    const run = syntheticRun({
      ...{ seed, platform, screen: [4, 5, 6, 7, 8, 9, 10, 11] },
      metrics: [
        { id: 'syscall.null', ns: 100 * slower },
        lost ? { ...opens, unavailable: 'denied' } : opens,
      ],
    });
    const counts = [4, 5].map((sequence) => ({ sequence, count, agreeing: 5, counts: 5 }));
    return makeRun({ ...run, metrics: [...run.metrics, { ...COUNTED, unit: 'count', counts }] });
  }

  const days = (platform: Partial<Platform>): Run[] =>
    [2, 3, 4, 5, 6].map((seed) => measured(seed, platform));

  const compared = (stored: Run[], candidate: Run) => {
    const { findings, caveats } = compareStored({ runs: stored, skipped: [] }, candidate, SETTINGS);
    return { verdicts: findings.map(({ verdict }) => verdict), because: findings, caveats };
  };

  const WORSE: Shape = { slower: 3, lost: true, count: 2 };
  const RED = ['regressed', 'blocked', 'regressed'];
  const NO_TIMES = ['inconclusive', 'blocked', 'regressed'];

  test.each([
    ['microcode', 'of an x86 whose /proc/cpuinfo is hidden', {}, { microcode: 'unknown' }],
    ['clock source', 'of the stored runs', { clocksource: 'unknown' }, {}],
    ['stepping', 'of arm64', ARM64, { ...ARM64, cpuStepping: 'unknown' }],
    ['name', 'of a CPU whose numbers are known', { cpuModel: 'unknown' }, {}],
  ])('such as the %s %s, is no evidence of another machine', (_, __, before, after) => {
    const { verdicts, caveats } = compared(days(before), measured(1, after, WORSE));
    expect(verdicts).toEqual(RED);
    expect(caveats).toEqual([]);
  });

  test.each([
    ['this run', ARM64, NO_CPUINFO],
    ['the stored runs', NO_CPUINFO, ARM64],
    ['the stored runs and this run', NO_CPUINFO, NO_CPUINFO],
  ])('and is the whole CPU model in %s, keeps times from being called', (where, before, after) => {
    const { verdicts, because, caveats } = compared(days(before), measured(1, after, WORSE));
    expect(verdicts).toEqual(NO_TIMES);
    const reason = `The processor model could not be read in ${where}. So times`;
    expect(because[0]?.because.slice(0, reason.length)).toBe(reason);
    expect(caveats).toEqual([because[0]?.because]);
    const faster = measured(1, after, { slower: 0.3 });
    expect(compared(days(before), faster).verdicts[0]).toBe('inconclusive');
  });

  test('does not hide a field that differs', () => {
    const other = { ...NO_CPUINFO, cpuCount: 64 };
    const { verdicts, caveats } = compared(days(ARM64), measured(1, other, WORSE));
    expect(verdicts).toEqual(['inconclusive', 'blocked', 'inconclusive']);
    expect(caveats).toEqual([
      expect.stringMatching(
        /^The stored runs come from another machine \(cpuCount: 2 → 64\)\. The processor model could not be read in this run\. So times/,
      ),
    ]);
    const x86 = compared(days({}), measured(1, NO_CPUINFO, WORSE));
    expect(x86.verdicts).toEqual(['incomparable', 'incomparable', 'incomparable']);
  });

  test('and is the architecture, leaves nothing to compare', () => {
    const unknown = measured(1, { architecture: 'unknown' }, WORSE);
    for (const stored of [days({}), days({ architecture: 'unknown' })]) {
      expect(comparableRuns(unknown, stored).match).toBe('other-machine');
    }
  });

  test('gives way to stored runs that could read it', () => {
    const candidate = measured(1, ARM64);
    const whole = measured(2, ARM64);
    const partly = measured(3, { ...ARM64, cpuStepping: 'unknown' });
    const nameless = measured(4, NO_CPUINFO);
    const chosen = (...stored: Run[]) => comparableRuns(candidate, stored).runs;
    expect(chosen(nameless, partly, whole)).toEqual([whole]);
    expect(chosen(nameless, partly)).toEqual([partly]);
    expect(chosen(nameless)).toEqual([nameless]);
  });

  test('and is the processor below an emulator, keeps times from being called', () => {
    const hidden = runOf(2, { ...FACTS, 'host cpu': 'unknown' });
    const found = comparableRuns(runOf(1, FACTS), [hidden]);
    expect(found).toMatchObject({ match: 'same', cpuUnreadIn: ['the stored runs'] });
    const { caveats } = compared([hidden], runOf(1, FACTS));
    expect(caveats[0]).toContain('could not be read in the stored runs');
  });
});
