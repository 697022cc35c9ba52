import { type ChangeKind, type DifferenceNode, isOneSided, resolutionOf } from './difference.js';

/** One change of an operation, as a person would tell it. */
export interface CallChange {
  /** Of whom it is a call: the function that calls it on both sides; undefined at the entry. */
  caller?: string;
  name: string;
  module?: string;
  /** Instructions an operation: its own, or where it is new or gone those of all that it calls. */
  difference: number;
  change: ChangeKind;
  /** How many functions it calls that came or went with it. */
  below: number;
}

/**
 * What has changed in a tree of calls, callers first: a function that is called now and was not before
 * is one change with all that it calls, however much that is. Calls of one function by one caller
 * are one. The differences of all of them add up to that of the operation, but for what is no change.
 */
export function callChanges(roots: readonly DifferenceNode[]): CallChange[] {
  const changes = new Map<string, Collected>();
  collect(roots, undefined, changes);
  return [...changes.values()].flatMap(({ resolution, ...change }) =>
    Math.abs(change.difference) < resolution ? [] : [change],
  );
}

interface Collected extends CallChange {
  /** Less is no change. */
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
