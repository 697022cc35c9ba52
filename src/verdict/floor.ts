import { SHOWN_CONFIDENCE } from '../stats/assumptions.js';
import { hodgesLehmann } from '../stats/hodges-lehmann.js';
import type { Floor } from './comparison.js';
import { asChange } from './decision.js';
import { testShift } from './shift-test.js';

/**
 * The A/A floor: what neighbouring launches of the same side differ by. An honest machine gives a
 * ratio of 1, an interval that is narrow against the margin, and no rejection by either one-sided
 * test at the margin.
 *
 * @param within differences on the log scale, turned round in turn; undefined comes out of none at all
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
