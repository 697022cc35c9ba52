import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareOperations } from '../../../src/trace/difference.js';
import type { Window } from '../../../src/trace/file.js';
import { type ProfileNode, profileBatch, total } from '../../../src/trace/operation.js';
import { MadeCode } from './traces.js';

const made = new MadeCode([
  ...[
    'entry',
    'read',
    'check',
    'hook',
    'inner',
    'copy',
    'asm_sysvec_timer',
    'native_irq_return_iret',
  ],
]);

const BEGIN = 'main main+4';
const END = 'main+80 main+84';
const TICK = 'asm_sysvec_timer asm_sysvec_timer+4 native_irq_return_iret';

/** A window of a loop around some operations. */
const windowOf = (operation: string, operations: number): Window =>
  made.window([BEGIN, ...Array.from({ length: operations }, () => operation), END].join(' '));

const profile = (operation: string, { operations = 2, overhead = '' } = {}): ProfileNode[] =>
  profileBatch(
    {
      ...{ run: windowOf(operation, operations), operations },
      subtracted: overhead === '' ? [] : [windowOf(overhead, operations)],
    },
    made.code,
  );

const READ = 'main+8 entry read check read+5 copy read+10 entry+5 main+10';

describe('the profile of an operation', () => {
  it('is its share of a batch, with the loop and what is around it', () => {
    const roots = profile(READ);
    // Two before the operations and two behind them.
    expect(total(roots)).toBe(9 + 4 / 2);
    expect(roots).toEqual([
      { name: 'main', kernel: false, own: 2 + 4 / 2, children: [] },
      {
        ...{ name: 'entry', kernel: true, own: 2 },
        children: [
          {
            ...{ name: 'read', kernel: true, own: 3 },
            children: [
              { name: 'check', kernel: true, own: 1, children: [] },
              { name: 'copy', kernel: true, own: 1, children: [] },
            ],
          },
        ],
      },
    ]);
  });

  it('has interrupts, which were counted too, as roots of their own', () => {
    const roots = profile(READ.replace('read+10', `${TICK} read+10`), { operations: 1 });
    expect(roots.map(({ name, own }) => [name, own])).toContainEqual(['asm_sysvec_timer', 2]);
    expect(total(roots)).toBe(9 + 3 + 4);
  });

  it('takes off what is no part of the operation, with the loop around both', () => {
    expect(total(profile(READ, { overhead: 'main+8 copy main+10' }))).toBeCloseTo(6, 9);
  });
});

const HOOKED =
  'main+8 entry read check hook inner hook+5 check+5 read+5 read+7 read+10 entry+5 main+10';

describe('the difference of two profiles', () => {
  const before = profile(READ);
  const after = profile(HOOKED);

  it('names what grew, what is new and by whom it is called, and what is gone', () => {
    const { functions, ...sums } = compareOperations(before, after);
    expect(sums).toMatchObject({ before: 11, after: 15, difference: 4 });
    expect(functions.map(({ name, difference, change }) => [name, difference, change])).toEqual([
      ['main', 0, 'same'],
      ['entry', 0, 'same'],
      ['read', 1, 'grown'],
      ['check', 1, 'grown'],
      ['hook', 2, 'new'],
      ['inner', 1, 'new'],
      ['copy', -1, 'gone'],
    ]);
    const chains = new Map(functions.map(({ name, chain }) => [name, chain]));
    expect(chains.get('hook')).toEqual(['check', 'hook']);
    expect(chains.get('inner')).toEqual(['check', 'hook', 'inner']);
    expect(chains.get('copy')).toEqual(['read', 'copy']);
    expect(chains.get('read')).toEqual(['read']);
  });

  it('says what the trace does not explain of a change that was counted', () => {
    expect(compareOperations(before, after, 4.5).remainder).toBeCloseTo(0.5, 9);
    expect(compareOperations(before, after)).not.toHaveProperty('remainder');
  });

  it('is as if nothing was inlined where one side alone tells what was', () => {
    const inlined = [
      {
        ...{ name: 'read', kernel: true, own: 2 },
        children: [
          {
            ...{ name: 'check', kernel: true, inlined: true, own: 3 },
            children: [{ name: 'hook', kernel: true, own: 5, children: [] }],
          },
          { name: 'hook', kernel: true, own: 1, children: [] },
        ],
      },
    ];
    const hook = { name: 'hook', kernel: true, own: 6, children: [] };
    const whole = [{ name: 'read', kernel: true, own: 6, children: [hook] }];
    const { functions } = compareOperations(whole, inlined);
    expect(functions.map(({ name, difference }) => [name, difference])).toEqual([
      ['read', -1],
      ['hook', 0],
    ]);
    expect(compareOperations(inlined, inlined).functions.map(({ name }) => name)).toContain(
      'check',
    );
  });

  it('adds up to the difference of the sums, whatever the trees are', () => {
    const nodes = (depth: number): fc.Arbitrary<ProfileNode[]> =>
      fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('a', 'b', 'c', 'd'),
          kernel: fc.constant(true),
          own: fc.integer({ min: -3, max: 100 }),
          children: depth === 0 ? fc.constant([]) : nodes(depth - 1),
        }),
        { maxLength: 3, selector: ({ name }) => name },
      );
    const trees = nodes(3);
    fc.assert(
      fc.property(trees, trees, (one, other) => {
        const compared = compareOperations(one, other);
        const sum = compared.functions.reduce((all, { difference }) => all + difference, 0);
        expect(sum).toBeCloseTo(total(other) - total(one), 6);
        expect(compared.before).toBeCloseTo(total(one), 6);
        expect(compareOperations(one, one).functions.every(({ change }) => change === 'same')).toBe(
          true,
        );
      }),
    );
  });
});
