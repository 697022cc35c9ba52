import { expect, test } from 'vitest';
import { differencesOf } from '../../../src/report/differences.js';
import { placesOf } from '../../../src/report/places.js';
import { compareDuet } from '../../../src/verdict/duet.js';
import { syntheticRun } from '../../fixtures/runs.js';

const SETTINGS = { alpha: 0.01, margins: [] };

function duet(id: string, factor: number) {
  const side = (ns: number, seed: number, offset: number) => {
    const pairs = Array.from({ length: 20 }, (_, index) => 2 * index + offset);
    const confirm = pairs.map((sequence) => sequence + 40);
    return syntheticRun({ metrics: [{ id, ns }], screen: pairs, confirm, seed });
  };
  const baseline = side(100, 1, 0);
  const candidate = side(100 * factor, 2, 1);
  return {
    ...compareDuet(baseline, candidate, SETTINGS),
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
  const comparison = duet(id, 1.5);
  expect(comparison.metrics[0]?.verdict).toBe('regressed');
  const fields = differencesOf(comparison, undefined).map(({ field }) => field);
  expect(fields[0]).toBe(first);
  expect(fields.toSorted()).toEqual(
    ['libc', 'loopbackMtu', 'scheduler', 'seccompFilters', 'target.image'].toSorted(),
  );
});

const sides = (baseline: string, candidate: string) => ({
  design: 'duet' as const,
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
  expect(placesOf({ ...sides('host', 'kernel:/k'), design: 'prediction' })).toBeUndefined();
});
