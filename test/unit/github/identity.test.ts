import { describe, expect, test } from 'vitest';
import type { GithubContext } from '../../../src/github/context.js';
import { plannedShards, shardName, shardPrefix } from '../../../src/github/identity.js';

const context = (job: string): GithubContext => ({
  ...{ repository: 'octo/repo', owner: 'octo', name: 'repo', event: 'push', branch: 'main' },
  ...{ commit: 'a'.repeat(40), compareWith: 'main', leavesBaseline: true, workflow: 'gate.yml' },
  ...{ job, step: '__self', runId: 1, runAttempt: 1, runUrl: '', enterpriseServer: false },
});
const measuring = context('measure');
const PAIRED_ID = '0123456789abcdef';
const leg = (machine: string): string => JSON.stringify({ machine }, null, 2);

describe('the artifact of a shard', () => {
  test('is found by the job that judges, which has no matrix', () => {
    const prefix = shardPrefix(context('verdict'), 'null');
    for (const machine of ['1', 'ubuntu-24.04-arm', 'a "b"/c']) {
      const name = shardName(measuring, leg(machine), 3, PAIRED_ID);
      expect(name.startsWith(`${prefix}-`)).toBe(true);
      expect(name).toMatch(/^[A-Za-z0-9._-]{1,200}$/);
      expect(plannedShards(name, prefix)).toBe(3);
    }
  });

  test('has the same name when the leg is started again, and another one in another leg', () => {
    const name = shardName(measuring, leg('1'), 3, PAIRED_ID);
    expect(shardName(measuring, leg('1'), 3, 'f'.repeat(16))).toBe(name);
    expect(shardName(measuring, leg('2'), 3, PAIRED_ID)).not.toBe(name);
    expect(shardName(context('other'), leg('1'), 3, PAIRED_ID)).not.toBe(name);
  });

  test('of gates with a name each are kept apart, the legs by what they measured', () => {
    const prefix = shardPrefix(context('verdict'), 'kernel');
    expect(prefix).not.toBe(shardPrefix(context('verdict'), 'null'));
    const name = shardName(measuring, 'kernel', 3, PAIRED_ID);
    expect(name.startsWith(`${prefix}-`)).toBe(true);
    expect(name.endsWith(`-${PAIRED_ID}`)).toBe(true);
    // A matrix of several gates has more legs than a gate has shards.
    expect(plannedShards(name, prefix)).toBe(0);
    expect(shardName(measuring, leg('1'), 3, PAIRED_ID).startsWith(prefix)).toBe(false);
  });
});
