import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/record/report.js';
import { isTimed, type MetricRecord, parseRun, type Run } from '../../src/record/run.js';
import {
  pullRequestEvent,
  pushEvent,
  type RunnerEvent,
  scheduleEvent,
} from '../fake-github/events.js';
import { readRecord, writeRecord } from '../fake-github/records.js';
import { type ActionResult, leftovers, removeFolders, runAction } from '../fake-github/runner.js';
import {
  type FakeGithub,
  forbidden,
  serverError,
  startGithub,
  tooManyRequests,
} from '../fake-github/server.js';

/**
 * Few metrics and little time: these tests ask for the direction of a change that triples every
 * call, with a margin that no busy neighbour reaches.
 */
const QUICK = {
  duration: '3s',
  metrics: 'syscall.enosys, syscall.null, syscall.read_zero, syscall.write_null',
  margin: '80%',
};
/**
 * The gate blames the machine, not the kernel, when the control loop slows down too. Stored runs
 * get a slower loop than this machine has, so that a machine that happens to slow down meanwhile
 * does not excuse the injected change.
 */
const STORED_CONTROL = 1.25;
const FIRST_RUN = 100;
const MOST_ATTEMPTS = 8;

let folder: string;
let slow: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'action-'));
  const program = join(folder, 'slowdown');
  const source = join(import.meta.dirname, '..', 'native', 'slowdown.c');
  execFileSync('cc', ['-O2', '-o', program, source]);
  slow = `command:${program} 16 {probe}`;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  removeFolders();
});

let github: FakeGithub;
beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());

/**
 * A job of the workflow gate.yml, started again while other work on this machine keeps it from
 * measuring: what is tested here is what becomes of a measurement.
 */
async function run(
  event: RunnerEvent,
  inputs: Record<string, string> = {},
  environment: Record<string, string | undefined> = {},
): Promise<ActionResult> {
  const { runs, artifacts, faults } = github;
  for (let attempt = 1; ; attempt += 1) {
    github.runs = [...runs];
    github.artifacts = [...artifacts];
    github.faults = faults.map((fault) => ({ ...fault }));
    const result = await start(event, inputs, environment);
    if (attempt === MOST_ATTEMPTS || !unstable(result)) return result;
  }
}

function unstable({ outputs }: ActionResult): boolean {
  const { report } = outputs;
  if (report === undefined) return false;
  const { metrics }: Report = JSON.parse(readFileSync(report, 'utf8'));
  const sides = metrics.flatMap(({ baseline, candidate }) => [baseline, candidate]);
  return sides.some(({ status }) => status === 'unstable');
}

/** GitHub knows the run before the job starts. */
function start(
  event: RunnerEvent,
  inputs: Record<string, string>,
  environment: Record<string, string | undefined>,
): Promise<ActionResult> {
  const runId = FIRST_RUN + github.runs.length;
  github.runs.push({
    id: runId,
    event: event.name,
    branch: event.environment['GITHUB_HEAD_REF'] ?? event.environment['GITHUB_REF_NAME'] ?? '',
    headRepository: github.repository,
    workflow: 'gate.yml',
  });
  return runAction({ event, github, inputs: { ...QUICK, ...inputs }, runId, environment });
}

const push = (inputs = {}) => run(pushEvent(), inputs);
const pullRequest = (inputs = {}, environment = {}) => run(pullRequestEvent(), inputs, environment);

/** What one push to the default branch of this machine left, measured once for all tests. */
let measured: Run;

/** Puts runs on the default branch, each a copy of the one that was measured. */
function store(count: number, change: (run: Run) => object = () => ({})): void {
  for (let index = 0; index < count; index += 1) {
    const runId = FIRST_RUN + github.runs.length;
    github.runs.push({
      id: runId,
      event: 'push',
      branch: 'master',
      headRepository: github.repository,
      workflow: 'gate.yml',
    });
    const id = runId.toString(16).padStart(16, '0');
    const source = { ...measured.source, runId };
    github.artifacts.push({
      id: runId,
      runId,
      name: artifact,
      zip: writeRecord({
        ...measured,
        metrics: measured.metrics.map(withSlowerControl),
        id,
        source,
        ...change(measured),
      }),
      expired: false,
    });
  }
}

