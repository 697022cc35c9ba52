import { z } from 'zod';

/**
 * Why a metric has no number. A metric that is not `ok` is never a number.
 * - `unsupported`, `denied`, `no_loopback`, `error`: the operation cannot be done there;
 * - `unstable`: it can, and its numbers are worth nothing;
 * - `unmeasured`: nobody knows, since no launch that measured it came through.
 */
export const UNAVAILABLE = [
  'unsupported',
  'denied',
  'no_loopback',
  'unstable',
  'error',
  'unmeasured',
] as const;

export type Unavailable = (typeof UNAVAILABLE)[number];

/** What stood in the way: the operation that failed and the errno it gave (0 when there was none). */
export const reasonSchema = z.strictObject({
  operation: z.string().max(200),
  errno: z.int().min(0).max(4095),
  message: z.string().max(300),
});

export type Reason = z.infer<typeof reasonSchema>;

/** Whether a metric has a number on one side; and if not, why. */
export type Outcome = { status: 'ok' } | { status: Unavailable; reason: Reason };

/** Why a side has no number, as a clause. */
export function absence(metric: Outcome | undefined): string {
  if (metric === undefined) return 'absent';
  if (metric.status === 'ok') return 'ok';
  return `${metric.status.replace('_', ' ')} (${metric.reason.operation}: ${metric.reason.message})`;
}

const REFUSED: readonly string[] = ['unsupported', 'denied', 'no_loopback', 'error'];

/**
 * Errors of a machine that is short of something for a while, or too slow for the probe's deadline:
 * EINTR, EAGAIN, ENOMEM, ENFILE, EMFILE, ETIME, EADDRINUSE and ENOBUFS, as errno(3) has them. They do
 * not show that the operation is refused.
 */
const PASSING_ERRORS: readonly number[] = [4, 11, 12, 23, 24, 62, 98, 105];

/**
 * Whether the operation cannot be done there. False if it was only not measured well.
 *
 * @param side of a record or of a report, which knows one more status: `absent`
 */
export const isRefused = (side: { status: string; reason?: Pick<Reason, 'errno'> }): boolean =>
  REFUSED.includes(side.status) &&
  !(side.status === 'error' && PASSING_ERRORS.includes(side.reason?.errno ?? 0));
