import type { CallChange } from './changes.js';
import {
  type DifferenceNode,
  type FunctionDifference,
  isOneSided,
  type OperationDifference,
} from './difference.js';
import { identity } from './operation.js';

/**
 * What has changed in an operation, function by function, whoever calls them: one that is called from
 * elsewhere than before, as often, has not changed. What is new or gone is one change with what came
 * or went below it and nowhere else. All of them add up to the difference of the operation, but for
 * what is less than can be told from nothing.
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

/** Where a function that is there on one side alone is called. */
interface Places {
  /** The outermost of the functions on the way to it that came or went, of every call to it. */
  under: Set<string>;
  /** Names. */
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

/** The one that there is; undefined where there are several, or none. */
const only = (names: ReadonlySet<string> | undefined): string | undefined =>
  names?.size === 1 ? [...names][0] : undefined;
