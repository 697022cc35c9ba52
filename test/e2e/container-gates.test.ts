import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { buildProbe } from '../../src/build/build.js';
import type { LaunchResult } from '../../src/probe/addon.js';
import type { Report } from '../../src/record/report.js';
import type { Run } from '../../src/record/run.js';
import { openTarget, parseRunnableSpec } from '../../src/targets/index.js';
import { NO_OPTIONS } from '../../src/targets/spec.js';
import { cli, finished, startCli } from '../fixtures/cli.js';
import { HERE as LIMITS, type TestEngine, testEngine } from '../fixtures/engine.js';
import { measuredIn } from '../fixtures/findings.js';
import { processesWith } from '../fixtures/processes.js';
import { SILENT } from '../fixtures/targets.js';

/** The network is no part of what is tested, and takes the longest to set up. */
const HERE = [...LIMITS, '--network', 'none'];

let folder: string;
let engine: TestEngine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-containers-'));
  await mkdir(temporary());
  engine = await testEngine(join(folder, 'engine'));
  for (const name of ['base', 'head']) await engine.makeImage(name);
  await engine.makeImage('foreign', '--arch', process.arch === 'arm64' ? 'amd64' : 'arm64');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const temporary = (): string => join(folder, 'tmp');

/** Profiles are named from here on. */
const place = () => ({ cwd: folder, env: { TMPDIR: temporary() } });

const left = async (): Promise<string[]> => [
  ...(await engine.containers()),
  ...processesWith(join(engine.program, '..')).map(String),
  ...(await readdir(temporary())),
];
afterEach(() => vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 10_000 }));

interface Gate {
  baseline: string;
  candidate: string;
  seconds: number;
  metrics: readonly string[];
}

/** A command line for the folder that holds the profiles. */
const wordsOf = ({ baseline, candidate, seconds, metrics }: Gate, out: string): string[] => [
  ...['--container-engine', engine.program, '--out', out],
  ...['--baseline', baseline, '--candidate', candidate],
  ...['--duration', `${seconds}s`, '--metrics', metrics.join(',')],
  // Few pairs are enough for it.
  ...['--alpha', '0.2'],
];

interface Judged {
  report: Report;
  shown: string;
  /** What is stored as a later baseline. */
  run: Run;
}

async function gate(order: Gate): Promise<Judged> {
  const out = await mkdtemp(join(folder, 'out-'));
  const { code, stdout, stderr } = await cli(wordsOf(order, out), place());
  expect([0, 1], stderr).toContain(code);
  const read = async (name: string) => JSON.parse(await readFile(join(out, name), 'utf8'));
  const report: Report = await read('report.json');
  const files = await readdir(out, { recursive: true });
  const run = files.find((name) => /^(regressed\/)?[^/]*\.run\.json$/.test(name)) ?? '';
  return { report, shown: stdout, run: await read(run) };
}

/** What is said to whoever asks for something that cannot be measured. */
async function refusal(candidate: string, ...options: string[]): Promise<string> {
  const order = { baseline: 'host', candidate, seconds: 2, metrics: ['syscall.null'] };
  const words = [...wordsOf(order, join(folder, 'never')), ...options];
  const { code, stdout, stderr } = await cli(words, place());
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  return stderr.trim().split('\n').at(-1) ?? '';
}

/** The sides of a workflow that is shown to users, with the names of things here. */
async function sidesOf(
  example: string,
  names: readonly (readonly [shown: string, here: string])[] = [],
): Promise<Pick<Gate, 'baseline' | 'candidate'>> {
  const path = join(import.meta.dirname, '..', '..', 'examples', example);
  const { jobs } = parse(await readFile(path, 'utf8'));
  const step = jobs.gate.steps.at(-1).with as { baseline: string; candidate: string };
  const here = (spec: string): string => {
    const renamed = names.reduce((text, [shown, own]) => text.replace(shown, own), spec);
    const [image, ...options] = renamed.split(' ');
    return [image, ...HERE, ...options].join(' ');
  };
  return { baseline: here(step.baseline), candidate: here(step.candidate) };
}

const metric = (report: Report, id: string) => measuredIn(report).find((one) => one.id === id);

const ratio = (report: Report, id: string) => metric(report, id)?.change?.ratio;

interface Rule {
  names: string[];
  action: string;
  errnoRet: number;
  args?: { index: number; value: number; op: string }[];
}

/** A profile that forbids nothing but what its rules say. */
const writeProfile = (name: string, ...syscalls: Rule[]): Promise<void> =>
  writeFile(join(folder, name), JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));

const denying = (...names: string[]): Rule => ({ names, action: 'SCMP_ACT_ERRNO', errnoRet: 1 });

/**
 * Denies what never happens, so that an argument has to be looked at, many times over. All rules of a
 * profile together become one program of at most 4096 instructions.
 */
