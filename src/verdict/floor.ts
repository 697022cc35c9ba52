import { SHOWN_CONFIDENCE } from '../stats/assumptions.js';
import { hodgesLehmann } from '../stats/hodges-lehmann.js';
import type { Floor } from './comparison.js';
import { asChange } from './decision.js';
import { testShift } from './shift-test.js';

/**
 * The noise floor (A/A): how much neighbouring launches of the same side differ. On a good machine
 * the ratio is 1, the interval is narrow compared with the margin, and neither one-sided test at the
 * margin rejects.
 *
 * @param within differences on the log scale, every second one with its sign turned
 * @returns undefined if there are no differences
 */
export function floorOf(
  within: readonly number[],
  marginRatio: number,
  alpha: number,
): Floor | undefined {
  if (within.length === 0) return undefined;
  const { slower, faster } = testShift(within, marginRatio);
  return {
    ...asChange(hodgesLehmann(within, SHOWN_CONFIDENCE)),
    pairs: within.length,
    rejections: [slower, faster].filter((p) => p <= alpha).length,
  };
}
