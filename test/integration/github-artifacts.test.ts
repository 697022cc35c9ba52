import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { storeRun } from '../../src/github/artifacts.js';
import { connect } from '../../src/github/client.js';
import type { GithubContext } from '../../src/github/context.js';
import { artifactName } from '../../src/github/identity.js';
import type { Run } from '../../src/record/run.js';
import { runsInArtifacts } from '../../src/stores/stored-artifacts.js';
import { DEFAULT_BRANCH, REPOSITORY } from '../fake-github/events.js';
import { recordOfRun, sourceOfRun, writeRecord } from '../fake-github/records.js';
import { runtimeToken } from '../fake-github/runner.js';
import type { ArtifactState, RunState } from '../fake-github/schemas.js';
import { type FakeGithub, forbidden, serverError, startGithub } from '../fake-github/server.js';
import { makeZip } from '../fake-github/zip.js';

let github: FakeGithub;
beforeEach(async () => {
  github = await startGithub();
});
afterEach(() => github.close());

const THIS_RUN = 900;
const context: GithubContext = {
  repository: REPOSITORY,
  owner: 'Codertocat',
  name: 'Hello-World',
  event: 'pull_request',
  branch: 'changes',
  commit: 'a'.repeat(40),
  compareWith: DEFAULT_BRANCH,
  leavesBaseline: false,
  pullRequest: 2,
  workflow: 'gate.yml',
  job: 'gate',
  step: '__self',
  runId: THIS_RUN,
  runAttempt: 1,
  runUrl: '',
  enterpriseServer: false,
};
const name = artifactName(context, 'null');

const read = (history = 20) =>
  runsInArtifacts({
    connect: () => connect({ token: 't', apiUrl: github.apiUrl, onWait: () => {}, secondMs: 1 }),
    context,
    name,
    history,
  })();

/** A run of the workflow that left a record; both can be bent by the test. */
function leave(id: number, run: Partial<RunState> = {}, artifact: Partial<ArtifactState> = {}) {
  github.runs.push({
    id,
    event: 'push',
    branch: DEFAULT_BRANCH,
    headRepository: REPOSITORY,
    workflow: 'gate.yml',
    ...run,
  });
  const stored = {
    id: 10 * id,
    runId: id,
    name,
    zip: Buffer.alloc(0),
    expired: false,
    ...artifact,
  };
  if (artifact.zip === undefined) stored.zip = writeRecord(recordOfRun(id));
  github.artifacts.push(stored);
  return stored;
}

const ids = ({ runs }: { runs: Run[] }) => runs.map(({ source }) => source?.runId);

