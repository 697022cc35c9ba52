import { describe, expect, test } from 'vitest';
import type { Subject } from '../../../src/record/run.js';
import { differenceBlocks, differencesOf } from '../../../src/report/differences.js';
import { placesOf } from '../../../src/report/places.js';
import { comparePaired } from '../../../src/verdict/paired.js';
import { syntheticRun } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };

function pair(id: string, factor: number) {
  const side = (ns: number, seed: number, offset: number) => {
    const pairs = Array.from({ length: 20 }, (_, index) => 2 * index + offset);
    const confirm = pairs.map((sequence) => sequence + 40);
    return syntheticRun({ metrics: [{ id, ns }], screen: pairs, confirm, seed });
  };
  const baseline = side(100, 1, 0);
  const candidate = side(100 * factor, 2, 1);
  return {
    ...comparePaired(baseline, candidate, SETTINGS),
    baseline: [{ ...baseline, target: { ...baseline.target, facts: { image: 'sha256:a' } } }],
    candidate: {
      ...candidate,
      target: { ...candidate.target, facts: { image: 'sha256:b' } },
      subject: {
        ...candidate.subject,
        libc: 'musl 1.2',
        seccompFilters: '1',
        scheduler: 'SCHED_FIFO, priority 1',
        loopbackMtu: '1500',
      },
    },
  };
}

test.each([
  ['syscall.null', 'seccompFilters'],
  ['context.pipe_2p_0k', 'scheduler'],
  ['sendfile.tcp_4k', 'loopbackMtu'],
])('of what differs, what can carry a change of %s comes first', (id, first) => {
  const comparison = pair(id, 1.5);
  expect(comparison.findings[0]?.verdict).toBe('regressed');
  const fields = differencesOf(comparison, undefined).differences.map(({ field }) => field);
  expect(fields[0]).toBe(first);
  expect(fields.toSorted()).toEqual(
    ['libc', 'loopbackMtu', 'scheduler', 'seccompFilters', 'target.image'].toSorted(),
  );
});

const sides = (baseline: string, candidate: string) => ({
  design: 'paired' as const,
  baseline: { spec: baseline, runs: [], skipped: [], facts: {} },
  candidate: { spec: candidate, run: '', facts: {} },
});

test('sides of different kinds are told by where they ran', () => {
  expect(placesOf(sides('host', 'container:debian'))).toEqual({
    baseline: 'on the host',
    candidate: 'in the container',
  });
  expect(placesOf(sides('container:a', 'container:b'))).toBeUndefined();
  expect(placesOf(sides('directory:runs', 'host'))).toBeUndefined();
  expect(placesOf({ ...sides('host', 'kernel:/k'), design: 'stored' })).toBeUndefined();
});

describe('settings', () => {
  const MITIGATIONS = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`flaw_${index}`, 'Not affected']),
  );

  function differing(before: Partial<Subject>, after: Partial<Subject>) {
    const { baseline, candidate, ...comparison } = pair('syscall.null', 1);
    const [own] = baseline;
    if (own === undefined) throw new Error('no baseline');
    const { subject } = own;
    return differencesOf(
      {
        ...comparison,
        baseline: [{ ...own, target: candidate.target, subject: { ...subject, ...before } }],
        candidate: { ...candidate, subject: { ...subject, ...after } },
      },
      undefined,
    );
  }

  test('that could not be read on one side are no difference, and one line', () => {
    const unread = {
      tcpBuffers: 'rmem unknown; wmem unknown',
      preemption: 'unknown',
      kernelCommandLine: 'unknown',
      vulnerabilities: {},
    };
    const found = differing(
      { preemption: 'full', kernelCommandLine: 'quiet', vulnerabilities: MITIGATIONS },
      unread,
    );
    expect(found.differences).toEqual([]);
    expect(found.unreadable.baseline).toEqual([]);
    expect(found.unreadable.candidate).toHaveLength(23);
    const blocks = differenceBlocks(found);
    expect(blocks).toHaveLength(1);
    expect(blocks[0]).toMatchObject({
      kind: 'prose',
      text: expect.stringMatching(/^Not readable on the candidate: .* and 19 more settings\.$/),
    });
  });

  test('that an older version did not record are told apart from those', () => {
    const older = { scheduler: 'not recorded', tcpBuffers: 'not recorded', libc: 'unknown' };
    const found = differing(older, {});
    expect(found).toEqual({
      differences: [],
      unreadable: { baseline: ['libc'], candidate: [] },
      unrecorded: { baseline: ['scheduler', 'tcpBuffers'], candidate: [] },
    });
    expect(differenceBlocks(found)).toMatchObject([
      { text: 'Not readable on the baseline: libc.' },
      {
        text: 'Not recorded by the older syscall-gate that measured the baseline: scheduler, TCP buffers.',
      },
    ]);
    expect(differing({}, {}).unrecorded).toBeUndefined();
  });

  test.each([
    ['tcpBuffers', 'rmem unknown; wmem 1 2 3', 'rmem 4 5 6; wmem 1 2 3'],
    ['securityModules', 'unknown; profile unconfined', 'lockdown,apparmor; profile unconfined'],
    ['preemption', 'PREEMPT_DYNAMIC, default', 'PREEMPT_DYNAMIC, full'],
  ])('of which one part could not be read are no difference: %s', (field, before, after) => {
    const found = differing({ [field]: before }, { [field]: after });
    expect(found.differences).toEqual([]);
    expect(found.unreadable).toEqual({ baseline: [field], candidate: [] });
    const swapped = differing({ [field]: after }, { [field]: before });
    expect(swapped.unreadable).toEqual({ baseline: [], candidate: [field] });
  });

  test.each([
    [
      'tcpBuffers',
      'rmem unknown; wmem 1 2 3',
      'rmem 4 5 6; wmem 7 8 9',
      'wmem 1 2 3',
      'wmem 7 8 9',
    ],
    [
      ...['securityModules', 'unknown; profile unconfined', 'apparmor; profile docker-default'],
      ...['profile unconfined', 'profile docker-default'],
    ],
    [
      ...['preemption', 'PREEMPT_DYNAMIC, default', 'PREEMPT_RT'],
      ...['PREEMPT_DYNAMIC', 'PREEMPT_RT'],
    ],
  ])(
    'differ in the parts that could be read: %s',
    (field = '', before = '', after = '', gone = '', come = '') => {
      expect(differing({ [field]: before }, { [field]: after }).differences).toEqual([
        { field, baseline: gone, candidate: come },
      ]);
    },
  );

  test('that are there on one side alone do differ', () => {
    const { differences } = differing(
      { vulnerabilities: MITIGATIONS },
      { vulnerabilities: { ...MITIGATIONS, l1tf: 'Vulnerable' } },
    );
    expect(differences).toEqual([
      { field: 'vulnerabilities.l1tf', baseline: 'absent', candidate: 'Vulnerable' },
    ]);
  });

  test.each([
    ['root=/dev/vda pti=off quiet', 'root=/dev/vda quiet pti=on', 'pti=off', 'pti=on'],
    ['a b', 'a b nosmt', 'absent', 'nosmt'],
    ['loglevel=3 loglevel=3', 'loglevel=3', 'loglevel=3', 'absent'],
    ['x="a b" y', 'x="a c" y', 'x="a b"', 'x="a c"'],
    ['a b', 'b a', 'a b', 'b a'],
  ])('a command line of %j and %j differs by its words', (before, after, gone, come) => {
    const { differences } = differing({ kernelCommandLine: before }, { kernelCommandLine: after });
    expect(differences).toEqual([{ field: 'kernelCommandLine', baseline: gone, candidate: come }]);
  });
});
