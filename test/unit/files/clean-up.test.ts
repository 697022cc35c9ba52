import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CleanUp } from '../../../src/files/clean-up.js';

test('what was made is removed, the newest first, even if a step fails', async () => {
  const cleanUp = new CleanUp();
  const done: string[] = [];
  const folder = await cleanUp.folder();
  cleanUp.later('the first', async () => void done.push('first'));
  cleanUp.later('the second', async () => {
    throw Object.assign(new Error('x'), { code: 'EBUSY' });
  });
  cleanUp.later('the third', async () => {
    done.push(existsSync(folder) ? 'third' : 'too late');
  });
  expect(await cleanUp.now()).toEqual(['Could not remove the second (EBUSY): remove it by hand.']);
  expect(done).toEqual(['third', 'first']);
  expect(existsSync(folder)).toBe(false);
  expect(await cleanUp.now()).toEqual([]);
});
