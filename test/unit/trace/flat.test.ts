import fc from 'fast-check';
import { expect, it } from 'vitest';
import { instructionsSchema } from '../../../src/record/instructions.js';
import { FunctionList, flatten, unflatten } from '../../../src/trace/flat.js';
import type { ProfileNode } from '../../../src/trace/operation.js';

const nodes = (depth: number): fc.Arbitrary<ProfileNode[]> =>
  fc.array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      kernel: fc.boolean(),
      own: fc.integer({ min: -3, max: 1000 }).map((own) => own / 4),
      children: depth === 0 ? fc.constant([]) : nodes(depth - 1),
    }),
    { maxLength: 3 },
  );

const fields = { id: 'syscall.null', version: 1, gate: true, status: 'ok', boots: [1] } as const;

it('a tree of calls is read back from a record as it was, beside others', () => {
  fc.assert(
    fc.property(nodes(3), nodes(2), (one, other) => {
      const list = new FunctionList();
      const traced = [flatten(one, 4, list), flatten(other, 8, list)];
      const metrics = traced.map((tree) => ({ ...fields, traced: tree }));
      const instructions = { conditions: {}, metrics, functions: list.functions };
      const { data } = instructionsSchema.safeParse(JSON.parse(JSON.stringify(instructions)));
      const read = data?.metrics.map((metric) =>
        metric.status === 'ok' && metric.traced ? unflatten(metric.traced, data) : undefined,
      );
      expect(read).toEqual([one, other]);
    }),
  );
});

it('a record whose lists do not belong together is refused', () => {
  const traced = { operations: 1, functions: [0], depths: [0], instructions: [1] };
  const parse = (tree: object, functions: object[]) =>
    instructionsSchema.safeParse({
      conditions: {},
      metrics: [{ ...fields, traced: tree }],
      functions,
    }).success;
  const known = [{ name: 'a', kernel: true }];
  expect(parse(traced, known)).toBe(true);
  expect(parse(traced, [])).toBe(false);
  expect(parse({ ...traced, depths: [0, 1] }, known)).toBe(false);
});