describe('stored runs', () => {
  it('are the ones that this workflow left on the base branch, oldest first', async () => {
    leave(1);
    leave(2, { event: 'schedule' });
    leave(3, { event: 'workflow_dispatch' });
    const stored = await read();
    expect(ids(stored)).toEqual([1, 2, 3]);
    expect(stored).toMatchObject({ skipped: [], origin: '3 runs of gate.yml on master' });
  });

  it('are none, without a complaint, before the first one', async () => {
    expect(await read()).toEqual({
      runs: [],
      skipped: [],
      origin: 'the runs of gate.yml on master',
    });
  });

  it('are the newest so many, at few requests', async () => {
    for (let id = 1; id <= 150; id += 1) leave(id);
    const stored = await read(3);
    expect(ids(stored)).toEqual([148, 149, 150]);
    // A page of runs for each event, and three requests for each archive.
    expect(github.requests).toHaveLength(3 + 3 * 3);
  });

  it('are found however many runs of pull requests and other branches came later', async () => {
    leave(1);
    leave(2, { event: 'schedule' });
    for (let id = 3; id < 400; id += 1) {
      leave(id, { event: 'pull_request', headRepository: 'mallory/Hello-World' });
      leave(400 + id, { branch: 'topic' });
    }
    expect(await read()).toMatchObject({
      runs: [expect.anything(), expect.anything()],
      skipped: [],
    });
  });

  it('are looked for behind runs that left nothing, but not without end', async () => {
    leave(1);
    for (let id = 2; id < 50; id += 1) leave(id, {}, { name: 'other' });
    expect(ids(await read(1))).toEqual([1]);
    for (let id = 50; id < 300; id += 1) leave(id, {}, { name: 'other' });
    expect(await read(1)).toMatchObject({
      runs: [],
      skipped: [
        expect.stringMatching(/^Found 0 of 1 stored runs among the newest 51 runs of gate\.yml /),
      ],
    });
  });

  it('never come from a fork, a pull request, another branch or workflow, or the run itself', async () => {
    leave(1);
    leave(2, { headRepository: 'mallory/Hello-World' });
    leave(3, { event: 'pull_request' });
    leave(4, { branch: 'topic' });
    leave(5, { workflow: 'other.yml' });
    leave(THIS_RUN);
    expect(ids(await read())).toEqual([1]);
  });

  it('of a run that was started again are those of its last attempt', async () => {
    leave(1);
    github.artifacts.push({
      id: 11,
      runId: 1,
      name,
      zip: writeRecord(recordOfRun(1, sourceOfRun(1, { runAttempt: 2 }))),
      expired: false,
    });
    const { runs } = await read();
    expect(runs.map(({ source }) => source?.runAttempt)).toEqual([2]);
  });

  it('are downloaded without showing the token to the blob store', async () => {
    leave(1);
    // The fake's blob store refuses requests with an Authorization header, as the real one does.
    expect(ids(await read())).toEqual([1]);
  });
});

