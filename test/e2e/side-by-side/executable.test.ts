import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, type TestProbe, testProbe } from '../../fixtures/probe.js';

let probe: TestProbe;
beforeAll(async () => {
  probe = await testProbe();
});
afterAll(() => probe.remove());

const MEGABYTE = 1024 * 1024;

async function output(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.toString();
}

describe('the executable that syscall-gate compiles', () => {
  test('is smaller than 1.5 MB with its symbols, and smaller still without', async () => {
    const stripped = join(probe.folder, 'stripped');
    await copyFile(probe.path, stripped);
    await output('strip', stripped);
    const [whole, bare] = await Promise.all([stat(probe.path), stat(stripped)]);
    expect(whole.size).toBeLessThan(1.5 * MEGABYTE);
    expect(bare.size).toBeLessThan(whole.size);
    expect(await output(stripped, '--list')).toBe(await output(probe.path, '--list'));
  });

  test('needs no loader and no library', async () => {
    const headers = await output('readelf', '--wide', '--program-headers', probe.path);
    expect(headers).toContain('LOAD');
    expect(headers).not.toMatch(/INTERP|DYNAMIC/);
  });
});
