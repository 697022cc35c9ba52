import type { Batches } from './batches.js';

/**
 * Picks the batch that gives a boot's count. In each process it takes the batch with the fewest
 * instructions, in which no timer ticked and no slab was refilled. Of these it takes the median,
 * because once in hundreds of batches a tick does some of the batch's work beforehand.
 *
 * @returns the batch's index; for an even number of processes, the lower of the two in the middle
 */
export function countingBatch({ process, ns }: Pick<Batches, 'process' | 'ns'>): number {
  const shortest = new Map<number, number>();
  for (const [index, own] of process.entries()) {
    const before = shortest.get(own);
    if (before === undefined || at(ns, index) < at(ns, before)) shortest.set(own, index);
  }
  const ranked = [...shortest.values()].sort((a, b) => at(ns, a) - at(ns, b));
  return ranked[Math.floor((ranked.length - 1) / 2)] ?? 0;
}

const at = (ns: Float64Array, index: number): number => ns[index] ?? Number.POSITIVE_INFINITY;
