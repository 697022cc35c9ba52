import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { injectionObstacle } from '../../src/probe/obstacle.js';
import { INJECTIONS } from '../../src/record/injection.js';
import { planWords, run, type TestProbe, testProbe, understand } from '../fixtures/probe.js';

let probe: TestProbe;
beforeAll(async () => {
  probe = await testProbe();
});
afterAll(() => probe.remove());

describe('the injection of the probe', () => {
  test.each(['seccomp-cached', 'seccomp'] as const)(
    '%s stands in what the probe says of its subject',
    async (injection) => {
      const filters = async (...options: string[]): Promise<number> => {
        const words = planWords(probe, ['syscall.null']);
        const { stdout } = await run([probe.path, ...words, ...options]);
        const { hello } = understand(stdout, ['syscall.null']);
        return Number(hello.environment?.subject.seccompFilters);
      };
      expect(await filters(`--inject=${injection}`)).toBe((await filters()) + 1);
      expect(await injectionObstacle(probe.path, injection)).toBeUndefined();
    },
  );

  test.for(INJECTIONS)('%s leaves every metric measurable', async (injection, { skip }) => {
    if ((await injectionObstacle(probe.path, injection)) !== undefined) skip();
    const ids = probe.metrics.filter(({ gate }) => gate).map(({ id }) => id);
    const plain = await run([probe.path, ...planWords(probe, ids)]);
    const slowed = await run([probe.path, ...planWords(probe, ids), `--inject=${injection}`]);
    const statuses = ({ stdout }: { stdout: Buffer }) =>
      [...understand(stdout, ids).metrics.values()].map(({ id, status }) => [id, status]).sort();
    expect(statuses(slowed)).toEqual(statuses(plain));
  });

  test('that there is not is refused with those that there are', async () => {
    const { code, stdout, stderr } = await run([probe.path, '--list', '--inject=sleep']);
    expect([code, stdout.length]).toEqual([2, 0]);
    expect(stderr).toBe(
      'probe: --inject=sleep is not known; choose one of seccomp-cached seccomp user-dispatch.\n',
    );
  });
});
