import { expect, test } from 'vitest';
import { batchesOf } from '../../../src/measure/batches.js';
import { estimateReplicate } from '../../../src/measure/estimate.js';
import { processesFor } from '../../../src/measure/nesting.js';
import { parseWire } from '../../../src/probe/wire.js';

test('processes share a start only where starting takes long against measuring', () => {
  expect(processesFor(5, 400)).toBe(1);
  expect(processesFor(90, 1)).toBe(1);
  expect(processesFor(500, 500)).toBe(1);
  expect(processesFor(8000, 1000)).toBe(3);
  expect(processesFor(8000, 1)).toBe(8);
  expect(processesFor(8000, 0)).toBe(1);
});

const round = (process: number, ns: number) => ({
  process,
  operations: 100,
  wallNs: [100 * ns, 100 * ns],
  cpuNs: [100 * ns, 100 * ns],
  controlNs: [1000, 1000],
  controlOperations: 1000,
});

test('the replicate of a launch is the median over its processes', () => {
  // The quickest batches of all, in the third, are those of one lucky process.
  const batches = batchesOf([round(0, 80), round(0, 82), round(1, 84), round(2, 50), round(1, 85)]);
  const estimate = estimateReplicate(batches, { sleeps: false });
  expect(estimate?.estimateNs).toBeCloseTo(80, 0);
  expect(estimate).toMatchObject({ controlNs: 1, kept: 10, rejected: 0 });
});

const HELLO = {
  ...{ type: 'hello', wire: 2, catalogue: 1, cpu: 0, pinned: true, pid: 1 },
  clock: { name: 'c', costNs: 20, vdso: true },
};
const METRIC = {
  ...{ type: 'metric', id: 'syscall.null', version: 1, round: 0, status: 'ok' },
  batches: {
    ...{ operations: 10, wallNs: [800], cpuNs: [800] },
    ...{ controlNs: [100], controlOperations: 100 },
  },
};
const bytes = (...lines: object[]): Buffer =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const END = { type: 'end', elapsedNs: 1 };

test('what several processes of one launch wrote is told apart', () => {
  const both = bytes(HELLO, METRIC, END, HELLO, METRIC, END);
  const output = parseWire(both, 2);
  expect(output.complete).toBe(true);
  expect(output.metrics.map(({ process }) => process)).toEqual([0, 1]);
  expect(parseWire(both, 3)).toMatchObject({ complete: false });
  expect(parseWire(both, 1).problem).toBe('the probe ran more often than it was asked to');
  expect(parseWire(bytes(HELLO, METRIC, HELLO), 2).problem).toBe(
    'the probe ran more than once in one launch',
  );
});
