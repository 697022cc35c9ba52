import { type CallNode, type CallTree, callTree, sumOf } from './call-tree.js';
import { decodeWindow, type Window } from './file.js';
import type { Code } from './symbols.js';

/** A function in one operation: called by its parent, or entered where it is a root. */
export interface ProfileNode {
  name: string;
  module?: string;
  kernel: boolean;
  /** Instructions an operation in the function itself, as it was called from here. */
  own: number;
  /** In the order of the first call. */
  children: ProfileNode[];
}

/** One operation, instruction by instruction. */
export interface OperationProfile {
  /** Instructions an operation: the sum of all nodes. */
  instructions: number;
  roots: ProfileNode[];
  /** Instructions an operation of each repeat, interrupts left out: how far they agree is the resolution. */
  repeats: number[];
  /** Instructions in interrupts, of all windows together and not an operation; they are in nothing else. */
  interrupts: number;
}

/** The windows of one metric as the probe marks them (native/core/trace.h). */
export interface TracedMetric {
  windows: readonly Window[];
  /** In the shorter windows. */
  operations: number;
  /** Whether there are two windows more a repeat, of what is no part of an operation. */
  overhead: boolean;
}

/**
 * What one operation executes. A window of twice the operations has just those more that belong to
 * them, and not the loop's beginning and end. Where most repeats are of one length, such a one
 * stands for all; where an operation is not the same every time, as when each tenth takes a new
 * page, the mean of all but the shortest and the longest does.
 *
 * @returns undefined where there is no whole repeat
 */
export function profileOperation(traced: TracedMetric, code: Code): OperationProfile | undefined {
  const size = traced.overhead ? 4 : 2;
  const repeats = Math.floor(traced.windows.length / size);
  if (repeats === 0 || traced.windows.some(({ cutOff }) => cutOff)) return undefined;
  const measured = Array.from({ length: size }, (_, place) =>
    traced.windows
      .filter((_window, index) => index % size === place && index < repeats * size)
      .map((window) => measure(window, code)),
  );
  // The shorter window's instructions come off the longer one's, and the overhead's off those.
  const weights = [-1, 1, 1, -1].map((sign) => sign / traced.operations);
  const sum = new Sum(code);
  for (const [place, windows] of measured.entries()) {
    const stand = typical(windows);
    const weight = (weights[place] ?? 0) / stand.length;
    for (const { tree } of stand) sum.add(sum.roots, tree.roots, weight);
  }
  const lengths = Array.from({ length: repeats }, (_, repeat) =>
    measured.reduce(
      (length, windows, place) => length + (weights[place] ?? 0) * (windows[repeat]?.length ?? 0),
      0,
    ),
  );
  const roots = finish(sum.roots);
  return {
    instructions: total(roots),
    roots,
    repeats: lengths,
    interrupts: measured.flat().reduce((all, { interrupts }) => all + interrupts, 0),
  };
}

/** All instructions at and below some nodes. */
export const total = (nodes: readonly ProfileNode[]): number =>
  nodes.reduce((sum, { own, children }) => sum + own + total(children), 0);

interface MeasuredWindow {
  tree: CallTree;
  /** Instructions that are no interrupt's. */
  length: number;
  interrupts: number;
}

function measure(window: Window, code: Code): MeasuredWindow {
  const tree = callTree(decodeWindow(window), code);
  return { tree, length: sumOf(tree.roots), interrupts: sumOf(tree.interrupts) };
}

/**
 * The windows that stand for all, each as much as the others: one whose length most of them have, or
 * where there is none all but the shortest and the longest.
 */
function typical(windows: readonly MeasuredWindow[]): MeasuredWindow[] {
  const sorted = windows.toSorted((a, b) => a.length - b.length);
  const often = ({ length }: MeasuredWindow) =>
    sorted.filter((one) => one.length === length).length;
  const commonest = sorted.find((one) => 2 * often(one) > sorted.length);
  if (commonest !== undefined) return [commonest];
  return sorted.length > 2 ? sorted.slice(1, -1) : sorted;
}

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

  add(into: Map<string, Growing>, nodes: Map<number, CallNode>, weight: number): void {
    for (const { function: number, own, children } of nodes.values()) {
      const { name = '', module, kernel = false } = this.#code.functions[number] ?? {};
      const key = identity({ name, ...(module === undefined ? {} : { module }) });
      const named = { name, ...(module === undefined ? {} : { module }), kernel };
      const growing = into.get(key) ?? { node: { ...named, own: 0 }, children: new Map() };
      growing.node.own += own * weight;
      into.set(key, growing);
      this.add(growing.children, children, weight);
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
