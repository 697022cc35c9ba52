import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CleanUp } from '../../src/files/clean-up.js';
import { connect } from '../../src/github/client.js';
import type { GithubContext } from '../../src/github/context.js';
import { kernelsInArtifacts } from '../../src/stores/kernel-artifacts.js';
import { sha256Of } from '../../src/targets/kernel/image.js';
import type { KeptKernels } from '../../src/targets/kernel/kept.js';
import { DEFAULT_BRANCH, REPOSITORY } from '../fake-github/events.js';
import { runtimeToken } from '../fake-github/runner.js';
import type { ArtifactState, RunState } from '../fake-github/schemas.js';
import { type FakeGithub, forbidden, startGithub } from '../fake-github/server.js';
import { makeZip } from '../fake-github/zip.js';
import { bzImage } from '../fixtures/bzimage.js';

const RUN = 7;
const IMAGE = bzImage();
const DIGEST = sha256Of(IMAGE);
const NAME = `syscall-gate-kernel-${DIGEST.slice(0, 16)}`;

const context: GithubContext = {
  ...{ repository: REPOSITORY, owner: 'Codertocat', name: 'Hello-World', event: 'push' },
  ...{ branch: DEFAULT_BRANCH, commit: 'a'.repeat(40), compareWith: DEFAULT_BRANCH },
  ...{ leavesBaseline: true, workflow: 'gate.yml', job: 'gate', step: '__self' },
  ...{ runId: RUN, runAttempt: 1, runUrl: '', enterpriseServer: false },
};

