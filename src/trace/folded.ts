import type { DifferenceNode } from './difference.js';

/**
 * The stacks of an operation, one per line: functions from the outermost on, then the instructions
 * before and after. difffolded.pl writes the same format (github.com/brendangregg/FlameGraph),
 * which flamegraph.pl and other viewers read.
 */
export const foldStacks = (roots: readonly DifferenceNode[]): string =>
  roots.flatMap((node) => linesOf(node, [])).join('');

function linesOf(node: DifferenceNode, callers: readonly string[]): string[] {
  const stack = [...callers, node.name];
  const { before, after } = node;
  const own = before === 0 && after === 0 ? [] : [line(stack, before, after)];
  return [...own, ...node.children.flatMap((child) => linesOf(child, stack))];
}

const line = (stack: readonly string[], before: number, after: number): string =>
  `${stack.map((name) => name.replaceAll(/[;\s]/g, '_')).join(';')} ${plain(before)} ${plain(after)}\n`;

const plain = (count: number): string => String(Number(count.toFixed(3)));
