import { z } from 'zod';

/**
 * Why a metric has no number. A metric that is not `ok` is never a number.
 * - `unsupported`, `denied`, `no_loopback`, `error`: the operation cannot be done there;
 * - `unstable`: it can be done, but its numbers are too disturbed to use;
 * - `unmeasured`: unknown, because no launch that measured it succeeded.
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

/** Why a side has no number, as a clause. */
export function absence(
  metric: { status: 'ok' } | { status: Unavailable; reason: Reason } | undefined,
): string {
  if (metric === undefined) return 'absent';
  if (metric.status === 'ok') return 'ok';
  return `${metric.status.replace('_', ' ')} (${metric.reason.operation}: ${metric.reason.message})`;
}

const REFUSED: readonly string[] = ['unsupported', 'denied', 'no_loopback', 'error'];

/** Whether the operation cannot be done there. False if it was only not measured well. */
export const isRefused = ({ status }: { status: string }): boolean => REFUSED.includes(status);
