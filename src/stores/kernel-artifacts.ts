import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../failure.js';
import {
  downloadArtifactTo,
  findOwnArtifacts,
  type OwnArtifact,
  storeKernel,
  UnusableError,
} from '../github/artifacts.js';
import { explain, type GithubClient } from '../github/client.js';
import type { GithubContext } from '../github/context.js';
import { kernelArtifactName } from '../github/identity.js';
import { unzipFile } from '../github/unzip.js';
import { MAX_IMAGE_BYTES } from '../targets/kernel/image.js';
import type { KeptImage, KeptKernels } from '../targets/kernel/kept.js';
import { NO_COPY, notKept, readMeasuredImage } from './measured-image.js';
import { PERMISSION } from './record-artifacts.js';

const ZIP_LIMITS = { inflatedBytes: MAX_IMAGE_BYTES, ratio: 200 };

interface KernelArtifacts {
  connect: () => Promise<GithubClient>;
  context: GithubContext;
  /** How many days an image is kept; 0 for the repository's own setting. */
  retentionDays: number;
  signal: AbortSignal;
}

/**
 * Kernel images that workflow runs of this repository stored as artifacts. One artifact serves all
 * runs that measured the same image.
 */
export function kernelsInArtifacts(store: KernelArtifacts): KeptKernels {
  return {
    keep: (path, sha256) => keep(store, path, sha256),
    find: async (sha256, cleanUp) => find(store, sha256, await cleanUp.folder()),
  };
}

async function keep(
  store: KernelArtifacts,
  path: string,
  sha256: string,
): Promise<string | undefined> {
  const name = kernelArtifactName(sha256);
  try {
    if (await isKept(store, name)) return undefined;
  } catch (error) {
    return notKept(path, `it is not known whether it is kept already (${because(error, name)})`);
  }
  const { content, why } = await readMeasuredImage(path, sha256);
  if (content === undefined) return notKept(path, why);
  const problem = await upload(store, name, content);
  if (problem === undefined) return undefined;
  // Another gate of this workflow run may have been faster: a name can be given once in each run.
  const byAnother = await isKept(store, name).catch(() => false);
  return byAnother ? undefined : notKept(path, `the artifact ${name} was not stored (${problem})`);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A run that is kept for as long as the repository keeps artifacts needs its kernel at least so long. */
const MIN_DAYS = 30;

/** Whether a copy is there that lasts as long as the run that is stored now. */
async function isKept(
  { connect, context, retentionDays }: KernelArtifacts,
  name: string,
): Promise<boolean> {
  // A day less, since the run is stored a little later than the copy would be.
  const needed = Date.now() + ((retentionDays || MIN_DAYS) - 1) * DAY_MS;
  const copies = await findOwnArtifacts(await connect(), context, name);
  return copies.some(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt >= needed);
}

/** Uploads a copy with a plain name: the image may be a link, and it may change meanwhile. */
async function upload(
  { retentionDays }: KernelArtifacts,
  name: string,
  content: Buffer,
): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'syscall-gate-kernel-'));
  try {
    const file = join(folder, 'kernel');
    await writeFile(file, content);
    return await storeKernel(name, file, retentionDays);
  } catch (error) {
    return reasonOf(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function find(
  store: KernelArtifacts,
  sha256: string,
  folder: string,
): Promise<KeptImage | string> {
  const name = kernelArtifactName(sha256);
  try {
    const client = await store.connect();
    let found: KeptImage | string = NO_COPY;
    for (const artifact of await findOwnArtifacts(client, store.context, name)) {
      found = await downloadOr(() => download(store, client, artifact, name, folder), store, name);
      if (typeof found !== 'string' && (await digestOf(found.path)) === sha256) break;
    }
    return found;
  } catch (error) {
    store.signal.throwIfAborted();
    return cannotBeHad(error, name);
  }
}

/** One copy that cannot be used does not hide an older one. */
async function downloadOr(
  get: () => Promise<KeptImage>,
  { signal }: KernelArtifacts,
  name: string,
): Promise<KeptImage | string> {
  try {
    return await get();
  } catch (error) {
    signal.throwIfAborted();
    return cannotBeHad(error, name);
  }
}

const cannotBeHad = (error: unknown, name: string): string =>
  `the copy of the earlier kernel cannot be had (${because(error, name)})`;

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

async function download(
  { context, signal }: KernelArtifacts,
  client: GithubClient,
  artifact: OwnArtifact,
  name: string,
  folder: string,
): Promise<KeptImage> {
  const [zip, path] = [join(folder, `${artifact.id}.zip`), join(folder, `kernel-${artifact.id}`)];
  const limits = { maxBytes: MAX_IMAGE_BYTES, signal };
  await downloadArtifactTo(zip, client, context, artifact, limits);
  const unzipped = await unzipFile(zip, path, ZIP_LIMITS, signal);
  if (!unzipped.ok) throw new UnusableError(unzipped.reason);
  await rm(zip);
  return { path, origin: `the artifact ${name}` };
}

/** Why the artifact cannot be had, without a full stop. */
function because(error: unknown, name: string): string {
  if (error instanceof UnusableError) return `artifact ${name}: ${error.message}`;
  const doing = `read the artifact ${name}`;
  return explain(error, { doing, permission: PERMISSION }).replace(/\.$/, '');
}
