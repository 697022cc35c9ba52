import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { pullRequestEvent, pushEvent, type RunnerEvent } from '../../fake-github/events.js';
import {
  type ActionResult,
  beginRun,
  compileOnce,
  removeFolders,
  runAction,
} from '../../fake-github/runner.js';
import { type FakeGithub, startGithub } from '../../fake-github/server.js';
import { HERE, type TestEngine, testEngine } from '../../fixtures/engine.js';
import { reportOf } from '../../fixtures/report.js';

/** What `baseline: auto` makes of the image that the newest push measured, when its name has moved on. */

const CANDIDATE = ['container:moving', ...HERE, '--network', 'none'].join(' ');

let folder: string;
let engine: TestEngine;
let github: FakeGithub;
beforeAll(async () => {
  await compileOnce();
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-images-'));
  engine = await testEngine(join(folder, 'engine'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  removeFolders();
});

beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());

async function job(event: RunnerEvent): Promise<ActionResult> {
  const runId = beginRun(github, event);
  const result = await runAction({
    ...{ event, github, runId },
    inputs: {
      ...{ candidate: CANDIDATE, 'container-engine': engine.program },
      ...{ duration: '4s', metrics: 'syscall.null', 'fail-on': 'never' },
    },
  });
  expect(result, result.log).toMatchObject({ exitCode: 0, errors: [] });
  return result;
}

test('an image is measured again by its digest beside the candidate, while it can be had', async () => {
  await engine.makeImage('moving');
  const pushed = reportOf(await job(pushEvent()));
  const image = pushed.candidate.facts['image'] ?? '';
  expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);

  await engine.makeImage('moving', '--change', 'LABEL moved=yes');
  const beside = reportOf(await job(pullRequestEvent()));
  expect(beside.design).toBe('paired');
  expect(beside.baseline.spec).toBe(CANDIDATE.replace('moving', image));
  expect(beside.candidate.facts['image']).not.toBe(image);
  expect(beside.baseline.choice).toBe(
    'The baseline is what the newest of 1 run of gate.yml on master measured, measured again beside the candidate.',
  );

  // The engine knows it by its id alone, since its name has moved.
  await engine.removeImage(beside.baseline.facts['image'] ?? '');
  const result = await job(pullRequestEvent());
  const alone = reportOf(result);
  expect(alone.design).toBe('stored');
  const why = `since its image ${image} cannot be had any more, because`;
  expect(alone.baseline.choice).toContain(why);
  // Whoever reads the summary sees it, too.
  expect(result.summary).toContain('cannot be had any more');
  expect(await engine.containers()).toEqual([]);
  expect(await readdir(folder)).toEqual(['engine']);
});
