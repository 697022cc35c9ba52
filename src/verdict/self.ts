import type { Run } from '../record/run.js';
import type { Comparison, MeasuredFinding } from './comparison.js';
import { comparePaired } from './paired.js';
import type { JudgingSettings } from './settings.js';

/**
 * Describes a candidate that has nothing to be compared with. It is measured in pairs with itself,
 * and all differences are the machine's own noise.
 *
 * @param before, after the two arms of that comparison
 * @param pooled both arms as one run, which is stored and shown
 * @param skipped one sentence for each earlier run that could not be used
 */
export function describeSelf(
  before: Run,
  after: Run,
  pooled: Run,
  skipped: readonly string[],
  settings: JudgingSettings,
): Comparison<MeasuredFinding> {
  const pairs = comparePaired(before, after, settings);
  return {
    ...pairs,
    design: 'self',
    candidate: pooled,
    baseline: [],
    findings: pairs.findings.map((finding) => describeMetric(finding)),
    skipped: [...skipped],
  };
}

const NOTHING = 'There is no earlier run to compare with.';

/**
 * Both arms are the same side. Their differences are the noise floor, and there is no change to
 * show.
 */
function describeMetric({
  measure,
  id,
  gate,
  marginRatio,
  candidate,
  floor,
  mde80,
}: MeasuredFinding): MeasuredFinding {
  return {
    measure,
    id,
    gate,
    marginRatio,
    baseline: {
      status: 'absent',
      reason: { operation: 'compare', errno: 0, message: 'no earlier run' },
    },
    candidate,
    verdict: 'incomparable',
    because: NOTHING,
    ...(floor ? { floor } : {}),
    ...(mde80 === undefined ? {} : { mde80 }),
  };
}
