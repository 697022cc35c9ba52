import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isTimed,
  MAX_RUN_BYTES,
  makeRun,
  newerNotes,
  parseRun,
  runText,
} from '../../../src/record/run.js';
import { newerText } from '../../../src/record/strict.js';
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
    expect(reasonFor(withField('version', 2))).toBe(
      'it has record version 2 and this syscall-gate reads version 1',
    );
    expect(reasonFor(withField('version', '2.3'))).toContain('it has record version 2.3 and');
    for (const odd of ['1', '1.', '1.1.1', '01.1', '1.01', ' 1.1', '', null, 1.5, [1], {}]) {
      expect(reasonFor(withField('version', odd))).toContain('reads version 1');
    }
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

describe('a run record of another minor version', () => {
  const copyOf = (): Record<string, unknown> => JSON.parse(JSON.stringify(RUN)) as never;
  const newer = (change: (copy: ReturnType<typeof copyOf>) => void, version = '1.7'): string => {
    const copy = { ...copyOf(), version };
    change(copy);
    return JSON.stringify(copy);
  };
  const added = newer((copy) => {
    Object.assign(copy, { surprise: { deep: [1] } });
    for (const launch of copy['launches'] as object[]) Object.assign(launch, { newKey: 1 });
    Object.assign(copy['platform'] as object, { cacheKib: 512 });
    Object.assign((copy['metrics'] as object[])[1] ?? {}, { hint: 'x' });
  });

  test('that is newer is read without the fields that it added, which are listed', () => {
    const parse = parseRun(added);
    expect(parse).toEqual({ ok: true, run: RUN });
    expect(newerNotes(parse.ok ? [parse.run] : [])).toEqual([
      expect.stringMatching(
        /\(version 1\.7\), and 4 fields .* left out: platform\.cacheKib, launches\.\*\.newKey, metrics\.\*\.hint, surprise\.$/,
      ),
    ]);
  });

  test('that is newer is copied with the fields that it added', () => {
    const parse = parseRun(added);
    expect(parse.ok && runText(parse.run)).toBe(added);
    expect(parse.ok && runText(makeRun(parse.run))).toBe(runText(RUN));
  });

  test('that is newer and added nothing is one like any other', () => {
    expect(parseRun(newer(() => undefined))).toEqual({ ok: true, run: RUN });
  });

  test('that is newer and wrong in what is known is refused', () => {
    const reason = reasonFor(newer((copy) => Object.assign(copy, { startedAt: 'x', more: 1 })));
    expect(reason).toMatch(/^startedAt: .* \(a newer syscall-gate wrote it, in version 1\.7\)$/);
  });

  test('says in one clause what was left out, however much it is', () => {
    const clause = newerText({ version: '1.7', ignored: ['a.b'] });
    expect(clause).toBe(
      'was written by a newer syscall-gate (version 1.7), and 1 field that this one does not know is left out: a.b',
    );
    const ignored = Array.from({ length: 7 }, (_, index) => `f${index}`);
    expect(newerText({ version: '1.7', ignored })).toMatch(
      /, and 7 fields that this one does not know are left out: f0, f1, f2, f3, f4, and 2 more$/,
    );
  });

  test('that is older may not have what came later, nor what nobody ever wrote', () => {
    const older = (change: object): string =>
      JSON.stringify({ ...copyOf(), version: 1, ...change });
    expect(reasonFor(older({}))).toBe('accepted');
    expect(reasonFor(older({ surprise: 1 }))).toBe('the top level: Unrecognized key: "surprise"');
    const target = { kind: 'kernel', spec: 'kernel:/vmlinuz', machine: {} };
    expect(reasonFor(older({ target }))).toBe('target: Unrecognized key: "machine"');
  });

  test('that is older says so where something was not recorded yet', () => {
    const { cgroupDepth: _, tcpBuffers: __, ...subject } = RUN.subject;
    const { pinned: ___, processesPerLaunch: ____, ...plan } = RUN.plan;
    const parse = parseRun(JSON.stringify({ ...copyOf(), version: '1.0', subject, plan }));
    if (!parse.ok) throw new Error(parse.reason);
    expect(parse.run.subject).toEqual({
      ...RUN.subject,
      ...{ cgroupDepth: 'not recorded', tcpBuffers: 'not recorded' },
    });
    expect(parse.run.plan).toEqual({ ...plan, processesPerLaunch: 1 });
  });

  test('reader never throws, whatever a field is', () => {
    const paths = ['target', 'platform', 'subject', 'plan', 'instructions', 'metrics'];
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.jsonValue(),
        fc.constantFrom(1, '1.0', '1.1', '1.9'),
        (path, value, version) => {
          const text = JSON.stringify({ ...copyOf(), version, [path]: value });
          expect(typeof parseRun(text).ok).toBe('boolean');
        },
      ),
    );
  });
});

describe('a run record that contradicts itself is refused', () => {
  const [first, second] = RUN.metrics;
  const replicates = isTimed(first) ? first.replicates : [];

  test.each([
    [
      'the same metric twice',
      { metrics: [first, second, first] },
      'metrics: syscall.null is there',
    ],
    ['the same launch twice', { launches: [...RUN.launches, RUN.launches[0]] }, 'launches: number'],
    ['no launch', { launches: [] }, 'metrics.0: there is no launch'],
    ['nothing measured', { metrics: [] }, 'metrics: nothing was measured'],
    [
      'the same replicate twice',
      { metrics: [{ ...first, replicates: [...replicates, replicates[0]] }] },
      'metrics.0: launch',
    ],
  ])('%s', (_, change, reason) => {
    expect(reasonFor(JSON.stringify({ ...RUN, ...change }))).toContain(reason);
  });

  test('a key that would change what an object is', () => {
    const text = JSON.stringify(RUN).replace(/}$/, ',"__proto__":{"polluted":true}}');
    expect(reasonFor(text)).toBe('the top level: Unrecognized key: "__proto__"');
    const parse = parseRun(text.replace('"1.1"', '"1.2"'));
    expect(parse).toEqual({ ok: true, run: RUN });
    expect(newerNotes(parse.ok ? [parse.run] : [])[0]).toContain('left out: __proto__.');
    expect(parse.ok && 'polluted' in parse.run).toBe(false);
  });

  test('a number that is none, and nesting without end', () => {
    const huge = JSON.stringify(RUN).replace(/"estimateNs":[\d.]+/, '"estimateNs":1e309');
    expect(reasonFor(huge)).toMatch(/^metrics\.0\.replicates\.0\.estimateNs: /);
    expect(reasonFor('['.repeat(100_000))).toBe('it is not complete JSON');
    expect(reasonFor(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toMatch(/^it is not /);
    expect(reasonFor(JSON.stringify(RUN).slice(0, 500))).toBe('it is not complete JSON');
  });
});
