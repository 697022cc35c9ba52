import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallChange } from '../../../src/trace/changes.js';
import { causesOf } from '../../../src/verdict/causes.js';

const grown = (name: string, difference: number): CallChange => ({
  ...{ name, difference, change: difference > 0 ? 'grown' : 'shrunk', below: 0 },
});

const one = (
  change: 'new' | 'gone',
  caller: string,
  name: string,
  difference: number,
): CallChange => ({ ...{ caller, name, difference, change, below: 2 } });

describe('causes', () => {
  test('of a change at every entry are one, however many calls an operation makes', () => {
    const operation = (id: string, calls: number) => ({
      id,
      share: 0.02,
      changes: [
        grown('entry_SYSCALL_64', 4 * calls),
        grown('syscall_return_via_sysret', 4 * calls),
      ],
    });
    const causes = causesOf([
      operation('syscall.null', 1),
      // It maps its pages once in many operations.
      operation('memory.anon_fault', 0.01),
      operation('context.pipe_2p_0k', 4),
    ]);
    const function_ = { change: 'grown', from: 4, to: 16, step: 4, below: 0 };
    expect(causes).toEqual([
      {
        functions: [
          { name: 'entry_SYSCALL_64', ...function_ },
          { name: 'syscall_return_via_sysret', ...function_ },
        ],
        metrics: ['syscall.null', 'memory.anon_fault', 'context.pipe_2p_0k'],
        share: 1,
      },
    ]);
  });

  test('are told by the metrics that they are in, the one of the most first', () => {
    const causes = causesOf([
      { id: 'a', share: 0.04, changes: [grown('entry', 4)] },
      { id: 'b', share: 0.01, changes: [grown('entry', 4), grown('vfs_read', -12)] },
      { id: 'c', share: 0.04, changes: [grown('entry', 4)] },
    ]);
    expect(causes.map(({ functions, metrics }) => [functions[0]?.name, metrics.join()])).toEqual([
      ['entry', 'a,b,c'],
      ['vfs_read', 'b'],
    ]);
    expect(causes.map(({ share }) => share)).toEqual([
      expect.closeTo((0.04 + 0.0025 + 0.04) / 0.09, 6),
      expect.closeTo(0.0075 / 0.09, 6),
    ]);
    // One size is no step.
    expect(causes[0]?.functions[0]).not.toHaveProperty('step');
  });

  test('name who calls what came and went where that is one function', () => {
    const hook = (id: string, caller: string) => ({
      id,
      share: 0.1,
      changes: [one('gone', 'security', 'apparmor', -91), one('new', caller, 'selinux', 67)],
    });
    const [cause] = causesOf([hook('read', 'security'), hook('write', 'other')]);
    expect(cause?.functions).toEqual([
      {
        ...{ name: 'apparmor', caller: 'security', change: 'gone', from: -91, to: -91, below: 2 },
      },
      { name: 'selinux', change: 'new', from: 67, to: 67, below: 2 },
    ]);
  });

  test('of a function that grew here and came there say only in which direction it went', () => {
    const call = (change: CallChange['change'], difference: number): CallChange => ({
      ...{ name: 'hook', change, difference, below: 3 },
    });
    const functionIn = (...changes: CallChange[]) =>
      causesOf(changes.map((one, index) => ({ id: `m${index}`, share: 0.1, changes: [one] })))[0]
        ?.functions[0];
    expect(functionIn(call('grown', 4), call('new', 9))).toMatchObject({
      change: 'grown',
      below: 0,
    });
    expect(functionIn(call('gone', -9), call('shrunk', -4))).toMatchObject({
      ...{ change: 'shrunk', below: 0 },
    });
    // Where it went both ways, the largest change says it.
    expect(functionIn(call('grown', 4), call('gone', -9))).toMatchObject({ change: 'shrunk' });
    expect(functionIn(call('gone', -4), call('grown', 9))).toMatchObject({ change: 'grown' });
  });

  test('say how many functions came with one, in the metric where they were the most', () => {
    const brought = (below: number): CallChange => ({ ...one('new', 'a', 'b', 60), below });
    const operations = [4, 1, 7, 2].map((below) => ({
      ...{ id: `m${below}`, share: 0.1, changes: [brought(below)] },
    }));
    expect(causesOf(operations)[0]?.functions[0]?.below).toBe(7);
  });

  test('keep apart functions of one name in different modules, and name the module', () => {
    const own = { ...grown('read', 4), module: 'nft' };
    const causes = causesOf([{ id: 'a', share: 0.1, changes: [grown('read', 8), own] }]);
    expect(causes[0]?.functions).toEqual([
      { name: 'read', change: 'grown', from: 8, to: 8, below: 0 },
      { name: 'read', module: 'nft', change: 'grown', from: 4, to: 4, below: 0 },
    ]);
  });

  test('add up what one function has in one metric, from several callers', () => {
    const changes = [
      { ...grown('copy', 3), caller: 'read' },
      { ...grown('copy', 4), caller: 'write' },
    ];
    expect(causesOf([{ id: 'a', share: 0.1, changes }])[0]?.functions).toEqual([
      { name: 'copy', change: 'grown', from: 7, to: 7, below: 0 },
    ]);
  });

  test('leave out differences that are too small to print', () => {
    const small = (difference: number) => [
      { id: 'a', share: 0.1, changes: [grown('entry', difference)] },
    ];
    expect(causesOf(small(0.004))).toEqual([]);
    expect(causesOf(small(0.005))).toHaveLength(1);
  });

  test('are whole: every difference is in one of them, and their shares are all there is', () => {
    const calls = fc.array(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        difference: fc.integer({ min: -50, max: 50 }).filter((size) => size !== 0),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.array(calls, { minLength: 1, maxLength: 6 }), (all) => {
        const operations = all.map((some, index) => ({
          id: `m${index}`,
          share: 0.1,
          changes: [...new Map(some.map((call) => [call.name, call])).values()].map(
            ({ name, difference }) => grown(name, difference),
          ),
        }));
        const causes = causesOf(operations);
        const names = causes.flatMap(({ functions }) => functions.map(({ name }) => name));
        expect(new Set(names).size).toBe(names.length);
        const sum = causes.reduce((shares, { share }) => shares + share, 0);
        if (causes.length > 0) expect(sum).toBeCloseTo(1, 6);
        for (const { functions } of causes) {
          for (const { from, to } of functions) {
            expect(Math.abs(from)).toBeLessThanOrEqual(Math.abs(to));
          }
        }
      }),
    );
  });
});

