import { expect, test } from 'vitest';
import type { MachineRecord, Run } from '../../../src/record/run.js';
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
    ...{ seed, metrics: [{ id: 'syscall.null', ns: 100 }], screen: [4, 5, 6, 7] },
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
