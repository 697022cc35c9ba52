import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseWire } from '../../../src/probe/wire.js';
import { type Expected, expectOutcomes } from '../../fixtures/outcomes.js';
import {
  type Ended,
  measureBy,
  planWords,
  run,
  type TestProbe,
  testProbe,
} from '../../fixtures/probe.js';

/** The pass that times single operations instead of batches. */
async function tails(argv: readonly string[], probe: TestProbe): Promise<Ended> {
  const ended = await run([...argv, probe.path, ...planWords(probe), '--tails=50']);
  expect(ended).toMatchObject({ code: 0 });
  expect(parseWire(ended.stdout)).toMatchObject({ complete: true, tails: expect.anything() });
  return ended;
}

describe('the address, leak and undefined behaviour sanitizers', () => {
  let probe: TestProbe;
  beforeAll(async () => {
    const sanitizers = ['-fsanitize=address,undefined,leak', '-fno-sanitize-recover=all'];
    probe = await testProbe(['-O1', '-g', '-fno-omit-frame-pointer', ...sanitizers]);
  });
  afterAll(() => probe.remove());

  // What they find ends the probe, or the fork in which a metric is measured: that is an error.
  test('find nothing in the whole catalogue', async () => {
    expectOutcomes(await measureBy([probe.path, ...planWords(probe)], probe));
  });

  test('find nothing where single operations are timed', async () => {
    expect(await tails([], probe)).toMatchObject({ stderr: '' });
  });

  test('find nothing where a plan is read from a file and measured by several processes', async () => {
    const plan = join(probe.folder, 'plan');
    const words = ['--metrics=syscall.null', '--batches=2', '--launches=2', '', 'no word of it'];
    await writeFile(plan, words.join('\n'));
    const { code, stdout, stderr } = await run([probe.path, `@${plan}`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.toString().match(/^\{"type":"end",/gm)).toHaveLength(2);
  });

  const LONG = `--metrics=${'a'.repeat(8192)}`;
  test.each([
    ['longer than a word may be', LONG],
    ['as long as a word may be', LONG.slice(0, 8191)],
    ['more text than fits', `${LONG.slice(0, 8191)}\n`.repeat(3)],
    ['more words than fit', '--list\n'.repeat(65)],
    ['no words', '\0\n\r\n\xff'],
  ])('find nothing where a plan holds %s', async (_, content) => {
    const plan = join(probe.folder, 'plan');
    await writeFile(plan, content);
    const { code, stderr } = await run([probe.path, `@${plan}`]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^probe: .*\.\n$/) });
  });
});

describe('valgrind', () => {
  let probe: TestProbe;
  let log: string;
  let valgrind: string[];
  beforeAll(async () => {
    probe = await testProbe(['-O1', '-g']);
    log = join(probe.folder, 'valgrind.log');
    // The memory of a thread that still sleeps when its process ends is "possibly" lost.
    const leaks = [
      '--leak-check=full',
      '--errors-for-leak-kinds=definite',
      '--show-leak-kinds=definite',
    ];
    const report = ['--quiet', `--log-file=${log}`, '--error-markers=ERROR BEGINS,ERROR ENDS'];
    valgrind = ['valgrind', '--error-exitcode=99', ...report, ...leaks];
  });
  afterAll(() => probe.remove());

  const errors = async (): Promise<string> =>
    /ERROR BEGINS.*ERROR ENDS/s.exec(await readFile(log, 'utf8'))?.[0] ?? '';

  // These it does not know, or does otherwise than the kernel.
  const UNKNOWN: Expected = [
    [/^(syscall|context)\.seccomp_/, 'unsupported ENOSYS'],
    [/^process\.vfork_exec$/, 'error ENOENT'],
  ];

  test('finds nothing in the whole catalogue', async () => {
    const told = await measureBy([...valgrind, probe.path, ...planWords(probe)], probe);
    expect(await errors()).toBe('');
    expectOutcomes(told, UNKNOWN);
  });

  test('finds nothing where single operations are timed', async () => {
    await tails(valgrind, probe);
    expect(await errors()).toBe('');
  });
});
