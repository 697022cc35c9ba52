import { type CallNode, callTree } from './call-tree.js';
import { decodeWindow, type Window } from './file.js';
import type { Code } from './symbols.js';

/** A function in one operation: called by its parent, or entered directly if it is a root. */
export interface ProfileNode {
  name: string;
  module?: string;
  kernel: boolean;
  /** Whether the compiler inlined it into its parent. */
  inlined?: boolean;
  /** Instructions per operation in the function itself, as called from here. */
  own: number;
  /** In the order of the first call. */
  children: ProfileNode[];
}

/** One traced batch of operations. */
export interface TracedBatch {
  /** From one clock reading to the next. */
  run: Window;
  /** The same for overhead that is not part of the operations; its time was subtracted. */
  subtracted: readonly Window[];
  operations: number;
}

/**
 * What the operations of a batch executed, instruction by instruction. As in counting, this is all
 * between two clock readings, including interrupts and the loop itself.
 *
 * @returns instructions per operation
 */
export function profileBatch(
  { run, subtracted, operations }: TracedBatch,
  code: Code,
): ProfileNode[] {
  const sum = new Sum(code);
  sum.addWindow(run, 1 / operations);
  for (const window of subtracted) sum.addWindow(window, -1 / operations);
  return finish(sum.roots);
}

/** All instructions in some nodes and below them. */
export const total = (nodes: readonly ProfileNode[]): number =>
  nodes.reduce((sum, { own, children }) => sum + own + total(children), 0);

/** A node that is still being summed; its numbers may yet become zero. */
interface SumNode {
  node: Omit<ProfileNode, 'children'>;
  children: Map<string, SumNode>;
}

/** Adds weighted trees, matched by the names along each path. */
class Sum {
  readonly roots = new Map<string, SumNode>();
  readonly #code: Code;

  constructor(code: Code) {
    this.#code = code;
  }

  addWindow(window: Window, weight: number): void {
    const { roots, interrupts } = callTree(decodeWindow(window), this.#code);
    this.#add(this.roots, roots, weight);
    this.#add(this.roots, interrupts, weight);
  }

  #add(into: Map<string, SumNode>, nodes: Map<number, CallNode>, weight: number): void {
    for (const { function: number, own, children } of nodes.values()) {
      const { name = '', module, kernel = false, inlined } = this.#code.functions[number] ?? {};
      const named = {
        ...{ name, ...(module === undefined ? {} : { module }), kernel },
        ...(inlined ? { inlined } : {}),
      };
      const key = identity(named);
      const sumNode = into.get(key) ?? { node: { ...named, own: 0 }, children: new Map() };
      sumNode.node.own += own * weight;
      if (!inlined) delete sumNode.node.inlined;
      into.set(key, sumNode);
      this.#add(sumNode.children, children, weight);
    }
  }
}

/** Tells functions apart in reports. */
export const identity = ({ name, module = '' }: Pick<ProfileNode, 'name' | 'module'>): string =>
  `${name} ${module}`;

/** Smaller than any share of an instruction: what rounding leaves of a difference that is zero. */
const ROUNDING_ERROR = 1e-6;

function finish(nodes: Map<string, SumNode>): ProfileNode[] {
  return [...nodes.values()].flatMap(({ node, children }) => {
    const own = Math.abs(node.own) < ROUNDING_ERROR ? 0 : node.own;
    const finished = { ...node, own, children: finish(children) };
    return own === 0 && finished.children.length === 0 ? [] : [finished];
  });
}
