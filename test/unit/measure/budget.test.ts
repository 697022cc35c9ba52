import { expect, test } from 'vitest';
import { budgetOf } from '../../../src/measure/budget.js';

const GATED = { metrics: 62, least: 9, robust: 11 };

test('time for fewer pairs than a verdict takes is said with how much it would take', () => {
  const slow = { launchMs: 7200, startMs: 6200, screenMs: 40_000, durationMs: 60_000 };
  expect(budgetOf({ ...slow, ...GATED })).toEqual({
    enough: false,
    text: 'A launch takes 7.2 s, 6.2 s of it to start, so 1m hold 2 pairs of launches, and a verdict over 62 metrics takes 9: give a duration of 4m, or fewer metrics.',
  });
});

test('what the time holds is said at any rate', () => {
  const slow = { launchMs: 3000, startMs: 2000, screenMs: 200_000, durationMs: 250_000 };
  expect(budgetOf({ ...slow, ...GATED })).toEqual({
    enough: true,
    text: 'A launch takes 3.0 s, 2.0 s of it to start: 250s hold about 33 pairs of launches.',
  });
});
