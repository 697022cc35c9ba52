import { expect, test } from 'vitest';
import { isCounted, isTimed } from '../../../../src/targets/kernel/measures.js';
import { openedTarget } from '../../../fixtures/targets.js';

test.each([
  ['auto', 'kvm', { counted: true, timed: true }],
  ['auto', 'tcg', { counted: true, timed: false }],
  ['timed', 'tcg', { counted: false, timed: true }],
  ['counted', 'kvm', { counted: true, timed: false }],
  ['both', 'tcg', { counted: true, timed: true }],
] as const)('evidence %s in %s', (choice, accelerator, expected) => {
  const measures = { counted: isCounted(choice), timed: isTimed(choice, accelerator) };
  expect(measures).toEqual(expected);
});

test('what is no kernel is timed and not counted', async () => {
  expect(await openedTarget('host')).toMatchObject({ timed: true });
  expect((await openedTarget('host')).counting).toBeUndefined();
  expect(await openedTarget('command:env {probe}')).toMatchObject({ timed: true });
});
