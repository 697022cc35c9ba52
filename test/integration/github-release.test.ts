import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');

interface Job {
  needs?: string;
  permissions: Record<string, string>;
  steps: { name?: string; uses?: string; run?: string; with?: Record<string, unknown> }[];
}

const read = (name: string): Record<string, Job> =>
  parse(readFileSync(join(root, '.github', 'workflows', name), 'utf8')).jobs;

const { verify, publish } = read('release.yml');
const runs = (job: Job | undefined): string[] =>
  job?.steps.flatMap(({ run }) => (run === undefined ? [] : [run])) ?? [];

let folder: string;
let clone: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
  clone = join(folder, 'clone');
  const origin = join(folder, 'origin.git');
  git(folder, 'init', '--quiet', '--bare', origin);
  git(folder, 'clone', '--quiet', origin, clone);
});
afterEach(() => rmSync(folder, { recursive: true }));

function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Octo', '-c', 'user.email=octo@example.com'];
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  return execFileSync('git', [...identity, ...args], { cwd, encoding: 'utf8', stdio: [...stdio] });
}

/** A commit with a release tag, pushed; then the last step of the workflow, in its checkout. */
function release(tag: string): void {
  git(clone, 'commit', '--quiet', '--allow-empty', '--message', tag);
  git(clone, 'tag', tag);
  git(clone, 'push', '--quiet', 'origin', tag);
  const env = { ...process.env, GITHUB_REF_NAME: tag };
  execFileSync('bash', ['-e', '-c', runs(publish).at(-1) ?? ''], {
    cwd: clone,
    env,
    stdio: 'pipe',
  });
}

const commitOf = (tag: string) =>
  git(clone, 'ls-remote', 'origin', `refs/tags/${tag}`).split('\t')[0];

describe('the tag of the major version', () => {
  it('follows each release, in the order of versions and not of letters', () => {
    for (const tag of ['v1.0.0', 'v1.9.0', 'v1.10.0']) {
      release(tag);
      expect(commitOf('v1')).toBe(commitOf(tag));
    }
  });

  it('does not go back to a release of an older line, nor mind other tags', () => {
    git(clone, 'commit', '--quiet', '--allow-empty', '--message', 'other');
    git(clone, 'push', '--quiet', 'origin', 'HEAD:refs/tags/v1.99.0-rc1', 'HEAD:refs/tags/v2.0.0');
    release('v1.3.0');
    release('v1.2.1');
    expect(commitOf('v1')).toBe(commitOf('v1.3.0'));
    expect(commitOf('v1')).not.toBe(commitOf('v1.2.1'));
  });
});

describe('release.yml', () => {
  it('tests with a token that can only read, which no step of the project sees', () => {
    expect(verify?.permissions).toEqual({ contents: 'read' });
    expect(verify?.steps[0]?.with).toMatchObject({ 'persist-credentials': false });
    expect(runs(verify)).toEqual(['npm cit', 'npm run check:dist']);
  });

  it('publishes only what passed, and runs no package there', () => {
    expect(publish).toMatchObject({ needs: 'verify', permissions: { contents: 'write' } });
    expect(runs(publish).join('\n')).not.toMatch(/\bn(?:pm|px|ode)\b/);
    expect(publish?.steps.flatMap(({ uses = [] }) => uses)).toHaveLength(1);
  });
});

describe('ci.yml', () => {
  it('runs what a developer runs, on the system that it is made for', () => {
    const jobs = read('ci.yml');
    const [job] = Object.values(jobs);
    expect(runs(job)).toEqual(['.ci/run']);
    expect(job).toMatchObject({ container: { image: expect.stringContaining('-bookworm') } });
  });
});
