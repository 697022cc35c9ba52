import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_RUN_BYTES, parseRun } from '../../../src/record/run.js';
import { syntheticRun } from '../../fixtures/runs.js';

const RUN = syntheticRun({
  metrics: [
    { id: 'syscall.null', ns: 80 },
    { id: 'sendfile.tcp_4k', ns: 1, unavailable: 'denied' },
  ],
  screen: [4, 5, 6, 7],
  seed: 1,
});

const reasonFor = (text: string): string => {
  const result = parseRun(text);
  return result.ok ? 'accepted' : result.reason;
};

const withField = (path: string, value: unknown): string => {
  const copy = JSON.parse(JSON.stringify(RUN)) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  let at = copy;
  for (const name of names) at = at[name] as Record<string, unknown>;
  at[last] = value;
  return JSON.stringify(copy);
};

describe('a run record', () => {
  test('survives a round trip', () => {
    const result = parseRun(JSON.stringify(RUN));
    expect(result).toEqual({ ok: true, run: RUN });
  });

  test.each([
    ['surprise', 1],
    ['platform.surprise', 'x'],
    ['tool', 'x'.repeat(129)],
    ['platform.cpuModel', 'x'.repeat(513)],
    ['platform.cpuCount', 1e9],
    ['platform.cpuCount', -1],
    ['metrics.0.replicates.0.estimateNs', 0],
    ['metrics.0.replicates.0.estimateNs', null],
    ['metrics.0.replicates.0.estimateNs', '80'],
    ['metrics.0.replicates', []],
    ['metrics.0.id', '../../etc/passwd'],
    ['metrics.1.replicates', []],
    ['metrics.1.status', 'ok'],
    ['launches.0.phase', 'later'],
    ['startedAt', 'yesterday'],
    ['id', 'ABC'],
  ])('with %s = %j is refused, naming the place', (path, value) => {
    const [top] = path.split('.');
    expect(reasonFor(withField(path, value))).toMatch(new RegExp(`^(${top}|the top level)`));
  });

  test('of another version or another schema says so', () => {
    expect(reasonFor(withField('version', 2))).toContain('reads version 1');
    expect(reasonFor(withField('schema', 'x'))).toBe('it is not a syscall-gate run record');
    expect(reasonFor('[]')).toBe('it is not a syscall-gate run record');
    expect(reasonFor('null')).toBe('it is not a JSON object');
  });

  test('that is too large is not even parsed', () => {
    expect(reasonFor(' '.repeat(MAX_RUN_BYTES + 1))).toContain('larger than');
  });

  test('reader never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseRun(text).ok).toBe(false);
      }),
    );
  });
});