let github: FakeGithub;
let folder: string;
let controller: AbortController;
let kept: KeptKernels;
let cleanUp: CleanUp;
beforeEach(async () => {
  github = await startGithub();
  knowRun(RUN);
  folder = mkdtempSync(join(tmpdir(), 'kept-'));
  controller = new AbortController();
  vi.stubEnv('TMPDIR', folder);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com');
  vi.stubEnv('ACTIONS_RESULTS_URL', github.origin);
  vi.stubEnv('ACTIONS_RUNTIME_TOKEN', runtimeToken(RUN));
  cleanUp = new CleanUp();
  kept = kernelsInArtifacts({
    connect: () => connect({ token: 't', apiUrl: github.apiUrl, onWait: () => {}, secondMs: 1 }),
    ...{ context, retentionDays: 0, signal: controller.signal },
  });
});
afterEach(async () => {
  await github.close();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function knowRun(id: number, run: Partial<RunState> = {}): void {
  github.runs.push({
    ...{ id, event: 'push', branch: DEFAULT_BRANCH, headRepository: REPOSITORY },
    ...{ workflow: 'gate.yml', ...run },
  });
}

/** An artifact as the action stores it; it can be bent by the test. */
function leave(artifact: Partial<ArtifactState> = {}): void {
  const zip = makeZip([{ name: 'kernel', content: IMAGE }]);
  github.artifacts.push({ id: 50, runId: RUN, name: NAME, zip, expired: false, ...artifact });
}

function imageFile(content: Buffer | string = IMAGE): string {
  const path = join(folder, 'vmlinuz');
  writeFileSync(path, content);
  return path;
}

/** What is left in the temporary folder. */
const left = (): string[] => readdirSync(folder).filter((name) => name.startsWith('syscall-gate'));

const uploads = (): string[] => github.requests.filter((one) => one.includes('CreateArtifact'));

describe('a kernel that is kept as an artifact', () => {
  it('is found again, byte for byte, until the gate ends', async () => {
    expect(await kept.keep(imageFile(), DIGEST)).toBeUndefined();
    expect(github.artifacts.map(({ name }) => name)).toEqual([NAME]);
    expect(left()).toEqual([]);
    const found = await kept.find(DIGEST, cleanUp);
    if (typeof found === 'string') throw new Error(found);
    expect(found.origin).toBe(`the artifact ${NAME}`);
    expect(readFileSync(found.path).equals(IMAGE)).toBe(true);
    expect(left()).toHaveLength(1);
    expect(await cleanUp.now()).toEqual([]);
    expect(left()).toEqual([]);
  });

  it('is stored once, whichever runs measure it', async () => {
    leave();
    expect(await kept.keep(imageFile(), DIGEST)).toBeUndefined();
    expect(uploads()).toEqual([]);
  });

  it.each([
    ['has expired', { expired: true }, {}],

    ['is of a fork', { runId: 8 }, { headRepository: 'mallory/Hello-World' }],
  ])('is stored again, when the one that is there %s', async (_, artifact, run) => {
    knowRun(8, run);
    leave({ runId: 8, ...artifact });
    expect(await kept.find(DIGEST, cleanUp)).toBe(
      'no copy of the earlier kernel was kept (keep-kernel)',
    );
    expect(await kept.keep(imageFile(), DIGEST)).toBeUndefined();
    expect(uploads()).toHaveLength(1);
    expect(await kept.find(DIGEST, cleanUp)).toMatchObject({ origin: `the artifact ${NAME}` });
    expect(await cleanUp.now()).toEqual([]);
  });

  it('is stored again when the copy would expire before the run', async () => {
    knowRun(8);
    leave({ runId: 8, daysLeft: 20 });
    expect(await kept.find(DIGEST, cleanUp)).toMatchObject({ origin: `the artifact ${NAME}` });
    expect(await kept.keep(imageFile(), DIGEST)).toBeUndefined();
    expect(uploads()).toHaveLength(1);
    expect(await cleanUp.now()).toEqual([]);
  });

  it('is found behind any number of artifacts of that name that forks stored', async () => {
    leave({ id: 5 });
    knowRun(8, { headRepository: 'mallory/Hello-World' });
    for (let id = 100; id < 205; id += 1) leave({ id, runId: 8 });
    expect(await kept.find(DIGEST, cleanUp)).toMatchObject({ origin: `the artifact ${NAME}` });
    expect(await cleanUp.now()).toEqual([]);
  });

  it('is found behind a newer one that holds something else', async () => {
    leave({ id: 5 });
    knowRun(8);
    leave({ id: 60, runId: 8, zip: makeZip([{ name: 'kernel', content: Buffer.from('other') }]) });
    const found = await kept.find(DIGEST, cleanUp);
    if (typeof found === 'string') throw new Error(found);
    expect(readFileSync(found.path).equals(IMAGE)).toBe(true);
    expect(await cleanUp.now()).toEqual([]);
  });

  it('is not stored when another is at its path by now', async () => {
    expect(await kept.keep(imageFile('other'), DIGEST)).toMatch(
      /^The kernel .* was not kept .*, because the file changed while its kernel was measured\.$/,
    );
    expect(uploads()).toEqual([]);
  });

  it('is kept already where another gate of the workflow run was faster', async () => {
    // The listing does not show it yet when it is asked first.
    const empty = { status: 200, body: { total_count: 0, artifacts: [] } };
    leave();
    github.faults.push({ path: /actions\/artifacts\?/, times: 1, answer: empty });
    expect(await kept.keep(imageFile(), DIGEST)).toBeUndefined();
    expect(uploads()).toHaveLength(1);
    expect(github.artifacts).toHaveLength(1);
  });

  it('is a sentence when it cannot be stored, or nobody can tell whether it is', async () => {
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', '');
    expect(await kept.keep(imageFile(), DIGEST)).toMatch(
      /^The kernel .* was not kept for later runs, because the artifact .* was not stored \(.*ACTIONS_RUNTIME_TOKEN.*\)\.$/,
    );
    github.faults.push({ path: /actions\/artifacts\?/, times: 9, answer: forbidden });
    expect(await kept.keep(imageFile(), DIGEST)).toMatch(/add "actions: read" to .*\)\.$/);
    expect(left()).toEqual([]);
  });
});

describe('what cannot be used is a clause', () => {
  const gibibytes = 1 << 30;
  it.each([
    [
      'is cut short',
      () => makeZip([{ name: 'kernel', content: IMAGE }]).subarray(0, 60),
      'damaged',
    ],
    ['holds nothing', () => makeZip([]), 'holds 0 files'],
    [
      'holds two files',
      () => makeZip(['a', 'b'].map((name) => ({ name, content: '' }))),
      'holds 2 files',
    ],
    [
      'says that it is huge',
      () => makeZip([{ name: 'kernel', content: IMAGE, declaredBytes: gibibytes + 1 }]),
      'inflates to 1073741825 bytes',
    ],
    [
      'inflates too well',
      () => makeZip([{ name: 'kernel', content: Buffer.alloc(1 << 20) }]),
      'inflates to 1048576 bytes',
    ],
    [
      'lies about its size',
      () => makeZip([{ name: 'kernel', content: Buffer.alloc(1 << 22), declaredBytes: 1000 }]),
      'damaged',
    ],
  ])('when the archive %s', async (_, zip, why) => {
    leave({ zip: zip() });
    const found = await kept.find(DIGEST, cleanUp);
    expect(found).toMatch(
      new RegExp(`^the copy of the earlier kernel cannot be had \\(artifact ${NAME}: .*${why}`),
    );
    expect(await cleanUp.now()).toEqual([]);
    expect(left()).toEqual([]);
  });

  it('when GitHub refuses or the blob store fails', async () => {
    leave();
    github.faults.push({ path: /actions\/artifacts\?/, times: 1, answer: forbidden });
    expect(await kept.find(DIGEST, cleanUp)).toMatch(
      /cannot be had \(.*add "actions: read" to .*[^.]\)$/,
    );
    const answer = { status: 403, body: 'AuthenticationFailed' };
    github.faults.push({ path: /blob\/download/, times: 9, answer });
    expect(await kept.find(DIGEST, cleanUp)).toContain('the server that stores it answered 403');
    expect(await cleanUp.now()).toEqual([]);
    expect(left()).toEqual([]);
  });
});

it('a gate that is cancelled ends the download with its reason, and nothing is left', async () => {
  leave({ zip: makeZip([{ name: 'kernel', content: IMAGE }]) });
  const answer = { status: 200, body: 'a part of an archive', silent: 'within' } as const;
  github.faults.push({ path: /blob\/download/, times: 1, answer });
  const finding = kept.find(DIGEST, cleanUp);
  const reason = new Error('cancelled by hand');
  await vi.waitFor(() => expect(github.requests.at(-1)).toContain('/blob/download'));
  controller.abort(reason);
  await expect(finding).rejects.toBe(reason);
  expect(await cleanUp.now()).toEqual([]);
  expect(left()).toEqual([]);
});
