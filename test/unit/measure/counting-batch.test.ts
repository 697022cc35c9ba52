import { describe, expect, test } from 'vitest';
import { countingBatch } from '../../../src/measure/counting-batch.js';

/** @param processes the instructions of each one's batches */
const batches = (...processes: number[][]) => ({
  process: Uint16Array.from(processes.flatMap((own, process) => own.map(() => process))),
  ns: Float64Array.from(processes.flat()),
});

describe('the batch that a count is of', () => {
  test('has the fewest instructions of its process, and that is in the middle of the processes', () => {
    expect(countingBatch(batches([345, 420, 344], [343, 350], [390, 346, 347]))).toBe(2);
  });

  test('is not one that is shorter than those of the other processes, nor longer', () => {
    // A datagram that a tick had delivered beforehand; a process that always met a refill.
    expect(countingBatch(batches([24_410, 12_205], [24_410, 30_000], [24_499, 24_499]))).toBe(2);
  });

  test('is the lower of two where neither is in the middle', () => {
    expect(countingBatch(batches([10, 12], [9, 11]))).toBe(2);
    expect(countingBatch(batches([10, 12]))).toBe(0);
  });
});
