import type { CallChange } from '../trace/changes.js';
import { RESOLUTION } from '../trace/difference.js';
import { identity } from '../trace/operation.js';

/** A metric whose operation was traced on both sides, and what changed in it. */
export interface ChangedOperation {
  id: string;
  /** The change of its count as a share of the count, without its sign. */
  share: number;
  changes: readonly CallChange[];
}

/** One function, over all operations that it changed in. */
export interface ChangedFunction
  extends Pick<CallChange, 'name' | 'module' | 'caller' | 'change' | 'below'> {
  /**
   * Instructions per operation, in the metric where it changed the least and the most. Metrics where
   * it changed by less than half an instruction are ignored, unless there are no others.
   */
  from: number;
  to: number;
  /** The change each time that it runs, if all changes are multiples of one number. */
  step?: number;
}

/** Functions that changed in the same metrics, and so probably for the same reason. */
export interface Cause {
  /** The largest first. */
  functions: ChangedFunction[];
  /** Ids of those metrics. */
  metrics: string[];
  /** The part of the whole change that these functions make up, with each count on its own scale. */
  share: number;
}

/**
 * Groups the changes of many operations by function. A function is one finding, in however many
 * metrics it runs and whoever calls it. Functions that changed in the same metrics form one cause.
 *
 * A function's weight in a metric is its part of the share by which the count changed, as for a
 * verdict: four instructions of three hundred weigh more than a hundred of a million. A change that
 * only the trace of an operation shows, and not its count, then weighs no more than the count did.
 *
 * @returns the cause of the largest share first
 */
export function causesOf(operations: readonly ChangedOperation[]): Cause[] {
  const changes = byFunction(operations);
  const groups = new Map<string, FunctionTally[]>();
  for (const change of changes) {
    const ids = [...change.differences.keys()].join();
    groups.set(ids, [...(groups.get(ids) ?? []), change]);
  }
  const all = changes.reduce((sum, { weight }) => sum + weight, 0);
  return [...groups.values()]
    .map((group) => causeOf(group, all))
    .toSorted((a, b) => b.share - a.share);
}

/** The changes of one function while they are added up. */
interface FunctionTally {
  calls: CallChange[];
  /** Instructions per operation, by metric id. */
  differences: Map<string, number>;
  weight: number;
}

/** @returns every function that changed; its metrics are in the order of the operations */
function byFunction(operations: readonly ChangedOperation[]): FunctionTally[] {
  const changes = new Map<string, FunctionTally>();
  for (const { id, share, changes: own } of operations) {
    const changed = own.filter(({ difference }) => Math.abs(difference) >= RESOLUTION);
    const all = changed.reduce((sum, { difference }) => sum + Math.abs(difference), 0);
    for (const call of changed) {
      const key = identity(call);
      const change: FunctionTally = changes.get(key) ?? {
        calls: [],
        differences: new Map(),
        weight: 0,
      };
      change.calls.push(call);
      change.differences.set(id, (change.differences.get(id) ?? 0) + call.difference);
      change.weight += (share * Math.abs(call.difference)) / all;
      changes.set(key, change);
    }
  }
  return [...changes.values()];
}

function causeOf(changes: readonly FunctionTally[], all: number): Cause {
  const weight = changes.reduce((sum, change) => sum + change.weight, 0);
  return {
    functions: changes.toSorted((a, b) => b.weight - a.weight).map(functionOf),
    metrics: [...(changes[0]?.differences.keys() ?? [])],
    share: weight / all,
  };
}

function functionOf({ calls, differences }: FunctionTally): ChangedFunction {
  const [first, ...others] = calls as [CallChange, ...CallChange[]];
  const { name, module } = first;
  const sizes = sizesOf([...differences.values()]);
  const [from = 0, to = from] = [sizes[0], sizes.at(-1)];
  const sameCaller = others.every(({ caller }) => caller === first.caller);
  const sameChange = others.every(({ change }) => change === first.change);
  const grown = to > 0 ? 'grown' : 'shrunk';
  const step = stepOf(sizes);
  return {
    ...{ name, ...(module === undefined ? {} : { module }) },
    ...(sameCaller && first.caller !== undefined ? { caller: first.caller } : {}),
    ...{ change: sameChange ? first.change : grown, from, to },
    below: sameChange ? Math.max(...calls.map(({ below }) => below)) : 0,
    ...(step === undefined ? {} : { step }),
  };
}

/** Smaller changes happen in only some operations, and do not show how large they are each time. */
const ONCE_IN_MANY = 0.5;

function sizesOf(differences: readonly number[]): number[] {
  const sorted = differences.toSorted((a, b) => Math.abs(a) - Math.abs(b));
  const whole = sorted.filter((difference) => Math.abs(difference) >= ONCE_IN_MANY);
  return whole.length === 0 ? sorted : whole;
}

/** Any change is nearly a multiple of a smaller step. */
const MIN_STEP = 2;
const EXACTLY = 0.01;

function stepOf(sizes: readonly number[]): number | undefined {
  const [step = 0, ...others] = sizes;
  const whole = others.every((size) => Math.abs(size / step - Math.round(size / step)) < EXACTLY);
  const equal = others.every((size) => Math.abs(size - step) < RESOLUTION);
  return Math.abs(step) < MIN_STEP || equal || !whole || !others.every((size) => size / step > 0)
    ? undefined
    : step;
}
