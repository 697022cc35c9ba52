import { type ChangeKind, type DifferenceNode, isOneSided, resolutionOf } from './difference.js';

/** One change in an operation, as a person would describe it. */
export interface CallChange {
  /** The function that calls it on both sides; undefined at an entry into the kernel. */
  caller?: string;
  name: string;
  module?: string;
  /**
   * Instructions per operation: its own, or if it is new or gone, with everything that it calls.
   */
  difference: number;
  change: ChangeKind;
  /** How many functions below it came or went with it. */
  below: number;
}

/**
 * Lists the changes in a tree of calls, callers first. A newly called function is one change
 * together with everything that it calls, and so is one that is no longer called. All calls of one
 * function by one caller are one change. The differences add up to that of the operation, except
 * for those below the resolution.
 */
export function callChanges(roots: readonly DifferenceNode[]): CallChange[] {
  const changes = new Map<string, Collected>();
  collect(roots, undefined, changes);
  return [...changes.values()].flatMap(({ resolution, ...change }) =>
    Math.abs(change.difference) < resolution ? [] : [change],
  );
}

interface Collected extends CallChange {
  /** A smaller difference is no change. */
  resolution: number;
}

function collect(
  nodes: readonly DifferenceNode[],
  caller: string | undefined,
  changes: Map<string, Collected>,
): void {
  for (const node of nodes) {
    const before = totalOf(node, 'before');
    const after = totalOf(node, 'after');
    if (before === 0) add(changes, node, caller, { change: 'new', difference: after });
    else if (after === 0) add(changes, node, caller, { change: 'gone', difference: -before });
    else {
      const difference = node.after - node.before;
      add(changes, node, caller, { change: difference > 0 ? 'grown' : 'shrunk', difference });
      collect(node.children, node.name, changes);
    }
  }
}

function add(
  changes: Map<string, Collected>,
  node: DifferenceNode,
  caller: string | undefined,
  { change, difference }: Pick<CallChange, 'change' | 'difference'>,
): void {
  if (difference === 0) return;
  const { name, module } = node;
  const oneSided = isOneSided(change);
  const key = JSON.stringify([oneSided ? (caller ?? '') : null, name, module ?? '']);
  const known = changes.get(key);
  if (known === undefined) {
    changes.set(key, {
      ...(caller === undefined ? {} : { caller }),
      ...{ name, ...(module === undefined ? {} : { module }), change, difference },
      ...{ below: oneSided ? namesBelow(node).size : 0, resolution: resolutionOf(node) },
    });
    return;
  }
  known.difference += difference;
  if (!oneSided) known.change = known.difference > 0 ? 'grown' : 'shrunk';
}

function totalOf(node: DifferenceNode, side: 'before' | 'after'): number {
  return node.children.reduce((sum, child) => sum + totalOf(child, side), node[side]);
}

function namesBelow({ children }: DifferenceNode, names = new Set<string>()): Set<string> {
  for (const child of children) {
    names.add(child.name);
    namesBelow(child, names);
  }
  return names;
}
