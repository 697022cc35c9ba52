import { expect, test } from 'vitest';
import { compareOperations } from '../../../src/trace/difference.js';
import { functionChanges } from '../../../src/trace/function-changes.js';
import type { ProfileNode } from '../../../src/trace/operation.js';

const call = (name: string, own: number, ...children: ProfileNode[]): ProfileNode => ({
  ...{ name, kernel: true, own, children },
});

const changesOf = (before: ProfileNode, after: ProfileNode) =>
  functionChanges(compareOperations([before], [after]));

test('what came or went is one change with what did below it', () => {
  const before = call('entry', 40, call('security', 10, call('apparmor', 50, call('aa', 41))));
  const after = call('entry', 44, call('security', 10, call('selinux', 30, call('avc', 37))));
  expect(changesOf(before, after)).toEqual([
    { name: 'entry', difference: 4, change: 'grown', below: 0 },
    { caller: 'security', name: 'apparmor', difference: -91, change: 'gone', below: 1 },
    { caller: 'security', name: 'selinux', difference: 67, change: 'new', below: 1 },
  ]);
});

test('what is called from elsewhere has changed by no more than itself', () => {
  const work = call('softirqs', 200, call('net_rx', 9000));
  const before = call('entry', 40, call('bh_enable', 20, call('do_softirq', 30, work)));
  const after = call('entry', 40, call('bh_enable', 20), call('irq_exit', 35, work));
  expect(changesOf(before, after)).toEqual([
    { caller: 'bh_enable', name: 'do_softirq', difference: -30, change: 'gone', below: 0 },
    { caller: 'entry', name: 'irq_exit', difference: 35, change: 'new', below: 0 },
  ]);
});

test('what came to be called from several places is a change of its own', () => {
  const before = call('entry', 40, call('read', 50), call('write', 60));
  const lock = call('rt_lock', 30);
  const after = call('entry', 40, call('read', 50, lock), call('write', 60, call('bh', 5, lock)));
  expect(changesOf(before, after)).toEqual([
    { name: 'rt_lock', difference: 60, change: 'new', below: 0 },
    { caller: 'write', name: 'bh', difference: 5, change: 'new', below: 0 },
  ]);
});
