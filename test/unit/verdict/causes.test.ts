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