function withSlowerControl(metric: MetricRecord): MetricRecord {
  if (!isTimed(metric)) return metric;
  const replicates = metric.replicates.map((replicate) => ({
    ...replicate,
    controlNs: replicate.controlNs * STORED_CONTROL,
  }));
  return { ...metric, replicates };
}

let artifact: string;

beforeAll(async () => {
  github = await startGithub();
  const result = await push();
  expect(result, result.log + result.stderr).toMatchObject({ exitCode: 0 });
  const [left] = github.artifacts;
  if (left === undefined) throw new Error(`the push left no artifact:\n${result.log}`);
  artifact = left.name;
  const parse = parseRun(await readRecord(left.zip));
  if (!parse.ok) throw new Error(parse.reason);
  measured = parse.run;
  await github.close();
});

describe('a push to the default branch', () => {
  it('is green without a baseline, says so, and leaves one', async () => {
    const result = await push();
    expect(result).toMatchObject({ exitCode: 0, errors: [], stderr: '' });
    expect(result.outputs).toMatchObject({ verdict: 'no-baseline', regressions: '0' });
    expect(result.notices).toEqual([expect.stringMatching(/no baseline/i)]);
    expect(result.summary).toContain('no-baseline');
    expect(github.artifacts.map(({ name, runId }) => ({ name, runId }))).toEqual([
      { name: `syscall-gate-gate-gate-${artifact.slice(-8)}`, runId: FIRST_RUN },
    ]);
  });

  it('says in its outputs where the report and the run record are', async () => {
    const { outputs } = await push();
    const report = JSON.parse(readFileSync(outputs['report'] ?? '', 'utf8'));
    expect(report).toMatchObject({ schema: 'syscall-gate/report', verdict: 'no-baseline' });
    const parse = parseRun(readFileSync(outputs['run'] ?? '', 'utf8'));
    expect(parse).toMatchObject({ ok: true, run: { source: { branch: 'master', event: 'push' } } });
  });

  it('is compared with earlier ones and joins them', async () => {
    store(2);
    const result = await push();
    expect(result.exitCode, result.log).toBe(0);
    expect(result.outputs['verdict']).not.toBe('no-baseline');
    expect(result.log).toContain('2 runs of gate.yml on master');
    expect(github.artifacts).toHaveLength(3);
  });

  it('is compared like a nightly run, which leaves a baseline too', async () => {
    store(2);
    const result = await run(scheduleEvent());
    expect(result.exitCode, result.log).toBe(0);
    expect(result.log).toContain('2 runs of gate.yml on master');
    expect(github.artifacts).toHaveLength(3);
  });

  it('says when it cannot leave a baseline, and keeps its verdict', async () => {
    const result = await run(pushEvent(), {}, { ACTIONS_RUNTIME_TOKEN: undefined });
    expect(result.exitCode, result.log).toBe(0);
    expect(result.warnings).toEqual([
      expect.stringMatching(/^Could not store this run as a baseline .*ACTIONS_RUNTIME_TOKEN/),
    ]);
  });
});

