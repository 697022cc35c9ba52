import { isCounted } from '../record/run.js';
import { isCalled, worstOf } from '../record/verdict.js';
import { PAIRED_MARGIN } from '../stats/assumptions.js';
import { countOf } from '../text/units.js';
import type { MeasuredFinding } from './comparison.js';
import { compareCounts } from './counts.js';
import { metricOf } from './samples.js';
import { type JudgingSettings, marginOf } from './settings.js';
import { machineName } from './shard-caveats.js';
import type { Shard } from './shard-set.js';
import { comparablePair, isLost, notTested } from './sides.js';

/** Metrics of shards that are not judged by a test over machines: exact counts, and losses. */

const lostOnShard = (shards: readonly Shard[], id: string): Shard | undefined =>
  shards.find(({ baseline, candidate }) => isLost(metricOf(baseline, id), metricOf(candidate, id)));

/**
 * Compares an exact count over machines. A count is exact on each machine, so the worst verdict
 * decides. There is no spread to estimate, and a machine without the difference does not undo it.
 *
 * @returns undefined if no machine has counts that can be compared
 */
export function eventsOnShards(shards: readonly Shard[], id: string): MeasuredFinding | undefined {
  const counted = shards.flatMap((shard) => {
    const candidate = metricOf(shard.candidate, id);
    if (!isCounted(candidate)) return [];
    const compared = compareCounts(metricOf(shard.baseline, id), candidate);
    return compared ? [{ shard, compared }] : [];
  });
  const worst = worstOf(counted.map(({ compared }) => compared.verdict));
  const chosen = counted.find(({ compared }) => compared.verdict === worst);
  if (chosen === undefined) return undefined;
  const same = counted.filter(({ compared }) => compared.verdict === chosen.compared.verdict);
  const where =
    same.length === counted.length
      ? `on ${same.length === 1 ? 'one machine' : `each of ${countOf(same.length, 'machine')}`}`
      : `on ${same.length} of ${countOf(counted.length, 'machine')}, first ${machineName(chosen.shard, shards)}`;
  const { because } = chosen.compared;
  return { ...chosen.compared, because: `${because.replace(/\.$/, '')}, ${where}.` };
}

const TOO_FEW = 'No machine has enough pairs of launches to estimate their spread.';

/**
 * The finding of a metric. If no machine could compare it, the finding says why. If the candidate is
 * refused an operation on one machine that the baseline can do there, the finding is that loss: the
 * other machines do not outvote it.
 *
 * @param compared the finding of the machines that could compare the metric
 */
export function findingOrReason(
  compared: MeasuredFinding | undefined,
  shards: readonly [Shard, ...Shard[]],
  id: string,
  settings: JudgingSettings,
): MeasuredFinding {
  const lost = lostOnShard(shards, id);
  if (lost === undefined && compared !== undefined) return compared;
  const shard = lost ?? shards.find(({ candidate }) => metricOf(candidate, id)) ?? shards[0];
  const [before, after] = [metricOf(shard.baseline, id), metricOf(shard.candidate, id)];
  const why = comparablePair(before, after);
  const because = typeof why === 'string' ? why : TOO_FEW;
  const where = lost && shards.length > 1 ? `On ${machineName(lost, shards)}: ` : '';
  const elsewhere =
    compared && isCalled(compared)
      ? ` On the machines that can measure it: ${compared.because}`
      : '';
  return notTested(
    { id, gate: after?.gate ?? false },
    marginOf(after ?? { id }, settings.margins, PAIRED_MARGIN),
    before,
    after,
    `${where}${because}${elsewhere}`,
  );
}
