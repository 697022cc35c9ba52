import { expect, test } from 'vitest';
import { pilotLaunchRounds, slowLaunchMs } from '../../../src/measure/launch-cost.js';
import { makePlan } from '../../../src/measure/plan.js';

test('a slow launch is at least its start, and three rounds in each of its processes', () => {
  // A warm-up launch has two rounds, so three take half as long again.
  const start = { idleMs: 100, measuringMs: 10 };
  expect(slowLaunchMs(start, 1)).toBe(115);
  expect(slowLaunchMs(start, 4)).toBe(160);
  expect(slowLaunchMs({ ...start, idleMs: 99 }, 4)).toBeUndefined();
});

test('a pilot has as many rounds in a launch as its time holds: three at least, at most the plan', () => {
  // Two rounds of launches are eight, each of 5 ms to start and 1.5 ms a round.
  const cost = { start: { idleMs: 5, measuringMs: 3 }, launchMs: 8 };
  const rounds = (pilotMs: number, processesPerLaunch = 1): number =>
    pilotLaunchRounds(cost, { ...makePlan([], 1, 0), processesPerLaunch }, pilotMs);
  expect(rounds(8 * (5 + 6 * 1.5))).toBe(6);
  expect(rounds(8 * (5 + 6 * 1.5) - 1)).toBe(5);
  expect(rounds(8 * (5 + 8 * 1.5), 2)).toBe(4);
  expect(rounds(0)).toBe(3);
  expect(rounds(1e6)).toBe(10);
});
