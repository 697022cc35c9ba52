import { expect, test } from 'vitest';
import { screenSchedule, warmUpSchedule } from '../../../src/measure/schedule.js';
import { entryOf } from '../../fixtures/simulated-bench.js';

const GATED = entryOf('syscall.null');
const COUNTED = entryOf('exact.syscalls_per_op', { unit: 'count' });
const INFORMS = entryOf('host.informs', { gate: false });
const SLOW = entryOf('sendfile.slow', { gate: false, slow: true });

const roundsIn = (portions: { metric: { id: string }; rounds: number }[]) =>
  Object.fromEntries(portions.map(({ metric, rounds }) => [metric.id, rounds]));

test('a launch measures what is gated in all its rounds, and what is exact or informs in a few', () => {
  const schedule = screenSchedule([GATED, COUNTED, INFORMS, SLOW], 10);
  expect(roundsIn(schedule(0))).toEqual({
    ...{ 'syscall.null': 10, 'exact.syscalls_per_op': 2 },
    ...{ 'host.informs': 4, 'sendfile.slow': 2 },
  });
});

test('exact counts take part in every launch, and as little in each, however others are allocated', () => {
  const allocation = { rounds: 5, share: 0.1, pairs: 2, known: 0, deviation: 0.01 };
  const schedule = screenSchedule([GATED, COUNTED], 10, new Map([[GATED.id, allocation]]));
  for (const round of [0, 1, 7, 50]) {
    expect(roundsIn(schedule(round))).toMatchObject({ 'exact.syscalls_per_op': 2 });
  }
});

test('metrics that only inform are in the first rounds of the phase, not of each of its stages', () => {
  const schedule = screenSchedule([GATED, INFORMS], 10, new Map(), 2);
  expect(roundsIn(schedule(0))).toEqual({ 'syscall.null': 10, 'host.informs': 4 });
  expect(roundsIn(schedule(1))).toEqual({ 'syscall.null': 10 });
});

test('a round in which nothing would be due measures everything: no launch is for nothing', () => {
  const schedule = screenSchedule([INFORMS], 10);
  expect(roundsIn(schedule(5))).toEqual({ 'host.informs': 10 });
});

test('the warm-up meets every gated metric, twice a launch', () => {
  expect(roundsIn(warmUpSchedule([GATED, COUNTED, INFORMS])(0))).toEqual({
    ...{ 'syscall.null': 2, 'exact.syscalls_per_op': 2 },
  });
});
