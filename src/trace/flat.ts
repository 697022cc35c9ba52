import type { Instructions, TracedFunction, TracedOperations } from '../record/instructions.js';
import { identity, type ProfileNode } from './operation.js';

/** Maximum depth in a record; no kernel nests its calls deeper. */
const MAX_DEPTH = 1000;

/** The functions of a record, which all its operations share. */
export class FunctionList {
  readonly functions: TracedFunction[] = [];
  readonly #positions = new Map<string, number>();

  positionOf({ name, module, kernel, inlined }: ProfileNode): number {
    const key = `${identity({ name, ...(module === undefined ? {} : { module }) })} ${kernel} ${inlined}`;
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    const named = { name, ...(module === undefined ? {} : { module }), kernel };
    const position = this.functions.push({ ...named, ...(inlined ? { inlined } : {}) }) - 1;
    this.#positions.set(key, position);
    return position;
  }
}

/**
 * Flattens a tree of calls for a run record.
 *
 * @param operations number of operations in the batch: the tree's numbers are shares of it
 * @param list the tree's functions are added to it
 */
export function flatten(
  roots: readonly ProfileNode[],
  operations: number,
  list: FunctionList,
): TracedOperations {
  const flat: TracedOperations = { operations, functions: [], depths: [], instructions: [] };
  const add = (node: ProfileNode, depth: number): void => {
    flat.functions.push(list.positionOf(node));
    flat.depths.push(Math.min(depth, MAX_DEPTH));
    flat.instructions.push(Number((node.own * operations).toFixed(3)));
    for (const child of node.children) add(child, depth + 1);
  };
  for (const root of roots) add(root, 0);
  return flat;
}

/**
 * Rebuilds the tree that {@link flatten} was given. For malformed lists, the result is the nearest
 * valid tree.
 */
export function unflatten(
  { operations, functions, depths, instructions }: TracedOperations,
  { functions: list = [] }: Pick<Instructions, 'functions'>,
): ProfileNode[] {
  const roots: ProfileNode[] = [];
  const path: ProfileNode[] = [];
  for (const [index, position] of functions.entries()) {
    const named = list[position];
    if (named === undefined) continue;
    const own = (instructions[index] ?? 0) / operations;
    const { name, module, kernel, inlined } = named;
    const node: ProfileNode = {
      ...{ name, ...(module === undefined ? {} : { module }), kernel },
      ...{ ...(inlined ? { inlined } : {}), own, children: [] },
    };
    path.length = Math.min(depths[index] ?? 0, path.length);
    (path.at(-1)?.children ?? roots).push(node);
    path.push(node);
  }
  return roots;
}
