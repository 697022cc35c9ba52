import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../failure.js';
import {
  downloadArtifactTo,
  findAnyArtifact,
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

async function isKept({ connect, context }: KernelArtifacts, name: string): Promise<boolean> {
  return (await findAnyArtifact(await connect(), context, name)) !== undefined;
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
    return (await download(store, name, folder)) ?? NO_COPY;
  } catch (error) {
    store.signal.throwIfAborted();
    return `the copy of the earlier kernel cannot be had (${because(error, name)})`;
  }
}

async function download(
  { connect, context, signal }: KernelArtifacts,
  name: string,
  folder: string,
): Promise<KeptImage | undefined> {
  const client = await connect();
  const artifact = await findAnyArtifact(client, context, name);
  if (artifact === undefined) return undefined;
  const [zip, path] = [join(folder, 'zip'), join(folder, 'kernel')];
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
