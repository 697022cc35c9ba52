import type { TracedFunction } from '../record/instructions.js';
import type { ProfileNode } from './operation.js';

/** Deeper calls than this are none that a kernel makes. */
const DEEPEST = 1000;

/** A tree of calls as a run record holds it: from the top, each call behind its caller. */
export const flatten = (nodes: readonly ProfileNode[], depth = 0): TracedFunction[] =>
  nodes.flatMap(({ name, module, kernel, own, children }) => [
    {
      ...{ name, ...(module === undefined ? {} : { module }), kernel },
      ...{ own: Number(own.toFixed(3)), depth: Math.min(depth, DEEPEST) },
    },
    ...flatten(children, depth + 1),
  ]);

/** The tree that {@link flatten} was given; of any list, the nearest that there is. */
export function unflatten(functions: readonly TracedFunction[]): ProfileNode[] {
  const roots: ProfileNode[] = [];
  const path: ProfileNode[] = [];
  for (const { depth, name, module, kernel, own } of functions) {
    const named = { name, ...(module === undefined ? {} : { module }) };
    const node: ProfileNode = { ...named, kernel, own, children: [] };
    path.length = Math.min(depth, path.length);
    (path.at(-1)?.children ?? roots).push(node);
    path.push(node);
  }
  return roots;
}
