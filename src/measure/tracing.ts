import { clauseOf, Failure } from '../failure.js';
import { type InstructionMetric, type Instructions, MAX_CALLS } from '../record/instructions.js';
import type { BatchPlace, CountableTarget, TracedOperation, Tracing } from '../targets/target.js';
import { FunctionList, flatten } from '../trace/flat.js';
import { countingBatch } from './counting-batch.js';
import { type LaunchObservation, timedOf } from './launch.js';

/** A boot that counted instructions, and its trace. */
export interface TracedBoot {
  observation: LaunchObservation;
  /** The trace, or one clause why there is none; undefined if none was asked for. */
  traced?: Tracing | { why: string };
}

/** Boots a target; a failed boot is an observation. */
type Boot = (target: CountableTarget) => Promise<LaunchObservation>;

/**
 * Boots a target once and traces it. If the traced boot fails, it boots again without the trace, since
 * the count is right without it.
 *
 * @throws Failure if the target does not come up at all
 */
export async function bootTraced(target: CountableTarget, boot: Boot): Promise<TracedBoot> {
  const tracing = await unlessFailed(() => target.counting.trace());
  if ('why' in tracing) return { observation: await boot(target), traced: tracing };
  const observation = await boot(asTraced(target, tracing));
  const { failure } = observation.launch;
  if (failure === undefined) return { observation, traced: tracing };
  // A kernel that cannot boot fails here, without the plugin.
  await target.counting.diagnose();
  return { observation: await boot(target), traced: { why: failure } };
}

const asTraced = (target: CountableTarget, tracing: Tracing): CountableTarget => ({
  ...target,
  counting: { ...target.counting, start: (words, seed) => tracing.start(words, seed) },
  explain: (result) => tracing.explain(result) ?? target.explain?.(result),
});

/**
 * Adds to the count of each metric the functions that its operations executed in the traced boot. They
 * are from the same batch as the boot's count, so the two agree to the instruction.
 */
export async function withOperations(
  instructions: Instructions,
  { observation, traced }: TracedBoot,
): Promise<Instructions> {
  if (traced === undefined) return instructions;
  const places = instructions.metrics.map(({ id }) => placeOf(observation, id));
  const known = places.filter((place) => place !== undefined);
  const read = 'why' in traced ? traced : await unlessFailed(() => traced.read(known));
  const list = new FunctionList();
  const metrics = instructions.metrics.map((metric, index): InstructionMetric => {
    const place = places[index];
    const operation = 'why' in read ? read : place && read[known.indexOf(place)];
    if (metric.status !== 'ok' || place === undefined || operation === undefined) return metric;
    return { ...metric, ...recordOf(operation, place, list) };
  });
  return { ...instructions, metrics, functions: list.functions };
}

function recordOf(
  operation: TracedOperation,
  { operations }: BatchPlace,
  list: FunctionList,
): Pick<InstructionMetric & { status: 'ok' }, 'traced' | 'untraced'> {
  if ('why' in operation) return { untraced: operation.why.slice(0, 500) };
  const traced = flatten(operation.roots, operations, list);
  return traced.functions.length > MAX_CALLS
    ? { untraced: `it makes more than ${MAX_CALLS} different calls` }
    : { traced };
}

/** The batch that gives a boot's count. */
function placeOf(observation: LaunchObservation, id: string): BatchPlace | undefined {
  const timed = timedOf(observation.metrics.get(id));
  return timed && placesOf(observation, id)[countingBatch(timed.batches)];
}

/** The places of all batches of a metric, in order. */
const placesOf = ({ turns = [] }: LaunchObservation, id: string): BatchPlace[] =>
  turns.flatMap((turn, index) =>
    turn.id === id
      ? Array.from({ length: turn.batches }, (_, batch) => ({
          ...{ turn: index, batch, batches: turn.batches },
          ...{ operations: turn.operations, emptyRuns: turn.emptyRuns },
        }))
      : [],
  );

async function unlessFailed<T>(act: () => Promise<T>): Promise<T | { why: string }> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { why: clauseOf(error.message) };
  }
}
