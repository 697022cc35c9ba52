import { describe, expect, test } from 'vitest';
import { countSides } from '../../../src/measure/counting.js';
import type { InstructionMetric } from '../../../src/record/instructions.js';
import type { CountableTarget, Counting } from '../../../src/targets/target.js';
import { entryOf, simulatedBench, targetOf } from '../../fixtures/simulated-bench.js';
import { SILENT } from '../../fixtures/targets.js';

const ENTRY = entryOf('syscall.null');

const COUNTING: Counting = {
  conditions: { emulator: 'simulated' },
  start: async (words) => ({ argv: ['boot', ...words] }),
  diagnose: () => Promise.reject(new Error('no boot failed')),
  trace: () => Promise.reject(new Error('nothing is traced')),
};

/** What is recorded of a metric that some boots, by their index, were refused. */
async function countedIn(
  boots: number,
  refused: readonly number[],
): Promise<InstructionMetric | undefined> {
  const { bench } = simulatedBench([ENTRY], { ns: (_, { index }) => 300 + index, noise: 0 });
  let booted = 0;
  const launch: typeof bench.addon.launch = async (request) => {
    const result = await bench.addon.launch(request);
    return refused.includes(booted++) ? { ...result, results: denied(result.results) } : result;
  };
  const candidate: CountableTarget = { ...targetOf('boot'), counting: COUNTING };
  const order = { seeds: Array.from({ length: boots }, (_, seed) => seed), traced: false };
  const sides = await countSides({ ...bench, addon: { launch } }, { candidate }, SILENT, order);
  return sides.candidate.instructions.metrics[0];
}

/** The same results, in which the probe was refused every metric. */
function denied(results: Buffer): Buffer {
  const reason = { operation: 'getppid()', errno: 12, message: 'Cannot allocate memory' };
  const lines = results.toString().trim().split('\n');
  const refused = lines.map((text) => {
    const line = JSON.parse(text);
    const { type, id, version, round } = line;
    const instead = { type, id, version, round, status: 'denied', reason };
    return `${JSON.stringify(type === 'metric' ? instead : line)}\n`;
  });
  return Buffer.from(refused.join(''));
}

describe('a metric that some boots could not count', () => {
  test('is counted by the others, if they are at least half', async () => {
    expect(await countedIn(2, [])).toMatchObject({ status: 'ok', boots: [300, 301] });
    expect(await countedIn(2, [0])).toMatchObject({ status: 'ok', boots: [301] });
    expect(await countedIn(2, [1])).toMatchObject({ status: 'ok', boots: [300] });
    expect(await countedIn(4, [1, 2])).toMatchObject({ status: 'ok', boots: [300, 303] });
  });

  test('is not counted if they are fewer, and the record says why', async () => {
    const why = { status: 'denied', reason: { message: 'Cannot allocate memory' } };
    expect(await countedIn(3, [0, 2])).toMatchObject(why);
    expect(await countedIn(2, [0, 1])).toMatchObject(why);
  });
});