const dependingOnArguments = (name: string): Rule[] =>
  Array.from({ length: 200 }, (_, index) => ({
    ...denying(name),
    args: [{ index: 5, value: 0x7fff_ff00 + index, op: 'SCMP_CMP_EQ' }],
  }));

test('an image that moved is compared with the one that the newest stored run measured', async () => {
  await engine.makeImage('moving');
  const out = await mkdtemp(join(folder, 'out-'));
  const candidate = ['container:moving', ...HERE].join(' ');
  const words = [
    ...['--container-engine', engine.program, '--out', out, '--candidate', candidate],
    ...['--duration', '4s', '--metrics', 'syscall.null', '--fail-on', 'never'],
  ];
  const measure = async (): Promise<Report> => {
    const { code, stderr } = await cli(words, place());
    expect(code, stderr).toBe(0);
    return JSON.parse(await readFile(join(out, 'report.json'), 'utf8'));
  };
  const first = await measure();
  expect(first).toMatchObject({ design: 'self', verdict: 'no-baseline' });
  const image = first.candidate.facts['image'] ?? '';
  await engine.makeImage('moving', '--change', 'LABEL moved=yes');
  const second = await measure();
  expect(second.design).toBe('paired');
  expect(second.baseline.spec).toBe(['container:', image, ' ', HERE.join(' ')].join(''));
  expect(second.baseline.choice).toContain('measured again beside the candidate.');
  expect(second.candidate.facts['image']).not.toBe(image);
  await engine.removeImage(second.candidate.facts['image'] ?? '');
  await engine.makeImage('moving', '--change', 'LABEL moved=twice');
  const third = await measure();
  expect(third.design).toBe('stored');
  expect(third.baseline.choice).toMatch(/is not measured again .* since its image .*moving@sha256/);
});

