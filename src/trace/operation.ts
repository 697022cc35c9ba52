import { type CallNode, callTree } from './call-tree.js';
import { decodeWindow, type Window } from './file.js';
import type { Code } from './symbols.js';

/** A function in one operation: called by its parent, or entered where it is a root. */
export interface ProfileNode {
  name: string;
  module?: string;
  kernel: boolean;
  /** Whether it is no function of its own in the machine's code, but a part of its parent. */
  inlined?: boolean;
  /** Instructions an operation in the function itself, as it was called from here. */
  own: number;
  /** In the order of the first call. */
  children: ProfileNode[];
}

/** One batch of operations, as it was written down. */
export interface TracedBatch {
  /** From one reading of the clock to the next. */
  run: Window;
  /** The same of what is no part of the operations: its time was taken off. */
  takenOff: readonly Window[];
  operations: number;
}

/**
 * What the operations of a batch executed, instruction by instruction: all that was between two
 * readings of the clock, as it was counted, interrupts and the loop itself too.
 *
 * @returns instructions an operation
 */
export function profileBatch(
  { run, takenOff, operations }: TracedBatch,
  code: Code,
): ProfileNode[] {
  const sum = new Sum(code);
  sum.addWindow(run, 1 / operations);
  for (const window of takenOff) sum.addWindow(window, -1 / operations);
  return finish(sum.roots);
}

/** All instructions at and below some nodes. */
export const total = (nodes: readonly ProfileNode[]): number =>
  nodes.reduce((sum, { own, children }) => sum + own + total(children), 0);

/** A node whose numbers may yet become nothing. */
interface Growing {
  node: Omit<ProfileNode, 'children'>;
  children: Map<string, Growing>;
}

/** Trees, weighted and laid over one another by the names along each path. */
class Sum {
  readonly roots = new Map<string, Growing>();
  readonly #code: Code;

  constructor(code: Code) {
    this.#code = code;
  }

  addWindow(window: Window, weight: number): void {
    const { roots, interrupts } = callTree(decodeWindow(window), this.#code);
    this.#add(this.roots, roots, weight);
    this.#add(this.roots, interrupts, weight);
  }

  #add(into: Map<string, Growing>, nodes: Map<number, CallNode>, weight: number): void {
    for (const { function: number, own, children } of nodes.values()) {
      const { name = '', module, kernel = false, inlined } = this.#code.functions[number] ?? {};
      const named = {
        ...{ name, ...(module === undefined ? {} : { module }), kernel },
        ...(inlined ? { inlined } : {}),
      };
      const key = identity(named);
      const growing = into.get(key) ?? { node: { ...named, own: 0 }, children: new Map() };
      growing.node.own += own * weight;
      if (!inlined) delete growing.node.inlined;
      into.set(key, growing);
      this.#add(growing.children, children, weight);
    }
  }
}

/** What tells functions apart in reports. */
export const identity = ({ name, module = '' }: Pick<ProfileNode, 'name' | 'module'>): string =>
  `${name} ${module}`;

/** Less than any part of an instruction: what is left of differences that are none. */
const NOTHING = 1e-6;

function finish(nodes: Map<string, Growing>): ProfileNode[] {
  return [...nodes.values()].flatMap(({ node, children }) => {
    const own = Math.abs(node.own) < NOTHING ? 0 : node.own;
    const finished = { ...node, own, children: finish(children) };
    return own === 0 && finished.children.length === 0 ? [] : [finished];
  });
}
