import type { Batches } from './batches.js';

/**
 * The batch that a boot's count is of. Of a process it is the one with the fewest instructions, in
 * which no timer ticked and no slab was refilled; of the processes it is the one in the middle, since
 * a tick may also do beforehand what a batch would have had to do, once in hundreds of them.
 *
 * @returns its index; of an even number of processes the lower one of the two in the middle
 */
export function countingBatch({ process, ns }: Pick<Batches, 'process' | 'ns'>): number {
  const least = new Map<number, number>();
  for (const [index, own] of process.entries()) {
    const before = least.get(own);
    if (before === undefined || at(ns, index) < at(ns, before)) least.set(own, index);
  }
  const ranked = [...least.values()].sort((a, b) => at(ns, a) - at(ns, b));
  return ranked[Math.floor((ranked.length - 1) / 2)] ?? 0;
}

const at = (ns: Float64Array, index: number): number => ns[index] ?? Number.POSITIVE_INFINITY;