test('two images that are alike are not told apart, and the record names them', async () => {
  const sides = await sidesOf('image-pull-request.yml');
  const metrics = ['syscall.null', 'syscall.read_zero', 'net.tcp_rtt_1b'];
  const { report, run } = await gate({ ...sides, seconds: 6, metrics });
  expect(report).toMatchObject({ passed: true, counts: { regressed: 0, improved: 0 } });
  expect(run.metrics.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
  expect(run.target).toEqual({
    kind: 'container',
    spec: sides.candidate,
    facts: {
      engine: expect.stringMatching(/^podman \d/),
      image: expect.stringMatching(/head@sha256:[0-9a-f]{64}$/),
      platform: expect.stringMatching(/^linux\/(amd64|arm64)$/),
      runtime: expect.stringMatching(/^runc version \d/),
      seccomp: "the engine's own",
    },
  });
  expect(run.subject).toMatchObject({ container: 'podman', seccompMode: 'filter' });
});

test("the engine's own seccomp profile costs something against none", async () => {
  const candidate = ['container:head', ...HERE].join(' ');
  const baseline = `${candidate} --security-opt seccomp=unconfined`;
  const metrics = ['syscall.null', 'syscall.read_zero'];
  const { report } = await gate({ baseline, candidate, seconds: 5, metrics });
  for (const id of metrics) expect(ratio(report, id)).toBeGreaterThan(1.03);
  expect(report.differences).toContainEqual({
    ...{ field: 'seccompMode', baseline: 'disabled', candidate: 'filter' },
  });
});

describe('of two seccomp profiles', () => {
  let judged: Judged | undefined;
  /** Measured in the test itself, so that one that is tried again measures again. */
  async function measure(): Promise<Judged> {
    const called = ['getppid', 'read', 'lseek', 'fcntl'];
    await writeProfile('base-seccomp.json');
    await writeProfile(
      'seccomp.json',
      ...called.flatMap(dependingOnArguments),
      denying('eventfd2', 'io_uring_setup'),
    );
    const sides = await sidesOf('seccomp-profile.yml', [['busybox', 'head']]);
    const names = ['null', 'read_zero', 'lseek', 'fcntl_getfl'];
    const measured = names.map((name) => `syscall.${name}`);
    const metrics = [...measured, 'context.eventfd_2p', 'sendfile.tcp_4k_uring'];
    return gate({ ...sides, seconds: 40, metrics });
  }

  test('one with rules that depend on arguments costs the same at every entry', async () => {
    judged = await measure();
    const { report, shown } = judged;
    expect(report.counts.regressed).toBeGreaterThan(0);
    expect(report.diagnosis?.terms).toEqual([expect.objectContaining({ quantity: 'entries' })]);
    expect(report.diagnosis?.carriers.map(({ field }) => field)).toEqual(['target.seccomp']);
    expect(shown).toContain('for every kernel entry');
  });

  test('one that denies what the other allows blocks it, which is no number and worse than slow', async () => {
    judged ??= await measure();
    const { report, shown } = judged;
    expect(metric(report, 'context.eventfd_2p')).toMatchObject({
      baseline: { status: 'ok' },
      candidate: { status: 'denied' },
    });
    expect(metric(report, 'sendfile.tcp_4k_uring')?.candidate.status).toBe('denied');
    expect(report.verdict).toBe('blocked');
    expect(shown).toMatch(/Blocked: the candidate can no longer do this\n.*is refused: EPERM/);
  });
});

// A start of such a runtime takes about two seconds, and a busy neighbour costs a third of the launches.
test('a runtime with a kernel of its own is slower by far, and says so in sane figures', {
  timeout: 240_000,
}, async () => {
  const runtime = join(folder, 'runtime');
  const script = '#!/bin/sh\nexec runsc --platform=ptrace --network=host --ignore-cgroups "$@"\n';
  await writeFile(runtime, script, { mode: 0o755 });
  const { candidate } = await sidesOf('runtime-upgrade.yml', [
    ['docker.io/library/busybox', 'head'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as GitHub writes it
    ['${{ github.workspace }}/runtime', runtime],
  ]);
  const metrics = ['syscall.null', 'syscall.read_zero'];
  const { report, shown, run } = await gate({ baseline: 'host', candidate, seconds: 30, metrics });
  expect(report).toMatchObject({ verdict: 'regressed', counts: { regressed: 2 } });
  for (const id of metrics) expect(ratio(report, id)).toBeGreaterThan(10);
  expect(shown).toMatch(/syscall\.null +[\d.]+ ns +[\d.]+ µs +\+[\d.]+ µs +×\d+(\.\d)? /);
  expect(run.target.facts?.['runtime']).toContain('runsc version');
  expect(run.launches.filter(({ failure }) => failure !== undefined)).toEqual([]);
});

describe('a sentence says', () => {
  const here = (image: string, ...options: string[]): string =>
    [`container:${image}`, ...HERE, ...options].join(' ');

  test('that the image is for another architecture, and for which', async () => {
    const sentence = await refusal(here('foreign'));
    expect(sentence).toMatch(
      /the image is for linux\/\w+, but the probe of this machine is for linux/,
    );
  });

  test('that there is no such image', async () => {
    expect(await refusal(here('no-such-image'))).toContain(
      'there is no image "no-such-image" here',
    );
  });

  test('that a profile is missing, or is none', async () => {
    const profile = (name: string) => here('head', `--security-opt seccomp=${name}`);
    expect(await refusal(profile('missing.json'))).toContain(
      'there is no seccomp profile missing.json',
    );
    await writeFile(join(folder, 'torn.json'), '{');
    expect(await refusal(profile('torn.json'))).toContain('the seccomp profile is not one JSON');
  });

  test('that the engine does not know an option, a runtime, a user', async () => {
    expect(await refusal(here('head', '--frobnicate'))).toContain('has no option --frobnicate');
    expect(await refusal(here('head', '--runtime nope'))).toContain('the runtime "nope"');
    expect(await refusal(here('head', '--user bob'))).toContain('the image has no user "bob"');
  });

  test('that there is no such engine', async () => {
    const sentence = await refusal('container:head', '--container-engine', '/nowhere/podman');
    expect(sentence).toContain('/nowhere/podman: it is not installed');
  });
});

test.each([
  ['while containers are measured', 'Measure both sides in turn', 500],
  ['while the first one starts', 'Compile the probe', 700],
])('nothing is left of a gate that is interrupted %s', async (_when, phase, delayMs) => {
  const side = ['container:head', ...HERE].join(' ');
  const order = { baseline: side, candidate: side, seconds: 60, metrics: ['syscall.null'] };
  const child = startCli(wordsOf(order, join(folder, 'interrupted')), place());
  const ended = finished(child);
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  await vi.waitFor(() => expect(said).toContain(phase), { timeout: 60_000 });
  await sleep(delayMs);
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
});

test('a container that outlives its client is removed before the next one starts', async () => {
  const options = { ...NO_OPTIONS, containerEngine: engine.program };
  const spec = ['container:head', ...HERE].join(' ');
  const target = await openTarget(parseRunnableSpec(spec, { input: 'candidate', options }), {
    ...{ probe: (await buildProbe()).probe, folder, progress: SILENT, evidence: 'timed' },
    signal: new AbortController().signal,
    launch: () => Promise.reject(new Error('nothing is to be run')),
  });
  const seed = `--seed=${process.pid}`;
  const plan = [seed, '--metrics=syscall.null', '--rounds=1000', '--batches=10000'];
  const [program = '', ...words] = (await target.start(plan)).argv;
  const client = spawn(program, words, { stdio: 'ignore' });
  const inside = () => processesWith(`/syscall-gate-probe ${seed}`).length;
  await vi.waitFor(() => expect(inside()).toBe(1), { timeout: 20_000, interval: 20 });
  // The engine's script became podman itself.
  client.kill('SIGKILL');
  await once(client, 'close');
  expect(await engine.containers()).toHaveLength(1);
  target.explain?.({ timedOut: false, results: Buffer.from('{}'), stderr: '' } as LaunchResult);
  await target.start(plan);
  expect(await engine.containers()).toEqual([]);
  await target.close?.();
});
