import { quantile } from 'simple-statistics';
import { Failure } from '../failure.js';
import type { InstructionMetric, Instructions } from '../record/instructions.js';
import { ESTIMATE_QUANTILE } from '../stats/assumptions.js';
import type { BatchPlace, TracedOperation, Tracing } from '../targets/target.js';
import { FunctionList, flatten } from '../trace/flat.js';
import type { CountableTarget } from './counting.js';
import { type LaunchObservation, timedOf } from './launch.js';

/** A boot that counted, and what was written down of it meanwhile. */
export interface TracedBoot {
  observation: LaunchObservation;
  /** Or why nothing was, one clause; undefined where nothing was to be. */
  traced?: Tracing | { why: string };
}

/** Boots a target; a failed boot is an observation. */
type Boot = (target: CountableTarget) => Promise<LaunchObservation>;

/**
 * Boots a target once and traces it. Where it does not come through that way, it boots without: a
 * count is no less true without its functions.
 */
export async function bootTraced(target: CountableTarget, boot: Boot): Promise<TracedBoot> {
  const tracing = await unlessFailed(() => target.counting.trace());
  if ('why' in tracing) return { observation: await boot(target), traced: tracing };
  const observation = await boot(asTraced(target, tracing));
  const { failure } = observation.launch;
  if (failure === undefined) return { observation, traced: tracing };
  return { observation: await boot(target), traced: { why: failure } };
}

const asTraced = (target: CountableTarget, tracing: Tracing): CountableTarget => ({
  ...target,
  counting: { ...target.counting, start: (words, seed) => tracing.start(words, seed) },
  explain: (result) => tracing.explain(result) ?? target.explain?.(result),
});

/**
 * Puts beside the count of each metric what its operations executed in the traced boot: in the batch
 * that the boot's number is of, so that the two agree to the instruction.
 */
export async function withOperations(
  instructions: Instructions,
  { observation, traced }: TracedBoot,
): Promise<Instructions> {
  if (traced === undefined) return instructions;
  const places = new Map<string, BatchPlace>();
  for (const { id } of instructions.metrics) {
    const place = typicalBatch(observation, id);
    if (place !== undefined) places.set(id, place);
  }
  const read =
    'why' in traced ? traced : await unlessFailed(() => traced.read([...places.values()]));
  const list = new FunctionList();
  const metrics = instructions.metrics.map((metric): InstructionMetric => {
    const place = places.get(metric.id);
    if (metric.status !== 'ok' || place === undefined) return metric;
    const operation = 'why' in read ? read : read[[...places.keys()].indexOf(metric.id)];
    return { ...metric, ...recordOf(operation, place, list) };
  });
  return { ...instructions, metrics, functions: list.functions };
}

function recordOf(
  operation: TracedOperation | undefined,
  { operations }: BatchPlace,
  list: FunctionList,
): Pick<InstructionMetric & { status: 'ok' }, 'traced' | 'untraced'> {
  if (operation === undefined) return {};
  return 'why' in operation
    ? { untraced: operation.why.slice(0, 500) }
    : { traced: flatten(operation.roots, operations, list) };
}

/** The batch that a boot's number is of, which is that of a quantile. */
function typicalBatch(observation: LaunchObservation, id: string): BatchPlace | undefined {
  const ns = timedOf(observation.metrics.get(id))?.batches.ns;
  if (ns === undefined) return undefined;
  const estimate = quantile([...ns], ESTIMATE_QUANTILE);
  const distances = Array.from(ns, (one) => Math.abs(one - estimate));
  let left = distances.indexOf(Math.min(...distances));
  for (const [turn, { id: measured, batches, operations }] of (observation.turns ?? []).entries()) {
    if (measured !== id) continue;
    if (left < batches) return { turn, batch: left, batches, operations };
    left -= batches;
  }
  return undefined;
}

async function unlessFailed<T>(act: () => Promise<T>): Promise<T | { why: string }> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { why: error.message.replace(/\.$/, '') };
  }
}
