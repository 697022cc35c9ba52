import { identity, type ProfileNode } from './operation.js';

/** A function as called from one place, in an operation before and after. */
export interface DifferenceNode {
  name: string;
  module?: string;
  kernel: boolean;
  /** Whether the compiler inlined it into its caller. */
  inlined?: boolean;
  /** Instructions per operation in the function itself, as called from here. */
  before: number;
  after: number;
  /** In the order of the calls after; a function that is no longer called keeps its place. */
  children: DifferenceNode[];
}

export type ChangeKind = 'grown' | 'shrunk' | 'new' | 'gone';

/** Whether a function is there on one side only. */
export const isOneSided = (change: ChangeKind | 'same' | undefined): boolean =>
  change === 'new' || change === 'gone';

/** One function, summed over a whole operation. */
export interface FunctionDifference {
  name: string;
  module?: string;
  before: number;
  after: number;
  /** after − before */
  difference: number;
  change: ChangeKind | 'same';
  /**
   * The calls that lead to a new function, or led to one that is gone: from the innermost caller
   * that is there on both sides to the function itself. For any other change, the function alone.
   */
  chain: string[];
}

/** What changed in one operation. All numbers are instructions per operation. */
export interface OperationDifference {
  before: number;
  after: number;
  difference: number;
  /** In call order, callers first. Their differences add up to `difference`. */
  functions: FunctionDifference[];
  roots: DifferenceNode[];
  /**
   * The part of the counted change that the trace does not explain: what was counted without a
   * trace, less the sum over the functions. Undefined if nothing was counted without a trace.
   */
  remainder?: number;
}

/** The smallest difference that is printed. */
export const RESOLUTION = 0.005;

/**
 * In the program itself, less than one instruction is a share of the loop and of the clock: the
 * longer an operation takes, the fewer operations share that overhead.
 */
const PROGRAM_RESOLUTION = 1;

/** The smallest difference that counts as a change, in instructions per operation. */
export const resolutionOf = ({ kernel }: Pick<DifferenceNode, 'kernel'>): number =>
  kernel ? RESOLUTION : PROGRAM_RESOLUTION;

/**
 * Compares an operation before and after.
 *
 * @param counted the change as counted without a trace, in instructions per operation
 */
export function compareOperations(
  before: readonly ProfileNode[],
  after: readonly ProfileNode[],
  counted?: number,
): OperationDifference {
  const roots = mergeWithOneView(before, after);
  const functions = tabulate(roots);
  const sum = (side: 'before' | 'after') => functions.reduce((all, one) => all + one[side], 0);
  const difference = sum('after') - sum('before');
  return {
    ...{ before: sum('before'), after: sum('after'), difference, functions, roots },
    ...(counted === undefined ? {} : { remainder: counted - difference }),
  };
}

/**
 * If only one side knows what was inlined, merges inlined functions into their callers on both
 * sides: the missing knowledge is no difference.
 */
function mergeWithOneView(
  before: readonly ProfileNode[],
  after: readonly ProfileNode[],
): DifferenceNode[] {
  const sameView = showsInlined(before) === showsInlined(after);
  return sameView ? merge(before, after) : merge(withoutInlined(before), withoutInlined(after));
}

const showsInlined = (nodes: readonly ProfileNode[]): boolean =>
  nodes.some(({ inlined, children }) => inlined === true || showsInlined(children));

/** Merges inlined functions into the functions that contain them, as in the machine code. */
const withoutInlined = (nodes: readonly ProfileNode[]): ProfileNode[] =>
  unite(
    nodes.map((node) => {
      const into: ProfileNode = { ...node, children: [] };
      for (const child of withoutInlined(node.children)) {
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

/** Merges calls of the same function. */
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
  /** The callers above the first place that differs, or above the first place of all. */
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
