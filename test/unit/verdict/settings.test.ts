import { expect, test } from 'vitest';
import { marginOf } from '../../../src/verdict/settings.js';

const FORK = { id: 'process.fork_wait', leastMargin: 0.1 };

test.each([
  ['the default of the design', { id: 'syscall.null' }, [], 0.02],
  ['what the metric needs at least', FORK, [], 0.1],
  ['what was asked for, whatever the metric needs', FORK, [['process.*', 0.05]], 0.05],
  ['the last rule that matches', FORK, [['*', 0.5], ['process.*', 0.04], ['net.*', 1]], 0.04], // biome-ignore format: a row
] as const)('the margin of a metric is %s', (_, metric, rules, ratio) => {
  const margins = rules.map(([glob, margin]) => ({ glob, ratio: margin }));
  expect(marginOf(metric, margins, 0.02)).toBe(ratio);
});