describe('the size of a change', () => {
  const sizes = (...differences: number[]) => {
    const operations = differences.map((difference, index) => ({
      ...{ id: `m${index}`, share: 0.1, changes: [grown('entry', difference)] },
    }));
    const { from, to, step } = causesOf(operations)[0]?.functions[0] ?? {};
    return [from, to, step];
  };

  test('is a step where all are whole multiples of the smallest', () => {
    expect(sizes(6, 2, 4)).toEqual([2, 6, 2]);
    expect(sizes(-3, -12)).toEqual([-3, -12, -3]);
    // A timer tick leaves a thousandth.
    expect(sizes(3, 12.01)).toEqual([3, 12.01, 3]);
    expect(sizes(3, 12.1)).toEqual([3, 12.1, undefined]);
  });

  test('is no step of one instruction, nor where it is always the same or goes both ways', () => {
    expect(sizes(1, 4)).toEqual([1, 4, undefined]);
    expect(sizes(1.9, 3.8)).toEqual([1.9, 3.8, undefined]);
    expect(sizes(3, 3.004)).toEqual([3, 3.004, undefined]);
    expect(sizes(4, -8)).toEqual([4, -8, undefined]);
  });

  test('is not told by what happens once in many operations, unless nothing else happens', () => {
    expect(sizes(0.49, 4, 8)).toEqual([4, 8, 4]);
    expect(sizes(0.5, 4)).toEqual([0.5, 4, undefined]);
    expect(sizes(0.2, 0.4)).toEqual([0.2, 0.4, undefined]);
  });
});
