import type { CallChange } from '../trace/changes.js';
import { RESOLUTION } from '../trace/difference.js';
import { identity } from '../trace/operation.js';

/** A metric whose operation was traced on both sides, and what changed in it. */
export interface ChangedOperation {
  id: string;
  /** By what share of itself its count changed, whichever way. */
  share: number;
  changes: readonly CallChange[];
}

/** One function in all operations that it changed in. */
export interface ChangedFunction
  extends Pick<CallChange, 'name' | 'module' | 'caller' | 'change' | 'below'> {
  /**
   * Instructions an operation, in the metric where it changed the least and the most; of those where
   * it changed by half an instruction at all, if any.
   */
  from: number;
  to: number;
  /** What all of them are multiples of, where they are not one: so much each time that it runs. */
  step?: number;
}

/** Functions that changed together: in the same metrics, and so for one reason as far as can be seen. */
export interface Cause {
  /** The largest first. */
  functions: ChangedFunction[];
  /** Ids. */
  metrics: string[];
  /** Of all that changed, each count by its share of itself: what these functions are. */
  share: number;
}

/**
 * Puts what changed in many operations together by function: a function is one finding however many
 * metrics it runs in and whoever calls it, and functions that changed in the same metrics are one.
 *
 * What a function is in a metric is its part of the share by which the count changed, as for a verdict:
 * four instructions of three hundred are more than a hundred of a million, and what the trace of one
 * operation saw and its count does not is no more than that.
 *
 * @returns the causes of the most first
 */
export function causesOf(operations: readonly ChangedOperation[]): Cause[] {
  const changes = byFunction(operations);
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const ids = [...change.differences.keys()].join();
    groups.set(ids, [...(groups.get(ids) ?? []), change]);
  }
  const all = changes.reduce((sum, { weight }) => sum + weight, 0);
  return [...groups.values()]
    .map((group) => causeOf(group, all))
    .toSorted((a, b) => b.share - a.share);
}

/** A function while its changes are added up. */
interface Change {
  calls: CallChange[];
  /** By metric, instructions an operation. */
  differences: Map<string, number>;
  weight: number;
}

/** @returns every function that changed by more than nothing; its metrics are in the order of the operations */
function byFunction(operations: readonly ChangedOperation[]): Change[] {
  const changes = new Map<string, Change>();
  for (const { id, share, changes: own } of operations) {
    const told = own.filter(({ difference }) => Math.abs(difference) >= RESOLUTION);
    const all = told.reduce((sum, { difference }) => sum + Math.abs(difference), 0);
    for (const call of told) {
      const key = identity(call);
      const change: Change = changes.get(key) ?? { calls: [], differences: new Map(), weight: 0 };
      change.calls.push(call);
      change.differences.set(id, (change.differences.get(id) ?? 0) + call.difference);
      change.weight += (share * Math.abs(call.difference)) / all;
      changes.set(key, change);
    }
  }
  return [...changes.values()];
}

function causeOf(changes: readonly Change[], all: number): Cause {
  const weight = changes.reduce((sum, change) => sum + change.weight, 0);
  return {
    functions: changes.toSorted((a, b) => b.weight - a.weight).map(functionOf),
    metrics: [...(changes[0]?.differences.keys() ?? [])],
    share: weight / all,
  };
}

function functionOf({ calls, differences }: Change): ChangedFunction {
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

/** What happens once in many operations says nothing of how much it is each time. */
const ONCE_IN_MANY = 0.5;

function sizesOf(differences: readonly number[]): number[] {
  const sorted = differences.toSorted((a, b) => Math.abs(a) - Math.abs(b));
  const whole = sorted.filter((difference) => Math.abs(difference) >= ONCE_IN_MANY);
  return whole.length === 0 ? sorted : whole;
}

/** Less is a multiple of anything. */
const LEAST_STEP = 2;
const EXACTLY = 0.01;

function stepOf(sizes: readonly number[]): number | undefined {
  const [least = 0, ...others] = sizes;
  const whole = others.every((size) => Math.abs(size / least - Math.round(size / least)) < EXACTLY);
  const one = others.every((size) => Math.abs(size - least) < RESOLUTION);
  return Math.abs(least) < LEAST_STEP || one || !whole || !others.every((size) => size / least > 0)
    ? undefined
    : least;
}
