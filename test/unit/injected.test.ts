import { expect, test } from 'vitest';
import { makeTarget, parseRunnableSpec } from '../../src/targets/index.js';
import { withInjection } from '../../src/targets/injected.js';

test('an injection is one more argument of the probe, wherever the target puts them', () => {
  const argv = (spec: string): string[] =>
    withInjection(makeTarget(parseRunnableSpec('candidate', spec)), 'seccomp').argv('/p', ['--a']);
  expect(argv('host')).toEqual(['/p', '--a', '--inject=seccomp']);
  expect(argv("command:sh -c 'exec {probe}'")).toEqual([
    ...['sh', '-c', 'exec /p --a --inject\\=seccomp'],
  ]);
});

test('the record of a target that is slowed says so', () => {
  const host = makeTarget({ kind: 'host', spec: 'host' });
  expect(withInjection(host, 'seccomp-cached').record).toEqual({
    kind: 'host',
    spec: 'host --inject=seccomp-cached',
  });
});
