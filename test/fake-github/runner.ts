import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { buildProbe } from '../../src/build/build.js';
import type { RunnerEvent } from './events.js';
import type { FakeGithub } from './server.js';

const root = join(import.meta.dirname, '..', '..');
/** npm's package `node` has the runtime that action.yml asks for. */
const RUNTIME = join(root, 'node_modules', '.bin', 'node');

const folders = mkdtempSync(join(tmpdir(), 'runner-'));
/** All jobs of a test file share a temporary folder, so that they find the compiled probe. */
const temporary = mkdtempSync(join(folders, 'temp-'));

/** Copies what was compiled before all test files, so that no job compiles. */
export async function compileOnce(): Promise<void> {
  const build = dirname((await buildProbe()).probe);
  cpSync(build, join(temporary, 'syscall-gate', basename(build)), { recursive: true });
}

/** Removes what the jobs of a test file wrote. */
export const removeFolders = (): void => rmSync(folders, { recursive: true, force: true });

/** Lets a phase begin its work before the job is cancelled. */
const CANCEL_DELAY_MS = 300;

/**
 * Begins a run of the workflow gate.yml, so that GitHub knows it before its job starts.
 *
 * @returns its id
 */
export function beginRun(github: FakeGithub, { name: event, environment }: RunnerEvent): number {
  const id = 100 + github.runs.length;
  const { GITHUB_HEAD_REF: head, GITHUB_REF_NAME: ref = '' } = environment;
  const branch = head ?? ref;
  github.runs.push({ id, event, branch, workflow: 'gate.yml', headRepository: github.repository });
  return id;
}

export interface ActionRun {
  event: RunnerEvent;
  github: FakeGithub;
  /** The workflow's `with:`. */
  inputs?: Record<string, string>;
  runId: number;
  workflow?: string;
  job?: string;
  /** Id of the step, unique in its job. */
  step?: string;
  /** The matrix context; null outside a matrix. */
  matrix?: Record<string, string> | null;
  /** How many jobs the matrix has. */
  legs?: number;
  /** Adds or replaces variables; undefined removes one. */
  environment?: Record<string, string | undefined>;
  /** Cancels the job, as the runner does, as soon as its log matches. */
  cancelAt?: RegExp;
}

export interface ActionResult {
  exitCode: number | null;
  /** Standard output: plain lines and workflow commands. */
  log: string;
  stderr: string;
  outputs: Record<string, string>;
  summary: string;
  /** Texts of the workflow commands of that kind. */
  errors: string[];
  warnings: string[];
  notices: string[];
}

/**
 * Runs the built action as the runner does, against the fake: with the runtime of action.yml, inputs
 * as INPUT_ variables, and files for outputs and summary.
 */
export async function runAction(run: ActionRun): Promise<ActionResult> {
  const folder = mkdtempSync(join(folders, 'job-'));
  const files = runnerFiles(folder, run.event);
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    LANG: 'C.UTF-8',
    ...githubEnvironment(run),
    ...run.event.environment,
    ...files,
    ...inputEnvironment(run),
    ...run.environment,
  };
  const action = manifest();
  const { exitCode, log, stderr } = await start(
    join(root, action.runs.main),
    folder,
    environment,
    run.cancelAt,
  );
  return {
    exitCode,
    log,
    stderr,
    outputs: readOutputs(files.GITHUB_OUTPUT),
    summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
    errors: commands(log, 'error'),
    warnings: commands(log, 'warning'),
    notices: commands(log, 'notice'),
  };
}

interface Manifest {
  inputs: Record<string, { default?: string }>;
  runs: { main: string };
}

const manifest = (): Manifest => parse(readFileSync(join(root, 'action.yml'), 'utf8'));

function runnerFiles(folder: string, event: RunnerEvent) {
  const files = {
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STATE: join(folder, 'state'),
    GITHUB_ENV: join(folder, 'env'),
    GITHUB_PATH: join(folder, 'path'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
  };
  for (const file of Object.values(files)) writeFileSync(file, '');
  writeFileSync(files.GITHUB_EVENT_PATH, JSON.stringify(event.payload));
  return { ...files, RUNNER_TEMP: temporary, GITHUB_WORKSPACE: folder };
}

function githubEnvironment({
  event,
  github,
  runId,
  workflow = 'gate.yml',
  job = 'gate',
  step = '__self',
}: ActionRun) {
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: step,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_GRAPHQL_URL: `${github.apiUrl}/graphql`,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: github.repository,
    GITHUB_EVENT_NAME: event.name,
    GITHUB_JOB: job,
    GITHUB_WORKFLOW: 'gate',
    GITHUB_WORKFLOW_REF: `${github.repository}/.github/workflows/${workflow}@refs/heads/master`,
    GITHUB_RUN_ID: String(runId),
    GITHUB_RUN_NUMBER: String(runId),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RETENTION_DAYS: '90',
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    ACTIONS_RESULTS_URL: `${github.origin}/`,
    ACTIONS_RUNTIME_TOKEN: runtimeToken(runId),
  };
}

/** The runner sets a variable for every input: upper case, dashes kept. */
function inputEnvironment({
  inputs = {},
  matrix = null,
  legs = 1,
}: ActionRun): Record<string, string> {
  const contexts: Record<string, string> = {
    'github.token': 'a-token',
    'toJSON(matrix)': JSON.stringify(matrix, null, 2),
    'strategy.job-total': String(legs),
  };
  const known = manifest().inputs;
  const unknown = Object.keys(inputs).filter((input) => !(input in known));
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}`);
  return Object.fromEntries(
    Object.entries(known).map(([input, { default: fallback = '' }]) => {
      const resolved = String(fallback).replace(
        /\$\{\{\s*(.*?)\s*\}\}/g,
        (_, expression: string) => contexts[expression] ?? '',
      );
      return [`INPUT_${input.toUpperCase()}`, inputs[input] ?? resolved];
    }),
  );
}

/** The client reads the ids of run and job from the token. Nobody checks the signature here. */
export function runtimeToken(runId: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ scp: `Actions.Results:${runId}:job` })}.`;
}

function start(
  main: string,
  cwd: string,
  env: Record<string, string | undefined>,
  cancelAt: RegExp | undefined,
): Promise<{ exitCode: number | null; log: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(RUNTIME, [main], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    let stderr = '';
    let cancelled = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (cancelled || !cancelAt?.test(log)) return;
      cancelled = true;
      setTimeout(() => child.kill('SIGINT'), CANCEL_DELAY_MS);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject).on('close', (exitCode) => resolve({ exitCode, log, stderr }));
  });
}

/** Command lines of processes that run what these jobs compiled. There must be none after a job. */
export function leftovers(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(temporary));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // The process ended meanwhile.
    return '';
  }
}

/** Reads outputs as the toolkit writes them: `name<<delimiter`, value, delimiter. */
function readOutputs(file: string): Record<string, string> {
  const text = readFileSync(file, 'utf8');
  const entries = text.matchAll(/^(\S+)<<(\S+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...entries].map(([, name = '', , value = '']) => [name, value]));
}

function commands(log: string, kind: string): string[] {
  const lines = log.matchAll(new RegExp(`^::${kind}(?: [^:]*)?::(.*)$`, 'gm'));
  return [...lines].map(([, text = '']) =>
    text.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%'),
  );
}
