import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULTS, parseConfig, type RawInputs } from '../../../src/config/inputs.js';
import { Failure } from '../../../src/failure.js';

function refusal(raw: RawInputs): string {
  try {
    parseConfig(raw);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'usage') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the defaults', () => {
  test('measure this host for a minute against earlier runs of its own', () => {
    const config = parseConfig({});
    expect(config.candidate).toMatchObject({ kind: 'host', spec: 'host' });
    expect(config.baseline).toMatchObject({ kind: 'auto', shown: '.syscall-gate' });
    expect(config).toMatchObject({
      durationMs: 60_000,
      metrics: [],
      margins: [],
      alpha: 0.01,
      failOn: 'regression',
      history: 20,
      keepKernel: false,
    });
  });

  test('apply to empty inputs as to absent ones', () => {
    const empty = { candidate: '', baseline: '', duration: '', margin: '', alpha: '', out: '' };
    expect(parseConfig({ ...empty, seed: '1' })).toEqual(parseConfig({ seed: '1' }));
  });
});

test.each([
  ['30', 30_000],
  ['30s', 30_000],
  ['2.5s', 2500],
  ['2m', 120_000],
])('a duration of %s is %d ms', (duration, ms) => {
  expect(parseConfig({ duration }).durationMs).toBe(ms);
});

test.each(['0', '-3', '1s', '5h', 'soon', '1e9', '61m', 'NaN', '3 0'])(
  'a duration of %s is refused by name',
  (duration) => {
    expect(refusal({ duration })).toMatch(
      new RegExp(`^duration "${duration}" is not .* 2s to 60m`),
    );
  },
);

test('margins are one percentage, or rules by glob in the order given', () => {
  expect(parseConfig({ margin: '2%' }).margins).toEqual([{ glob: '*', ratio: 0.02 }]);
  expect(parseConfig({ margin: '3, context.*=4.5%\nsendfile.*=5' }).margins).toEqual([
    { glob: '*', ratio: 0.03 },
    { glob: 'context.*', ratio: 0.045 },
    { glob: 'sendfile.*', ratio: 0.05 },
  ]);
});

test.each(['abc', '0', '0%', '-2%', 'a=b=c', 'syscall.*=', '=2%', '1001%'])(
  'a margin of %s is refused by name',
  (margin) => {
    expect(refusal({ margin })).toMatch(/^margin ".*" is not a percentage from 0\.1% to 1000%/);
  },
);

test.each(['0', '1', 'x', '-0.01', '1e-9'])('an alpha of %s is refused by name', (alpha) => {
  expect(refusal({ alpha })).toMatch(/^alpha ".*" is not an error level/);
});

test.each(['1', '60', '100'])('a history of %s runs is allowed', (history) => {
  expect(parseConfig({ history }).history).toBe(Number(history));
});

test.each(['0', '101', '-1', '2.5', 'all', '1e1'])(
  'a history of %s runs is refused by name',
  (history) => {
    expect(refusal({ history })).toBe(`history "${history}" is not a whole number from 1 to 100.`);
  },
);

test('the action pools as many runs as the command line, unless it is told otherwise', () => {
  const file = join(import.meta.dirname, '..', '..', '..', 'action.yml');
  const { inputs } = parse(readFileSync(file, 'utf8'));
  expect(inputs.history.default).toBe(DEFAULTS.history);
});

test('metrics are globs apart by commas, blanks or lines', () => {
  expect(parseConfig({ metrics: 'syscall.*, clock.* sendfile.tcp_4k\ncontext.*' }).metrics).toEqual(
    ['syscall.*', 'clock.*', 'sendfile.tcp_4k', 'context.*'],
  );
});

test('globs that no record could hold are refused by name', () => {
  const long = `{${'a,'.repeat(3000)}b}`;
  for (const metrics of [long, 'a '.repeat(600)]) {
    expect(refusal({ metrics })).toMatch(/^metrics ".{100}…" is too long: give at most 512 globs/s);
  }
});

test('a script that sets up a baseline needs a command and a baseline that is found', () => {
  const baselineSetup = 'make';
  const candidate = 'command:./built {probe}';
  expect(parseConfig({ candidate, baselineSetup }).candidate).toMatchObject({ setup: 'make' });
  expect(parseConfig({ candidate }).candidate).not.toHaveProperty('setup');
  expect(refusal({ candidate: 'host', baselineSetup })).toMatch(/and the candidate is host: give/);
  expect(refusal({ candidate, baselineSetup, baseline: 'host' })).toBe(
    'baseline-setup builds what an earlier run of a command measured, and the baseline is host: give candidate command:CMD and baseline auto, or leave baseline-setup out.',
  );
});

describe('specs', () => {
  test('of every kind are read', () => {
    expect(parseConfig({ baseline: 'host' }).baseline.kind).toBe('host');
    expect(parseConfig({ baseline: 'artifact' }).baseline.kind).toBe('artifact');
    expect(parseConfig({ baseline: 'directory:/tmp/x' }).baseline).toMatchObject({
      kind: 'directory',
      path: '/tmp/x',
    });
    expect(parseConfig({ baseline: 'file:a b.run.json' }).baseline).toMatchObject({ kind: 'file' });
    expect(parseConfig({ candidate: 'command:chrt -f 50 {probe}' }).candidate).toMatchObject({
      kind: 'command',
      argv: ['chrt', '-f', '50', '{probe}'],
    });
  });

  test.each([
    [
      { evidence: 'counted', candidate: 'command:nice {probe}' },
      'and command:nice {probe} is not such a kernel: give kernel:PATH or host',
    ],
    [
      { evidence: 'both', baseline: 'host' },
      'and host on both sides is one kernel: give kernel:PATH or stored runs as the baseline',
    ],
    [{ evidence: 'exact' }, 'evidence "exact"'],
    [{ candidate: 'hots' }, 'candidate "hots" is of no known kind'],
    [{ candidate: 'artifact' }, 'candidate "artifact" is a store of earlier runs'],
    [{ candidate: 'directory:x' }, 'candidate "directory:x" is a store of earlier runs'],
    [{ baseline: 'branch:main' }, 'uses branch, which this version'],
    [{ baseline: 'directory:' }, 'names no path: give directory:PATH'],
    [{ baseline: 'artifact:x' }, 'has something after the word artifact'],
    [{ candidate: 'command:true' }, '{probe}'],
    [{ candidate: 'command:a | {probe}' }, 'sh -c'],
    [{ failOn: 'sometimes' }, 'fail-on "sometimes" is not known: give one of regression'],
    [{ seed: '-1' }, 'seed "-1" is not a whole number'],
    [{ keepKernel: 'yes' }, 'keep-kernel "yes" is not known: give one of true, false'],
    [{ keepKernel: 'true' }, 'host is no kernel image: give candidate kernel:PATH'],
  ] satisfies [RawInputs, string][])('%j is refused: %s', (raw, sentence) => {
    const said = refusal(raw);
    expect(said).toContain(sentence);
    expect(said.split('\n')).toHaveLength(1);
  });
});
