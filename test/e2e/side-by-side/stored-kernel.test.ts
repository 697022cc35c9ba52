import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pullRequestEvent, pushEvent, type RunnerEvent } from '../../fake-github/events.js';
import { changeRecord } from '../../fake-github/records.js';
import {
  type ActionResult,
  beginRun,
  compileOnce,
  removeFolders,
  runAction,
} from '../../fake-github/runner.js';
import { type FakeGithub, startGithub } from '../../fake-github/server.js';
import { countedFinding } from '../../fixtures/findings.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { reportOf } from '../../fixtures/report.js';
import { Scratch } from '../../fixtures/scratch.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

/**
 * A push measures a kernel of Debian and keeps it. Then a pull request builds another at the same path,
 * and enters it with page table isolation, which is eight instructions a call.
 */

const scratch = new Scratch('stored-kernel');
const EIGHT = 8;

let github: FakeGithub;
beforeAll(async () => {
  await compileOnce();
  github = await startGithub();
  await mkdir(bin());
  await mkdir(temporary());
  await writeFile(join(bin(), EMULATOR), loggingEmulator());
  await chmod(join(bin(), EMULATOR), 0o755);
});
afterAll(async () => {
  await github.close();
  removeFolders();
});

const bin = (): string => join(scratch.folder, 'bin');
const temporary = (): string => join(scratch.folder, 'tmp');
const image = (): string => join(scratch.folder, 'bzImage');

const EMULATOR = 'qemu-system-x86_64';

/** Writes down the word of page table isolation that each boot has, and boots. */
const loggingEmulator = (): string => `#!/bin/sh
echo "$*" | grep -o 'pti=[a-z]*' >>'${bin()}/boots'
PATH='${process.env['PATH']}' exec ${EMULATOR} "$@"
`;

/** What was booted since it was last asked. */
async function booted(): Promise<string[]> {
  const lines = await readFile(join(bin(), 'boots'), 'utf8');
  await rm(join(bin(), 'boots'));
  return [...new Set(lines.trim().split('\n'))].toSorted();
}

function job(event: RunnerEvent, words: string): Promise<ActionResult> {
  const runId = beginRun(github, event);
  return runAction({
    ...{ event, github, runId },
    environment: { PATH: `${bin()}:${process.env['PATH']}`, TMPDIR: temporary() },
    inputs: {
      ...{ candidate: `kernel:${image()} ${words}`, evidence: 'counted', 'keep-kernel': 'true' },
      ...{ metrics: 'syscall.null', 'fail-on': 'never' },
    },
  });
}

test('a stored kernel is compared by its counts, and booted again where they do not compare', async () => {
  await copyFile(bootableKernel(), image());
  const pushed = await job(pushEvent(), 'pti=off');
  expect(pushed, pushed.log).toMatchObject({ exitCode: 0, warnings: [] });
  const [run, kernel] = github.artifacts;
  expect(kernel?.name).toMatch(/^syscall-gate-kernel-[0-9a-f]{16}$/);
  expect(await booted()).toEqual(['pti=off']);

  // Another build of the kernel: it boots as well with a byte more.
  await appendFile(image(), 'x');
  const counted = await job(pullRequestEvent(), 'pti=on');
  const exact = reportOf(counted);
  expect(exact).toMatchObject({ design: 'stored', verdict: 'regressed' });
  expect(exact.baseline.choice).toContain('its instructions are counted already');
  expect(Math.abs((countedFinding(exact, 'syscall.null').difference ?? 0) - EIGHT)).toBeLessThan(
    0.1,
  );
  expect(await booted()).toEqual(['pti=on']);

  // As if the runner's emulator had been updated since the push.
  if (run === undefined) throw new Error('the push stored no run');
  run.zip = await changeRecord(run.zip, (record) => {
    const { instructions } = record;
    if (instructions === undefined) throw new Error('the push counted nothing');
    const conditions = { ...instructions.conditions, emulator: 'QEMU 1.0' };
    return { ...record, instructions: { ...instructions, conditions } };
  });
  const again = await job(pullRequestEvent(), 'pti=on');
  const paired = reportOf(again);
  expect(paired).toMatchObject({ design: 'paired', verdict: 'regressed' });
  expect(paired.baseline.choice).toContain(`copy of its image in the artifact ${kernel?.name}.`);
  expect(Math.abs((countedFinding(paired, 'syscall.null').difference ?? 0) - EIGHT)).toBeLessThan(
    0.1,
  );
  expect(await booted()).toEqual(['pti=off', 'pti=on']);
  expect(await readdir(temporary())).toEqual([]);
});
