import { expect, test } from 'vitest';
import { isRefused } from '../../../src/record/metric-status.js';

const EPERM = 1;
const EIO = 5;
const ETIME = 62;
const ENOMEM = 12;

test.each([
  ['denied', EPERM, true],
  ['unsupported', EPERM, true],
  ['error', EIO, true],
  ['error', ETIME, false],
  ['error', ENOMEM, false],
  ['unmeasured', 0, false],
  ['unstable', 0, false],
])('an operation that is %s by errno %i is refused: %s', (status, errno, refused) => {
  expect(isRefused({ status, reason: { errno } })).toBe(refused);
});
