import { identity, type ProfileNode } from './operation.js';

/** A function as it is called from one place, in an operation before and after. */
export interface DifferenceNode {
  name: string;
  module?: string;
  kernel: boolean;
  /** Whether it is a part of its caller in the machine's code. */
  inlined?: boolean;
  /** Instructions an operation in the function itself, as it was called from here. */
  before: number;
  after: number;
  /** In the order of the calls after; what is not called any more stands where it was. */
  children: DifferenceNode[];
}

export type ChangeKind = 'grown' | 'shrunk' | 'new' | 'gone';

/** Of what is there on one side alone. */
export const isOneSided = (change: ChangeKind | 'same' | undefined): boolean =>
  change === 'new' || change === 'gone';

/** One function in all of an operation. */
export interface FunctionDifference {
  name: string;
  module?: string;
  before: number;
  after: number;
  /** after − before */
  difference: number;
  change: ChangeKind | 'same';
  /**
   * How it came to be called where it is new, or was called where it is gone: from the innermost
   * caller that is there on both sides to the function itself. The function alone otherwise.
   */
  chain: string[];
}

/** What has changed in one operation. All numbers are instructions an operation. */
export interface OperationDifference {
  before: number;
  after: number;
  difference: number;
  /** In call order: callers first. The differences of all of them add up to `difference`. */
  functions: FunctionDifference[];
  roots: DifferenceNode[];
  /**
   * What was counted without a trace, less what the functions add up to: what the trace does not
   * explain. Undefined where nothing else was counted.
   */
  remainder?: number;
}

/** The smallest part of an instruction that is printed. */
export const RESOLUTION = 0.005;

/**
 * Of a batch's program less than an instruction is a share of the loop and of the clock: where an
 * operation takes longer, fewer of them share that.
 */
const PROGRAM_RESOLUTION = 1;

/** What is no change: a difference of less, in instructions an operation. */
export const resolutionOf = ({ kernel }: Pick<DifferenceNode, 'kernel'>): number =>
  kernel ? RESOLUTION : PROGRAM_RESOLUTION;

/**
 * Compares an operation before and after.
 *
 * @param counted the change that was counted elsewhere, in instructions an operation
 */
export function compareOperations(
  before: readonly ProfileNode[],
  after: readonly ProfileNode[],
  counted?: number,
): OperationDifference {
  const roots = mergeAlike(before, after);
  const functions = tabulate(roots);
  const sum = (side: 'before' | 'after') => functions.reduce((all, one) => all + one[side], 0);
  const difference = sum('after') - sum('before');
  return {
    ...{ before: sum('before'), after: sum('after'), difference, functions, roots },
    ...(counted === undefined ? {} : { remainder: counted - difference }),
  };
}

/** Where one side alone tells what was inlined, that is no difference. */
function mergeAlike(
  before: readonly ProfileNode[],
  after: readonly ProfileNode[],
): DifferenceNode[] {
  const alike = tellsInlined(before) === tellsInlined(after);
  return alike ? merge(before, after) : merge(outOfLine(before), outOfLine(after));
}

const tellsInlined = (nodes: readonly ProfileNode[]): boolean =>
  nodes.some(({ inlined, children }) => inlined === true || tellsInlined(children));

/** With what was inlined a part of what it was inlined into, as in the machine's code. */
const outOfLine = (nodes: readonly ProfileNode[]): ProfileNode[] =>
  unite(
    nodes.map((node) => {
      const into: ProfileNode = { ...node, children: [] };
      for (const child of outOfLine(node.children)) {
        if (!child.inlined) into.children.push(child);
        else {
          into.own += child.own;
          into.children.push(...child.children);
        }
      }
      into.children = unite(into.children);
      return into;
    }),
  );

/** Calls of one function are one. */
function unite(nodes: readonly ProfileNode[]): ProfileNode[] {
  const united = new Map<string, ProfileNode>();
  for (const node of nodes) {
    const one = united.get(identity(node));
    if (one === undefined) united.set(identity(node), node);
    else {
      const children = unite([...one.children, ...node.children]);
      united.set(identity(node), { ...one, own: one.own + node.own, children });
    }
  }
  return [...united.values()];
}

function merge(before: readonly ProfileNode[], after: readonly ProfileNode[]): DifferenceNode[] {
  const gone = new Map(before.map((node) => [identity(node), node]));
  const merged = after.map((node) => {
    const old = gone.get(identity(node));
    gone.delete(identity(node));
    return join(node, old, node);
  });
  for (const [index, node] of before.entries()) {
    if (!gone.has(identity(node))) continue;
    const neighbour = before[index - 1];
    const at = merged.findIndex((one) => neighbour && identity(one) === identity(neighbour)) + 1;
    merged.splice(at, 0, join(node, node, undefined));
  }
  return merged;
}

function join(
  { name, module, kernel, inlined }: ProfileNode,
  before: ProfileNode | undefined,
  after: ProfileNode | undefined,
): DifferenceNode {
  return {
    ...{ name, ...(module === undefined ? {} : { module }), kernel },
    ...(inlined ? { inlined } : {}),
    ...{ before: before?.own ?? 0, after: after?.own ?? 0 },
    children: merge(before?.children ?? [], after?.children ?? []),
  };
}

interface Row extends Pick<DifferenceNode, 'name' | 'module' | 'kernel' | 'before' | 'after'> {
  /** The calls above the first that differs, or the first of all. */
  path: DifferenceNode[];
}

function tabulate(roots: readonly DifferenceNode[]): FunctionDifference[] {
  const rows = new Map<string, Row>();
  collect(roots, [], rows);
  return [...rows.values()]
    .filter(({ before, after }) => before !== 0 || after !== 0)
    .map(({ path, kernel, ...row }) => {
      const change = changeOf({ kernel, ...row });
      const isOnBothSides = (node: DifferenceNode) => {
        const caller = rows.get(identity(node));
        return caller !== undefined && !isOneSided(changeOf(caller));
      };
      const outermost = path.findLastIndex(isOnBothSides);
      const chain = isOneSided(change)
        ? path.slice(Math.max(outermost, 0)).map(({ name }) => name)
        : [];
      return { ...row, difference: row.after - row.before, change, chain: [...chain, row.name] };
    });
}

function collect(
  nodes: readonly DifferenceNode[],
  path: DifferenceNode[],
  rows: Map<string, Row>,
): void {
  for (const node of nodes) {
    const { name, module, kernel, before, after } = node;
    const row = rows.get(identity(node));
    if (row === undefined) {
      const named = { name, ...(module === undefined ? {} : { module }) };
      rows.set(identity(node), { ...named, kernel, before, after, path });
    } else {
      row.before += before;
      row.after += after;
    }
    collect(node.children, [...path, node], rows);
  }
}

function changeOf(row: Pick<Row, 'kernel' | 'before' | 'after'>): FunctionDifference['change'] {
  const { before, after } = row;
  if (Math.abs(after - before) < resolutionOf(row)) return 'same';
  if (before === 0) return 'new';
  if (after === 0) return 'gone';
  return after > before ? 'grown' : 'shrunk';
}