describe('what cannot be used is one sentence, and the rest is used', () => {
  const record = JSON.stringify(recordOfRun(2));
  const altered = (changes: object) =>
    makeZip([{ name: 'a.run.json', content: JSON.stringify({ ...recordOfRun(2), ...changes }) }]);

  it.each([
    ['cut short', () => writeRecord(recordOfRun(2)).subarray(0, 200), 'damaged or cut short'],
    ['empty', () => Buffer.alloc(0), 'damaged or cut short'],
    ['with no record', () => makeZip([{ name: 'a.txt', content: record }]), 'no file *.run.json'],
    [
      'of a record that ends early',
      () => makeZip([{ name: 'a.run.json', content: record.slice(0, 99) }]),
      'not complete JSON',
    ],
    [
      'that inflates without end',
      () => makeZip([{ name: 'a.run.json', content: Buffer.alloc(64 << 20) }]),
      'inflates to 67108864 bytes',
    ],
    [
      'that inflates too well',
      () => makeZip([{ name: 'a.run.json', content: Buffer.alloc(1 << 20) }]),
      'inflates to 1048576 bytes',
    ],
    [
      'that lies about its size',
      () => makeZip([{ name: 'a.run.json', content: Buffer.alloc(64 << 20), declaredBytes: 1000 }]),
      'damaged',
    ],
    [
      'of a thousand files',
      () => makeZip(Array.from({ length: 1000 }, (_, n) => ({ name: `${n}`, content: '' }))),
      'holds 1000 files',
    ],
    ['of a later version', () => altered({ version: 2 }), 'record version 2'],
    ['of a record with another field', () => altered({ extra: 1 }), 'Unrecognized key'],
    [
      'of another repository',
      () => altered({ source: sourceOfRun(2, { repository: 'mallory/x' }) }),
      'comes from mallory/x',
    ],
    [
      'of another branch',
      () => altered({ source: sourceOfRun(2, { branch: 'topic' }) }),
      'comes from branch topic',
    ],
    ['of another run', () => altered({ source: sourceOfRun(7) }), 'comes from workflow run 7'],
    [
      'of nobody knows what',
      () => altered({ source: undefined }),
      'does not say which workflow run',
    ],
  ])('an archive %s', async (_, zip, reason) => {
    leave(1);
    leave(2, {}, { zip: zip() });
    leave(3);
    const stored = await read();
    expect(ids(stored)).toEqual([1, 3]);
    expect(stored.skipped).toHaveLength(1);
    expect(stored.skipped[0]).toContain(reason);
    expect(stored.skipped[0]).toMatch(/^Passed over .*workflow run 2\b.*\.$/);
  });

  it('an artifact that has expired', async () => {
    leave(1);
    leave(2, {}, { expired: true });
    const stored = await read();
    expect(ids(stored)).toEqual([1]);
    expect(stored.skipped).toEqual([expect.stringMatching(/1 artifact that has expired: .*\.$/)]);
  });

  it('so many at most as were asked for, whether they can be used or not', async () => {
    for (let id = 1; id <= 40; id += 1) leave(id, {}, { zip: Buffer.alloc(0) });
    const { runs, skipped } = await read(3);
    expect({ runs, passedOver: skipped.length }).toEqual({ runs: [], passedOver: 3 });
  });

  it('an artifact that is gone, refused or fails when it is downloaded', async () => {
    for (const id of [1, 2, 3, 4, 5]) leave(id);
    github.faults.push(
      { path: /artifacts\/20\/zip/, times: 9, answer: { status: 410, body: { message: 'Gone' } } },
      { path: /artifacts\/30\/zip/, times: 9, answer: serverError },
      { path: /download\/40/, times: 9, answer: { status: 403, body: 'AuthenticationFailed' } },
    );
    const stored = await read();
    expect(ids(stored)).toEqual([1, 5]);
    expect(stored.skipped.sort()).toEqual([
      expect.stringMatching(/workflow run 2 stored: it is gone \(410\)/),
      expect.stringMatching(/workflow run 3 stored: .*\(500\) after 4 tries/),
      expect.stringMatching(/workflow run 4 stored: the server that stores it answered 403/),
    ]);
  });

  it('an archive that is larger than any record', async () => {
    leave(1);
    leave(2, {}, { zip: Buffer.alloc(9 << 20) });
    const stored = await read();
    expect(ids(stored)).toEqual([1]);
    expect(stored.skipped[0]).toContain('larger than 8388608 bytes');
  });

  it('a listing that GitHub refuses, with the permission to add', async () => {
    leave(1);
    github.faults.push({ path: /gate\.yml\/runs/, times: 9, answer: forbidden });
    expect(await read()).toEqual({
      runs: [],
      skipped: [
        expect.stringMatching(
          /^Could not list .*gate\.yml.*add "actions: read" to the "permissions:"/,
        ),
      ],
      origin: 'the runs of gate.yml on master',
    });
  });

  it('nothing, when GitHub fails for a moment', async () => {
    leave(1);
    github.faults.push({ path: /gate\.yml\/runs/, times: 2, answer: serverError });
    github.faults.push({ path: /artifacts\?/, times: 2, answer: serverError });
    github.faults.push({ path: /zip/, times: 1, answer: serverError });
    const stored = await read();
    expect(ids(stored)).toEqual([1]);
    expect(stored.skipped).toEqual([]);
  });
});

describe('a run that is stored', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-'));
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com');
    vi.stubEnv('ACTIONS_RESULTS_URL', github.origin);
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', runtimeToken(7));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const store = () => {
    const file = join(folder, 'x.run.json');
    writeFileSync(file, JSON.stringify(recordOfRun(7)));
    return storeRun(name, file, 0);
  };

  it('is a stored run for the next one', async () => {
    leave(1);
    github.runs.push({ ...(github.runs[0] as RunState), id: 7 });
    expect(await store()).toBeUndefined();
    expect(ids(await read())).toEqual([1, 7]);
  });

  it('is a sentence when the results service refuses', async () => {
    await store();
    expect(await store()).toMatch(/^Could not store this run as a baseline .*\(409\).*name\.$/);
  });

  it('is a sentence when there is no results service', async () => {
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', '');
    expect(await store()).toMatch(/^Could not store this run .*ACTIONS_RUNTIME_TOKEN.*\.$/);
  });

  it('is one sentence when the reason ends like one', async () => {
    vi.stubEnv('GITHUB_SERVER_URL', 'https://ghe.example');
    expect(await store()).toMatch(/on GHES; run the job again/);
  });
});
