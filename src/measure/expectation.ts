import { median } from 'simple-statistics';
import type { MetricEntry } from '../probe/catalogue.js';
import { expectedMde80 } from '../stats/power.js';
import { countOf, formatShare } from '../text/units.js';
import type { Allocation, Goal } from './allocation.js';

/** Says which changes a plan should catch, before it is measured. */
export function expectationText(
  metrics: readonly MetricEntry[],
  allocations: ReadonlyMap<string, Allocation>,
  goal: Goal,
): string {
  const expected = metrics.flatMap((metric) => {
    const allocation = allocations.get(metric.id);
    if (allocation === undefined) return [];
    const { id } = metric;
    const pairs = allocation.known + allocation.pairs;
    return [{ id, pairs, mde80: expectationOf(metric, allocation, pairs, goal) }];
  });
  const worst = expected.toSorted((a, b) => b.mde80 - a.mde80)[0];
  if (worst === undefined) return '';
  const pairs = expected.map((one) => one.pairs);
  const shares = expected.map(({ mde80 }) => mde80);
  const [minPairs, maxPairs] = [Math.min(...pairs), Math.max(...pairs)];
  const range =
    minPairs === maxPairs
      ? `${countOf(maxPairs, 'pair')} of launches a metric`
      : `${minPairs} to ${countOf(maxPairs, 'pair')} of launches a metric`;
  if (!Number.isFinite(worst.mde80)) {
    return `Planned: ${range}, too few for some to be called: a longer duration gives more.`;
  }
  const sizes =
    expected.length === 1
      ? formatShare(worst.mde80)
      : `${formatShare(median(shares))} (median) and of ${formatShare(worst.mde80)} (worst, ${worst.id})`;
  return `Planned: ${range}, which should catch a change of ${sizes} four times in five.`;
}

const expectationOf = (
  metric: MetricEntry,
  { deviation }: Allocation,
  pairs: number,
  goal: Goal,
): number =>
  Math.expm1(
    expectedMde80({
      deviation,
      pairs,
      margin: Math.log1p(goal.marginOf(metric)),
      alpha: goal.alpha,
    }),
  );
