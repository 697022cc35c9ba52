import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalogue } from '../../src/build/build.js';

const entry = {
  ...{ id: 'syscall.null', version: 1, gate: true, slow: false, waits: false },
  ...{ unit: 'ns', leastMarginPercent: 0, summary: 'getppid' },
  ...{ entries: 1, switches: 0, bytes: 0 },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalogue-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A program that prints a listing, whatever it is asked. */
async function probePrinting(text: string): Promise<string> {
  const path = join(folder, `probe-${Math.random()}`);
  await writeFile(path, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
  await chmod(path, 0o755);
  return path;
}

describe('readCatalogue', () => {
  it('reads what the probe lists', async () => {
    const listing = { wire: 2, catalogue: 3, metrics: [entry] };
    const probe = await probePrinting(JSON.stringify(listing));
    expect(await readCatalogue(probe)).toEqual(listing);
  });

  it('refuses a probe of another wire version before it looks at the rest', async () => {
    const probe = await probePrinting('{"wire":3,"groups":[]}');
    await expect(readCatalogue(probe)).rejects.toMatchObject({
      kind: 'measurement',
      message: expect.stringMatching(/speaks wire version 3 and this syscall-gate version 2/),
    });
  });

  it.each([
    ['{"wire":2,"catalogue":1,"metrics":[]}', /catalogue of the probe .* is damaged \(metrics/],
    ['Segmentation fault', /does not list its metrics/],
  ])('says that %s is no catalogue', async (text, message) => {
    const probe = await probePrinting(text);
    await expect(readCatalogue(probe)).rejects.toThrow(message);
  });

  it('says so when there is no probe', async () => {
    await expect(readCatalogue(join(folder, 'nothing'))).rejects.toMatchObject({
      kind: 'measurement',
    });
  });
});
