import { expect, test } from 'vitest';
import { withInjection } from '../../src/targets/injected.js';
import { openedTarget } from '../fixtures/targets.js';

test('an injection is one more argument of the probe, wherever the target puts them', async () => {
  const argv = async (spec: string): Promise<string[]> => {
    const slowed = withInjection(await openedTarget(spec, '/p'), 'seccomp');
    return (await slowed.start(['--a'])).argv;
  };
  expect(await argv('host')).toEqual(['/p', '--a', '--inject=seccomp']);
  expect(await argv("command:sh -c 'exec {probe}'")).toEqual([
    ...['sh', '-c', 'exec /p --a --inject\\=seccomp'],
  ]);
});

test('the record of a target that is slowed says so', async () => {
  const host = await openedTarget('host');
  expect(withInjection(host, 'seccomp-cached').record).toEqual({
    kind: 'host',
    spec: 'host --inject=seccomp-cached',
  });
});