describe('a pull request', () => {
  it('on an unchanged machine is green and silent, and leaves nothing', async () => {
    store(6);
    const result = await pullRequest();
    expect(result.exitCode, result.log).toBe(0);
    expect(result).toMatchObject({ errors: [], warnings: [], stderr: '' });
    expect(result.outputs['regressions']).toBe('0');
    // Something was compared: a busy machine may keep it from being decided, no more.
    expect(['unchanged', 'improved', 'inconclusive']).toContain(result.outputs['verdict']);
    expect(github.comments).toEqual([]);
    expect(github.artifacts).toHaveLength(6);
  });

  it('that slows system calls is red with one comment, which follows it until it is fixed', async () => {
    store(6);
    const red = await pullRequest({ candidate: slow });
    expect(red.exitCode, red.log).toBe(1);
    expect(red.outputs['verdict']).toBe('regressed');
    const regressions = Number(red.outputs['regressions']);
    expect(regressions).toBeGreaterThan(0);
    expect(red.log).toMatch(/^::error title=syscall\.\w+ regressed/m);
    // One for each metric, and the job's own sentence.
    expect(red.errors).toHaveLength(regressions + 1);
    expect(red.summary).toContain('syscall.null');
    expect(github.comments).toHaveLength(1);
    const [comment] = github.comments;
    expect(comment).toMatchObject({ issue: 2, login: 'github-actions[bot]' });
    const first = comment?.body;
    expect(first).toContain(`/actions/runs/${FIRST_RUN + 6}`);

    const again = await pullRequest({ candidate: slow });
    expect(again.exitCode).toBe(1);
    expect(github.comments).toHaveLength(1);
    expect(comment?.body).not.toBe(first);
    expect(comment?.body).toContain(`/actions/runs/${FIRST_RUN + 7}`);

    const fixed = await pullRequest();
    expect(fixed.exitCode, fixed.log).toBe(0);
    expect(github.comments).toHaveLength(1);
    expect(comment?.body).toContain(`/actions/runs/${FIRST_RUN + 8}`);
    const { verdict } = fixed.outputs;
    const gone =
      verdict === 'unchanged' ? 'it is gone' : '(it is gone|this run does not confirm it)';
    expect(comment?.body).toContain(`syscall-gate: ${verdict} at \`ec26c3e\``);
    expect(comment?.body).toMatch(new RegExp(`reported a regression: ${gone}\\.$`, 'm'));
  });

  it('whose newest commit cannot be measured has its comment say so, and gets none for that', async () => {
    const broken = { candidate: 'command:/nowhere/sandbox {probe}' };
    const silent = await pullRequest(broken);
    expect(silent).toMatchObject({ exitCode: 1, outputs: {}, warnings: [] });
    expect(github.comments).toEqual([]);

    store(6);
    await pullRequest({ candidate: slow });
    const result = await pullRequest(broken);
    expect(result).toMatchObject({ exitCode: 1, outputs: {}, errors: [expect.anything()] });
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain('syscall-gate: not measured at `ec26c3e`');
    expect(github.comments[0]?.body).toContain('/nowhere/sandbox');
    expect(github.comments[0]?.body).toContain('nothing is known about it');
  });

  it('keeps its verdict when GitHub refuses the comment, and names the permission', async () => {
    store(6);
    github.faults.push({ method: 'POST', path: /comments/, times: 9, answer: forbidden });
    const result = await pullRequest({ candidate: slow });
    expect(result).toMatchObject({ exitCode: 1, outputs: { verdict: 'regressed' } });
    expect(result.warnings).toEqual([expect.stringContaining('add "pull-requests: write" to')]);
  });

  it('gets its comment from a GitHub that fails and limits for a while', async () => {
    store(6);
    github.faults.push({ method: 'GET', path: /runs\?/, times: 1, answer: serverError });
    github.faults.push({ method: 'GET', path: /comments/, times: 1, answer: tooManyRequests(1) });
    github.faults.push({ method: 'POST', path: /comments/, times: 1, answer: serverError });
    const result = await pullRequest({ candidate: slow });
    expect(result).toMatchObject({ exitCode: 1, warnings: [] });
    expect(github.comments).toHaveLength(1);
  });

  it('uses what is left when an artifact has expired and a zip is cut short', async () => {
    store(8);
    const [expired, cut] = github.artifacts;
    if (expired) expired.expired = true;
    if (cut) cut.zip = cut.zip.subarray(0, 300);
    const result = await pullRequest({ candidate: slow });
    expect(result).toMatchObject({ exitCode: 1, outputs: { verdict: 'regressed' } });
    expect(result.warnings).toEqual([
      expect.stringMatching(/run 101 stored: its archive is damaged or cut short\.$/),
      expect.stringMatching(/1 artifact that has expired/),
    ]);
    expect(result.log).toContain('6 runs of gate.yml on master');
  });

  it('is not red by the runs of another machine', async () => {
    store(6, ({ platform }) => ({ platform: { ...platform, cpuModel: 'Another CPU' } }));
    const result = await pullRequest({ candidate: slow });
    expect(result.exitCode, result.log).toBe(0);
    expect(result.outputs['verdict']).toBe('incomparable');
    expect(result.summary).toContain('Another CPU');
  });

  it('says loudly that it compared nothing when it may not read the runs', async () => {
    store(6);
    github.faults.push({ path: /runs\?/, times: 9, answer: forbidden });
    const result = await pullRequest();
    expect(result).toMatchObject({ exitCode: 0, outputs: { verdict: 'no-baseline' } });
    expect(result.warnings).toEqual([expect.stringContaining('add "actions: read" to')]);
  });

  it('fails by the policy that it was given', async () => {
    store(6);
    const never = await pullRequest({ candidate: slow, 'fail-on': 'never', comment: 'never' });
    expect(never).toMatchObject({ exitCode: 0, outputs: { verdict: 'regressed' } });
    expect(github.comments).toEqual([]);
  });

  it('compares both sides in this job when the baseline can be run', async () => {
    const result = await pullRequest({ baseline: 'host', candidate: slow, duration: '8s' });
    expect(result).toMatchObject({ exitCode: 1, outputs: { verdict: 'regressed' } });
    expect(github.requests.filter((request) => request.includes('/actions/'))).toEqual([]);
  });
});

