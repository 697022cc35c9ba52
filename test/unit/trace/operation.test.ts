import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareOperations } from '../../../src/trace/difference.js';
import type { Window } from '../../../src/trace/file.js';
import { foldStacks } from '../../../src/trace/folded.js';
import {
  type OperationProfile,
  type ProfileNode,
  profileOperation,
  total,
} from '../../../src/trace/operation.js';
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

function profile(windows: Window[], { operations = 2, overhead = false } = {}): OperationProfile {
  const profiled = profileOperation({ windows, operations, overhead }, made.code);
  if (profiled === undefined) throw new Error('there is no profile');
  return profiled;
}

const repeated = (operation: string, operations = 2): Window[] =>
  Array.from({ length: 3 }, () =>
    [1, 2].map((times) => windowOf(operation, times * operations)),
  ).flat();

const READ = 'main+8 entry read check read+5 copy read+10 entry+5 main+10';

describe('the profile of an operation', () => {
  it('is free of the loop around it', () => {
    const { instructions, roots, interrupts, repeats } = profile(repeated(READ));
    expect(instructions).toBe(9);
    expect(repeats).toEqual([9, 9, 9]);
    expect(interrupts).toBe(0);
    expect(roots).toEqual([
      { name: 'main', kernel: false, own: 2, children: [] },
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

  it('leaves interrupts out, and repeats that something else came into', () => {
    const windows = repeated(READ);
    const ticked = made.window(`${BEGIN} ${READ} main+12 ${TICK} main+14 ${READ} ${END}`);
    windows[2] = ticked;
    windows[5] = windowOf(`${READ} copy`, 4);
    const { instructions, interrupts, repeats } = profile(windows);
    expect(instructions).toBe(9);
    expect(interrupts).toBe(3);
    expect(repeats[0]).toBe(9);
    expect(repeats[2]).toBeGreaterThan(9);
  });

  it('takes off what is no part of the operation', () => {
    const windows = [READ, 'main+8 copy main+10'].flatMap((operation) =>
      [2, 4].map((operations) => windowOf(operation, operations)),
    );
    const { instructions, roots } = profile(windows, { overhead: true });
    expect(instructions).toBe(6);
    expect(total(roots)).toBeCloseTo(6, 9);
  });

  it('is none without a whole repeat, or of a trace that was cut off', () => {
    const traced = { operations: 2, overhead: false };
    const [window = windowOf(READ, 1)] = repeated(READ);
    expect(profileOperation({ ...traced, windows: [window] }, made.code)).toBeUndefined();
    const cut = { ...window, cutOff: true };
    expect(profileOperation({ ...traced, windows: [window, cut] }, made.code)).toBeUndefined();
  });
});

const HOOKED =
  'main+8 entry read check hook inner hook+5 check+5 read+5 read+7 read+10 entry+5 main+10';

describe('the difference of two profiles', () => {
  const before = profile(repeated(READ)).roots;
  const after = profile(repeated(HOOKED)).roots;

  it('names what grew, what is new and by whom it is called, and what is gone', () => {
    const { functions, ...sums } = compareOperations(before, after);
    expect(sums).toMatchObject({ before: 9, after: 13, difference: 4 });
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

  it('is stacks with two numbers for the tools that draw them', () => {
    expect(foldStacks(compareOperations(before, after).roots)).toBe(
      [
        ...['main 2 2', 'entry 2 2', 'entry;read 3 4', 'entry;read;check 1 2'],
        ...[
          'entry;read;check;hook 0 2',
          'entry;read;check;hook;inner 0 1',
          'entry;read;copy 1 0',
          '',
        ],
      ].join('\n'),
    );
  });
});
