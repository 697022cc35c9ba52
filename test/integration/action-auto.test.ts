import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pullRequestEvent, pushEvent, type RunnerEvent } from '../fake-github/events.js';
import { changeRecord } from '../fake-github/records.js';
import {
  type ActionResult,
  beginRun,
  compileOnce,
  removeFolders,
  runAction,
} from '../fake-github/runner.js';
import { type FakeGithub, startGithub } from '../fake-github/server.js';
import { makeZip } from '../fake-github/zip.js';
import { compileProgram } from '../fixtures/cli.js';
import { type PlayedBoots, playedBoots } from '../fixtures/played-boots.js';
import { type TestProbe, testProbe } from '../fixtures/probe.js';
import { DESIGN, regressedIn, reportOf } from '../fixtures/report.js';

/**
 * What `baseline: auto` makes of the kernel that the newest push measured, when a pull request has
 * another one at the same path.
 */

const CALLS = ['syscall.enosys', 'syscall.null'];
const KEEP = { 'keep-kernel': 'true' };
const KERNEL_ARTIFACT = /^syscall-gate-kernel-[0-9a-f]{16}$/;

let folder: string;
let probe: TestProbe;
let boots: PlayedBoots;
/** Where every build of the kernel is. */
let path: string;
let base: string;
let more: string;
let github: FakeGithub;
beforeAll(async () => {
  await compileOnce();
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-auto-'));
  await mkdir(temporary());
  probe = await testProbe();
  boots = await playedBoots(folder, probe, CALLS.join());
  base = await boots.kernel('base');
  more = await boots.kernel('more', compileProgram('slowdown'), '32');
  path = join(folder, 'bzImage');
});
afterAll(async () => {
  await probe.remove();
  await rm(folder, { recursive: true, force: true });
  removeFolders();
});
beforeEach(async () => {
  github = await startGithub();
});
afterEach(async () => {
  await github.close();
  // Whatever a gate downloads is gone when it ends, however it ends.
  expect(await readdir(temporary())).toEqual([]);
});

const temporary = (): string => join(folder, 'tmp');

interface Job {
  event: RunnerEvent;
  inputs?: Record<string, string>;
  cancelAt?: RegExp;
}

/** A job of the workflow gate.yml. */
function start({ event, inputs = {}, cancelAt }: Job): Promise<ActionResult> {
  const runId = beginRun(github, event);
  return runAction({
    ...{ event, github, runId, ...(cancelAt ? { cancelAt } : {}) },
    environment: { PATH: `${boots.bin}:${process.env['PATH']}`, TMPDIR: temporary() },
    inputs: {
      ...{ candidate: `kernel:${path}`, evidence: 'counted', metrics: CALLS.join() },
      ...inputs,
    },
  });
}

async function push(image: string, inputs: Record<string, string> = {}): Promise<ActionResult> {
  await copyFile(image, path);
  const result = await start({ event: pushEvent(), inputs });
  expect(result, result.log).toMatchObject({ exitCode: 0, warnings: [] });
  return result;
}

async function pullRequest(image: string, more: Partial<Job> = {}): Promise<ActionResult> {
  await copyFile(image, path);
  await boots.booted();
  return start({ event: pullRequestEvent(), ...more });
}

const kernelArtifacts = () => github.artifacts.filter(({ name }) => KERNEL_ARTIFACT.test(name));

const wasDownloaded = (): boolean =>
  github.requests.some((one) => one.includes(`/blob/download/${kernelArtifacts()[0]?.id}?`));

/** Makes the stored run one that another version of the emulator counted. */
async function countedByAnother(): Promise<void> {
  const [stored] = github.artifacts;
  if (stored === undefined) throw new Error('the push stored no run');
  stored.zip = await changeRecord(stored.zip, (run) => {
    const { instructions } = run;
    if (instructions === undefined) throw new Error('the push counted nothing');
    const conditions = { ...instructions.conditions, emulator: 'QEMU 1.0' };
    return { ...run, instructions: { ...instructions, conditions } };
  });
}

