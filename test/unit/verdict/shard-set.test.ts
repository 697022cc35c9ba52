import { expect, test } from 'vitest';
import { makeRun, type Run } from '../../../src/record/run.js';
import { mismatchOf, pairShards } from '../../../src/verdict/shard-set.js';
import { type ShardShape, syntheticShard } from '../../fixtures/runs.js';

const metrics = [{ id: 'syscall.null', ns: 100 }];
const shard = (machine: number, more: Partial<ShardShape> = {}) =>
  syntheticShard({ machine, baseline: metrics, candidate: metrics, ...more });
const runsOf = (...machines: number[]): Run[] =>
  machines.flatMap((machine) => Object.values(shard(machine)));

test('records are put together by the id of their paired comparison, whatever their order', () => {
  const { shards, skipped } = pairShards(runsOf(1, 2, 3).reverse());
  expect(shards).toEqual([shard(1), shard(2), shard(3)]);
  expect(skipped).toEqual([]);
});

test('a shard that is given twice counts once', () => {
  const { shards, skipped } = pairShards([...runsOf(1, 2), ...runsOf(2)]);
  expect(shards).toHaveLength(2);
  expect(skipped).toEqual(['Shard 0000000000000002 was given more than once and counts once.']);
});

test('a shard without its other side does not count', () => {
  const { baseline, candidate } = shard(2);
  expect(pairShards([...runsOf(1), candidate])).toMatchObject({
    shards: [shard(1)],
    skipped: [expect.stringMatching(/^Shard 0+2 has no run of its baseline and does not count: /)],
  });
  expect(pairShards([baseline]).skipped).toEqual([
    expect.stringMatching(/^Shard 0+2 has no run of its candidate and does not count: /),
  ]);
});

test('a shard that has two different runs of one side does not count', () => {
  const { baseline, candidate } = shard(2);
  const other = makeRun({ ...candidate, tool: '9.9.9' });
  expect(pairShards([baseline, candidate, other])).toEqual({
    shards: [],
    skipped: [
      expect.stringMatching(
        /^Shard 0+2 has 2 different runs of its candidate and does not count: /,
      ),
    ],
  });
});

test('records that are not from a paired comparison are counted and left out', () => {
  const alone = runsOf(4).map((run) => makeRun({ ...run, duet: undefined }));
  const { shards, skipped } = pairShards([...runsOf(1), ...alone]);
  expect(shards).toHaveLength(1);
  expect(skipped).toEqual([
    expect.stringMatching(/^2 records are not from a paired comparison and do not count: /),
  ]);
});

test('shards of different commits or sides cannot be judged together', () => {
  const [one, other] = ['a', 'b'].map((letter) => letter.repeat(40));
  const mixed = [shard(1, { commit: one ?? '' }), shard(2, { commit: other ?? '' })];
  expect(mismatchOf(mixed)).toMatch(
    /^The shards measured different commits \(aaaaaaa and bbbbbbb\) and cannot be judged together: /,
  );
  const { baseline, candidate } = shard(3);
  const spec = 'command:sandbox {probe}';
  const elsewhere = makeRun({ ...candidate, target: { kind: 'command', spec } });
  expect(mismatchOf([shard(1), { baseline, candidate: elsewhere }])).toMatch(
    /^The shards measured different candidates \(host and command:sandbox \{probe\}\)/,
  );
  expect(mismatchOf([shard(1), shard(2)])).toBeUndefined();
});
