import { expect, test } from 'vitest';
import type { Verdict } from '../../../src/record/verdict.js';
import type { Comparison } from '../../../src/verdict/comparison.js';
import { judge } from '../../../src/verdict/judge.js';
import { syntheticRun } from '../../fixtures/runs.js';

const run = syntheticRun({ metrics: [{ id: 'syscall.null', ns: 1 }], screen: [0], seed: 1 });

function comparison(verdicts: Verdict[], design: Comparison['design'] = 'paired'): Comparison {
  const side = { status: 'ok', unit: 'ns', estimate: 1, replicates: 1 } as const;
  return {
    design,
    alpha: 0.01,
    familySize: verdicts.length,
    candidate: run,
    baseline: [run],
    skipped: [],
    caveats: [],
    findings: verdicts.map((verdict, i) => ({
      measure: 'time',
      id: `syscall.m${i}`,
      gate: true,
      marginRatio: 0.02,
      baseline: side,
      candidate: side,
      verdict,
      because: '',
    })),
  };
}

test.each([
  [['unchanged', 'regressed', 'improved'], 'regressed'],
  [['unchanged', 'inconclusive', 'improved'], 'improved'],
  [['unchanged', 'inconclusive', 'incomparable'], 'inconclusive'],
  [['unchanged', 'incomparable'], 'incomparable'],
  [['unchanged', 'unchanged'], 'unchanged'],
  [['incomparable'], 'incomparable'],
  [[], 'incomparable'],
] satisfies [Verdict[], Verdict][])('%j make a gate that is %s', (verdicts, verdict) => {
  expect(judge(comparison(verdicts), 'regression').verdict).toBe(verdict);
});

test.each([
  ['regression', 'regressed', false],
  ['regression', 'inconclusive', true],
  ['inconclusive', 'inconclusive', false],
  ['inconclusive', 'regressed', false],
  ['inconclusive', 'incomparable', true],
  ['never', 'regressed', true],
  ['regression', 'blocked', false],
  ['inconclusive', 'blocked', false],
] as const)('under fail-on %s a %s metric passes: %s', (failOn, verdict, passed) => {
  expect(judge(comparison([verdict, 'improved']), failOn).passed).toBe(passed);
});

test('a gate without a baseline passes and says so', () => {
  const self = judge(comparison(['incomparable'], 'self'), 'inconclusive');
  expect(self).toEqual({ verdict: 'no-baseline', passed: true });
});

test('what the baseline could not measure does not count, what the candidate lost does', () => {
  const denied = {
    status: 'denied',
    reason: { operation: 'sendfile()', errno: 1, message: 'Operation not permitted' },
  } as const;
  const base = comparison(['unchanged', 'incomparable']);
  const [first, second] = base.findings;
  if (!first || !second) throw new Error('two metrics');
  const neither = {
    ...base,
    findings: [first, { ...second, baseline: denied, candidate: denied }],
  };
  expect(judge(neither, 'inconclusive')).toEqual({ verdict: 'unchanged', passed: true });
  const isNew = { ...base, findings: [first, { ...second, baseline: denied }] };
  expect(judge(isNew, 'inconclusive')).toEqual({ verdict: 'unchanged', passed: true });
  const unstable = { ...denied, status: 'unstable' } as const;
  const unsure = { ...base, findings: [first, { ...second, candidate: unstable }] };
  expect(judge(unsure, 'regression')).toEqual({ verdict: 'incomparable', passed: true });
  expect(judge(unsure, 'inconclusive')).toEqual({ verdict: 'incomparable', passed: false });
});

test('what the candidate cannot do any more is worse than any regression, and red by default', () => {
  const verdicts: Verdict[] = ['regressed', 'blocked', 'unchanged'];
  expect(judge(comparison(verdicts), 'regression')).toEqual({ verdict: 'blocked', passed: false });
  expect(judge(comparison(['blocked']), 'never')).toEqual({ verdict: 'blocked', passed: true });
  const informs = comparison(['blocked', 'unchanged']);
  const findings = informs.findings.map((one, i) => ({ ...one, gate: i > 0 }));
  expect(judge({ ...informs, findings }, 'regression')).toEqual({
    verdict: 'unchanged',
    passed: true,
  });
});
