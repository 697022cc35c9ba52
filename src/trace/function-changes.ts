import type { CallChange } from './changes.js';
import {
  type DifferenceNode,
  type FunctionDifference,
  isOneSided,
  type OperationDifference,
} from './difference.js';
import { identity } from './operation.js';

/**
 * Lists what changed in an operation, function by function, whoever calls them. A function that is
 * called equally often from elsewhere has not changed. A new or gone function is one change
 * together with the functions that came or went only below it. The changes add up to the difference
 * of the operation, except for those below the resolution.
 */
export function functionChanges({
  functions,
  roots,
}: Pick<OperationDifference, 'functions' | 'roots'>): CallChange[] {
  const changed = functions.filter((one) => isChanged(one));
  const rows = new Map(changed.map((one) => [identity(one), one]));
  const places = placesOf(roots, rows);
  const changes = new Map<string, CallChange>();
  for (const one of changed) {
    const under = only(places.get(identity(one))?.under) ?? identity(one);
    const { name, module, change } = rows.get(under) ?? one;
    const caller = only(places.get(under)?.callers);
    const known = changes.get(under);
    if (known === undefined) {
      changes.set(under, {
        ...(isOneSided(change) && caller ? { caller } : {}),
        ...{ name, ...(module === undefined ? {} : { module }) },
        ...{ difference: one.difference, change, below: 0 },
      });
    } else {
      known.difference += one.difference;
      known.below += 1;
    }
  }
  return [...changes.values()];
}

type ChangedFunction = FunctionDifference & Pick<CallChange, 'change'>;

const isChanged = (one: FunctionDifference): one is ChangedFunction => one.change !== 'same';

/** Where a function that is there on one side only is called. */
interface Places {
  /** For each call to it, the outermost function on the path that came or went too. */
  under: Set<string>;
  /** Names of its callers. */
  callers: Set<string>;
}

function placesOf(
  roots: readonly DifferenceNode[],
  rows: ReadonlyMap<string, ChangedFunction>,
): Map<string, Places> {
  const places = new Map<string, Places>();
  const visit = (node: DifferenceNode, caller: string, above: string | undefined): void => {
    const key = identity(node);
    const oneSided = isOneSided(rows.get(key)?.change);
    const under = oneSided ? (above ?? key) : undefined;
    if (under !== undefined) {
      const own = places.get(key) ?? { under: new Set(), callers: new Set() };
      own.under.add(under);
      own.callers.add(caller);
      places.set(key, own);
    }
    for (const child of node.children) visit(child, node.name, under);
  };
  for (const root of roots) visit(root, '', undefined);
  return places;
}

/** The only element; undefined if there are several, or none. */
const only = (names: ReadonlySet<string> | undefined): string | undefined =>
  names?.size === 1 ? [...names][0] : undefined;
