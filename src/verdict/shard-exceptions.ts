import { isCounted, type MetricRecord } from '../record/run.js';
import type { MetricVerdict } from '../record/verdict.js';
import { DUET_MARGIN } from '../stats/assumptions.js';
import { countOf } from '../text/units.js';
import type { MetricComparison } from './comparison.js';
import { compareCounts } from './counts.js';
import { metricOf } from './samples.js';
import { type JudgingSettings, marginOf } from './settings.js';
import { machineName } from './shard-caveats.js';
import type { Shard } from './shard-set.js';
import { bothSides, comparablePair, incomparable } from './sides.js';

/** The metrics of shards that are not judged by a test over machines. */

/**
 * A machine on which the candidate is refused what the baseline could do is a finding that the
 * others do not outvote, unless they say something worse.
 *
 * @param compared what the machines that measured it say
 * @returns undefined where the loss is what has to be told
 */
export function orLost(
  compared: MetricComparison | undefined,
  shards: readonly Shard[],
  id: string,
): MetricComparison | undefined {
  const lost = lostOnShard(shards, id);
  if (lost === undefined) return compared;
  if (compared?.verdict !== 'regressed') return undefined;
  const also = `On ${machineName(lost, shards)} the candidate cannot be measured any more.`;
  return { ...compared, because: `${compared.because} ${also}` };
}

const lostOnShard = (shards: readonly Shard[], id: string): Shard | undefined =>
  shards.find(
    ({ baseline, candidate }) =>
      metricOf(baseline, id)?.status === 'ok' && refused(metricOf(candidate, id)),
  );

const refused = (metric: MetricRecord | undefined): boolean =>
  metric !== undefined && metric.status !== 'ok' && metric.status !== 'unstable';

const MOST_TELLING_FIRST: readonly MetricVerdict[] = ['regressed', 'improved', 'inconclusive'];

/**
 * Counts are exact on each machine, so that the most telling one speaks for all: there is no spread
 * to estimate, and another machine's agreement would not undo a difference.
 *
 * @returns undefined where no machine has counts that can be compared
 */
export function countedOnShards(
  shards: readonly Shard[],
  id: string,
): MetricComparison | undefined {
  const counted = shards.flatMap((shard) => {
    const candidate = metricOf(shard.candidate, id);
    if (!isCounted(candidate)) return [];
    const compared = compareCounts(metricOf(shard.baseline, id), candidate);
    return compared ? [{ shard, compared }] : [];
  });
  const telling = MOST_TELLING_FIRST.map((verdict) =>
    counted.find(({ compared }) => compared.verdict === verdict),
  ).find((found) => found !== undefined);
  const chosen = telling ?? counted[0];
  if (chosen === undefined) return undefined;
  const same = counted.filter(({ compared }) => compared.verdict === chosen.compared.verdict);
  const where =
    same.length === counted.length
      ? `on ${same.length === 1 ? 'one machine' : `each of ${countOf(same.length, 'machine')}`}`
      : `on ${same.length} of ${countOf(counted.length, 'machine')}, first ${machineName(chosen.shard, shards)}`;
  const { because } = chosen.compared;
  return { ...chosen.compared, because: `${because.replace(/\.$/, '')}, ${where}.` };
}

const TOO_FEW = 'No machine has enough pairs of launches to tell how much they vary.';

/** Why a metric was compared on no machine, by the machine that says most. */
export function notOnShards(
  shards: readonly [Shard, ...Shard[]],
  id: string,
  settings: JudgingSettings,
): MetricComparison {
  const lost = lostOnShard(shards, id);
  const shard = lost ?? shards.find(({ candidate }) => metricOf(candidate, id)) ?? shards[0];
  const [before, after] = [metricOf(shard.baseline, id), metricOf(shard.candidate, id)];
  const why = comparablePair(before, after);
  const because = typeof why === 'string' ? why : TOO_FEW;
  const where = lost && shards.length > 1 ? `On ${machineName(lost, shards)}: ` : '';
  return incomparable(
    { id, gate: after?.gate ?? false },
    marginOf(after ?? { id }, settings.margins, DUET_MARGIN),
    bothSides(before, after),
    `${where}${because}`,
  );
}