describe.runIf(process.arch === 'x64')('a kernel that a push measured', () => {
  it('is compared by its stored counts, and not booted again', async () => {
    await push(base);
    expect(kernelArtifacts()).toEqual([]);
    const result = await pullRequest(more);
    expect(result.exitCode, result.log).toBe(1);
    const report = reportOf(result);
    expect(report).toMatchObject({ design: DESIGN.stored, verdict: 'regressed' });
    expect(regressedIn(report).sort()).toEqual(CALLS);
    expect(report.baseline.choice).toBe(
      'The baseline is 1 run of gate.yml on master and is not measured again beside the candidate, since its instructions are counted already, and counts are exact on any machine.',
    );
    expect(await boots.booted()).toEqual(new Set(['more']));
  });

  it('is kept once for all pushes that measure it, beside their runs', async () => {
    await push(base, KEEP);
    await push(base, KEEP);
    expect(github.artifacts.map(({ name }) => name)).toEqual([
      ...[expect.stringContaining('syscall-gate-gate-'), expect.stringMatching(KERNEL_ARTIFACT)],
      expect.stringContaining('syscall-gate-gate-'),
    ]);
  });

  it('is not kept by a pull request', async () => {
    await pullRequest(base, { inputs: KEEP });
    expect(github.artifacts).toEqual([]);
  });

  it('is booted again from its artifact, where its counts do not compare any more', async () => {
    await push(base, KEEP);
    await countedByAnother();
    const result = await pullRequest(more);
    expect(result.exitCode, result.log).toBe(1);
    const report = reportOf(result);
    expect(report).toMatchObject({ design: DESIGN.paired, verdict: 'regressed' });
    expect(regressedIn(report).sort()).toEqual(CALLS);
    expect(report.baseline.choice).toBe(
      `The baseline is what the newest of 1 run of gate.yml on master measured, measured again beside the candidate, from the copy of its image in the artifact ${kernelArtifacts()[0]?.name}.`,
    );
    expect(report.baseline.spec).toBe(`kernel:${path}`);
    expect(result.summary).toContain(`--baseline kernel:kept-kernel --candidate kernel:${path} `);
    expect(kernelArtifacts()[0]?.name).toContain(report.baseline.facts['sha256']?.slice(0, 16));
    expect(await boots.booted()).toEqual(new Set(['base', 'more']));
  });

  it('is not had any more where nobody kept it, and the report says why', async () => {
    await push(base);
    await countedByAnother();
    const report = reportOf(await pullRequest(more));
    expect(report).toMatchObject({ design: DESIGN.stored, verdict: 'incomparable' });
    expect(report.baseline.choice).toContain(
      `since another kernel is at ${path} now, and no copy of the earlier kernel was kept (keep-kernel).`,
    );
    expect(await boots.booted()).toEqual(new Set(['more']));
  });

  it('is never another that somebody stored under its name', async () => {
    await push(base, KEEP);
    await countedByAnother();
    const [artifact] = kernelArtifacts();
    if (artifact) artifact.zip = makeZip([{ name: 'kernel', content: 'another kernel' }]);
    const report = reportOf(await pullRequest(more));
    expect(report).toMatchObject({ design: DESIGN.stored, verdict: 'incomparable' });
    expect(report.baseline.choice).toMatch(
      /, and what the artifact syscall-gate-kernel-\w+ holds is not the earlier kernel, as its SHA-256 shows\.$/,
    );
    expect(await boots.booted()).toEqual(new Set(['more']));
  });

  it('leaves nothing here when the gate fails after it was downloaded', async () => {
    await push(base, KEEP);
    await countedByAnother();
    const broken = join(folder, 'broken');
    await writeFile(broken, 'no kernel');
    const result = await pullRequest(broken);
    expect(wasDownloaded()).toBe(true);
    expect(result).toMatchObject({ exitCode: 1, errors: [expect.stringContaining(path)] });
  });

  it('leaves nothing here when the job is cancelled while it is downloaded', async () => {
    await push(base, KEEP);
    await countedByAnother();
    const id = kernelArtifacts()[0]?.id;
    const answer = { status: 200, body: 'a part of it', silent: 'within' } as const;
    github.faults.push({ path: new RegExp(`blob/download/${id}`), times: 1, answer });
    const result = await pullRequest(more, { cancelAt: /Look for earlier runs/ });
    expect(result).toMatchObject({ exitCode: 1, outputs: {}, stderr: '' });
    expect(wasDownloaded()).toBe(true);
    expect(result.errors).toEqual([expect.stringMatching(/^The job was cancelled .*\.$/)]);
  });
});