describe('a job that is cancelled', () => {
  it('ends with a sentence and leaves no process, no baseline and no comment', async () => {
    store(6);
    const result = await runAction({
      event: pullRequestEvent(),
      github,
      inputs: { ...QUICK, duration: '10m', candidate: slow },
      runId: 7,
      cancelAt: /group::Measure/,
    });
    expect(result).toMatchObject({ exitCode: 1, outputs: {}, stderr: '' });
    expect(result.errors).toEqual([expect.stringMatching(/^The job was cancelled .*\.$/)]);
    expect(leftovers()).toEqual([]);
    expect(github.artifacts).toHaveLength(6);
    expect(github.comments).toEqual([]);
  });
});

describe('two gates of one job', () => {
  it('keep their reports apart, even under one name', async () => {
    const inputs = { ...QUICK, baseline: 'host', duration: '2s' };
    const job = { event: pushEvent(), github, inputs, runId: FIRST_RUN };
    const results = [
      await runAction({ ...job, step: 'first' }),
      await runAction({ ...job, step: 'second' }),
      await runAction({ ...job, inputs: { ...inputs, name: 'third' }, step: 'second' }),
    ];
    const reports = results.map(({ outputs }) => outputs['report'] ?? '');
    expect(new Set(reports).size).toBe(3);
    for (const report of reports) expect(readFileSync(report, 'utf8')).toContain('"verdict"');
  });
});

describe('the legs of a matrix', () => {
  it('keep runs and comments apart', async () => {
    const start = (matrix: Record<string, string>) =>
      runAction({ event: pushEvent(), github, inputs: QUICK, runId: FIRST_RUN, matrix });
    await start({ kernel: '6.8' });
    await start({ kernel: '6.12' });
    const names = github.artifacts.map(({ name }) => name);
    expect(new Set(names).size).toBe(2);
    expect(names[0]).toContain('kernel-6.8');
  });
});
