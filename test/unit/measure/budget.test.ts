import { expect, test } from 'vitest';
import { budgetOf, confirmingMs, screenShareFor } from '../../../src/measure/budget.js';

const GATED = { gated: 62, alpha: 0.01 };

test('time for fewer pairs than a verdict takes is said, with how much it would take', () => {
  const slow = { launchMs: 7200, startMs: 6200, leftMs: 45_000, durationMs: 60_000 };
  expect(budgetOf({ ...slow, ...GATED })).toEqual({
    enough: false,
    text: 'A launch takes 7.2 s, 6.2 s of it to start, so 1m hold about 3 pairs of launches, and a verdict over 62 metrics takes 5 to screen and 7 to confirm: give a duration of 8m, or fewer metrics.',
  });
});

test('what the time holds is said at any rate', () => {
  const slow = { launchMs: 3000, startMs: 2000, leftMs: 200_000, durationMs: 250_000 };
  expect(budgetOf({ ...slow, ...GATED })).toEqual({
    enough: true,
    text: 'A launch takes 3.0 s, 2.0 s of it to start: 250s hold about 33 pairs of launches.',
  });
});

test('confirming takes longer the more metrics there are, and the smaller the error level is', () => {
  const few = confirmingMs({ launchMs: 1000, gated: 1, alpha: 0.2 });
  expect(few).toBeGreaterThanOrEqual(6000);
  expect(confirmingMs({ launchMs: 1000, gated: 62, alpha: 0.2 })).toBeGreaterThan(few);
  expect(confirmingMs({ launchMs: 1000, gated: 1, alpha: 0.01 })).toBeGreaterThan(few);
});

test('the screen leaves a fifth of the time to confirm, and where launches are slow up to half', () => {
  const share = (launchMs: number | undefined, durationMs = 60_000): number =>
    screenShareFor({ launchMs, durationMs, ...GATED });
  expect(share(undefined)).toBe(0.8);
  expect(share(100)).toBe(0.8);
  expect(share(10_000)).toBe(0.5);
  // With the overrun of 0.3, what is left of the time is as long as the confirmation.
  const between = share(1000);
  expect(between).toBeCloseTo(1.3 - confirmingMs({ launchMs: 1000, ...GATED }) / 60_000);
  expect(between).toBeGreaterThan(0.5);
  expect(between).toBeLessThan(0.8);
});
