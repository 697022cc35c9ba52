import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pullRequestEvent } from '../fake-github/events.js';
import { type ActionResult, compileOnce, removeFolders, runAction } from '../fake-github/runner.js';
import { type FakeGithub, startGithub } from '../fake-github/server.js';
import { compileProgram } from '../fixtures/cli.js';
import { type PlayedBoots, playedBoots } from '../fixtures/played-boots.js';
import { type TestProbe, testProbe } from '../fixtures/probe.js';
import { DESIGN, regressedIn, reportOf, verdictsOf } from '../fixtures/report.js';

/** What the action does with a comparison of two kernels by counts. */

const CALLS = ['syscall.enosys', 'syscall.null'];

let folder: string;
let probe: TestProbe;
let boots: PlayedBoots;
let base: string;
let github: FakeGithub;
beforeAll(async () => {
  await compileOnce();
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-counted-'));
  probe = await testProbe();
  boots = await playedBoots(folder, probe, CALLS.join());
  base = await boots.kernel('base');
});
afterAll(async () => {
  await probe.remove();
  await rm(folder, { recursive: true, force: true });
  removeFolders();
});
beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());

const gate = (candidate: string, inputs: Record<string, string> = {}): Promise<ActionResult> =>
  runAction({
    ...{ event: pullRequestEvent(), github, runId: 7 },
    environment: { PATH: `${boots.bin}:${process.env['PATH']}` },
    inputs: {
      ...{ baseline: `kernel:${base}`, candidate: `kernel:${candidate}` },
      ...{ evidence: 'counted', metrics: CALLS.join(), ...inputs },
    },
  });

const annotations = ({ log }: ActionResult): string =>
  log
    .split('\n')
    .filter((line) => line.startsWith('::error'))
    .join('\n');

describe.runIf(process.arch === 'x64')('a counted kernel', () => {
  it('that does the same is green and silent', async () => {
    const result = await gate(base);
    expect(result.exitCode, result.log).toBe(0);
    expect(result).toMatchObject({ errors: [], outputs: { verdict: 'unchanged' } });
    expect(reportOf(result)).toMatchObject({ design: DESIGN.paired });
    expect(verdictsOf(reportOf(result))).toEqual(
      Object.fromEntries(CALLS.map((id) => [id, 'unchanged'])),
    );
    expect(github.comments).toEqual([]);
  });

  describe('that executes more', () => {
    let result: ActionResult;
    let comments: FakeGithub['comments'];
    beforeAll(async () => {
      const more = await boots.kernel('more', compileProgram('slowdown'), '32');
      github = await startGithub();
      result = await gate(more);
      comments = github.comments;
      await github.close();
    });

    it('is red, in the report, the summary and a comment', () => {
      expect(result.exitCode, result.log).toBe(1);
      expect(result.outputs).toMatchObject({ verdict: 'regressed' });
      expect(regressedIn(reportOf(result)).sort()).toEqual(CALLS);
      expect(comments).toHaveLength(1);
      for (const id of CALLS) {
        expect(result.summary).toContain(id);
        expect(comments[0]?.body).toContain(id);
      }
    });

    it('has its regressions counted in the outputs and named in annotations', () => {
      expect(result.outputs).toMatchObject({ regressions: String(CALLS.length) });
      for (const id of CALLS) expect(annotations(result)).toContain(id);
    });

    it('is not advised what times would be', () => {
      expect(reportOf(result).counts.regressed).toBe(CALLS.length);
      expect(result.summary).not.toContain('weaker evidence');
    });
  });

  it('in which a call is blocked is red, says so first, and is commented on', async () => {
    const less = await boots.kernel('less', compileProgram('deny'), 'getppid');
    // The filter that denies one call costs something on the others.
    const result = await gate(less, { margin: '1000%' });
    expect(result.exitCode, result.log).toBe(1);
    expect(result.outputs).toMatchObject({ verdict: 'blocked' });
    expect(annotations(result)).toContain('syscall.null');
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain('syscall-gate: blocked at `ec26c3e`');
  });
});
