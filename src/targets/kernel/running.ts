import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { release, version } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../../failure.js';
import { oneLine } from '../../probe/lines.js';
import { Refusal } from '../words.js';
import { type KernelImage, readImage } from './image.js';

/** A kernel that runs, and where its image may be. */
export interface RunningKernel {
  /** As uname -r prints it: `6.8.0-1017-azure`. */
  release: string;
  /** As uname -v prints it: the number and the time of its build. */
  version: string;
  /** Its whole command line; undefined if it cannot be read. */
  commandLine: string | undefined;
  /** The folder that distributions install `vmlinuz-RELEASE` in. */
  boot: string;
  /** The folder whose folder RELEASE holds the kernel's modules, and in some distributions `vmlinuz`. */
  modules: string;
  /** Whether an image that this user may not read may be read through sudo. */
  sudo: boolean;
}

/** A folder for a copy, and the signal to stop. */
interface Tools {
  folder: string;
  signal: AbortSignal;
}

/** The kernel of this machine. Sudo is only used on GitHub's own runners, which live for one job. */
export const runningKernel = async (): Promise<RunningKernel> => ({
  ...{ release: release(), version: version(), boot: '/boot', modules: '/lib/modules' },
  commandLine: await readFile('/proc/cmdline', 'latin1').catch(() => undefined),
  sudo: process.env['RUNNER_ENVIRONMENT'] === 'github-hosted',
});

/**
 * Finds the image that a running kernel was booted from, and makes sure that it is that kernel: after
 * an update, the image of that name may be of another build.
 *
 * @returns the image, and where it lies on this machine
 * @throws Refusal with a clause that says why there is none; the signal's reason if the signal is
 *   aborted
 */
export async function runningImage(
  kernel: RunningKernel,
  tools: Tools,
): Promise<{ path: string; image: KernelImage }> {
  const places = placesOf(kernel);
  const refusals: Refusal[] = [];
  for (const path of places) {
    try {
      const image = await imageAt(path, kernel, tools);
      if (image !== undefined) return { path, image };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error);
    }
  }
  throw (
    refusals[0] ?? new Refusal(`there is no image of the running kernel (${places.join(', ')})`)
  );
}

const placesOf = ({ release: name, boot, modules }: RunningKernel): string[] => [
  join(boot, `vmlinuz-${name}`),
  join(modules, name, 'vmlinuz'),
];

/**
 * @returns undefined if there is no such file
 * @throws Refusal if it cannot be read, or is not of this kernel
 */
async function imageAt(
  path: string,
  kernel: RunningKernel,
  tools: Tools,
): Promise<KernelImage | undefined> {
  const obstacle = await readObstacle(path);
  if (obstacle === 'ENOENT' || obstacle === 'ENOTDIR') return undefined;
  const denied = obstacle === 'EACCES' || obstacle === 'EPERM';
  const file = denied ? await copyAsRoot(path, kernel, tools) : path;
  const image = await readAs(path, file, tools.signal);
  requireSameBuild(path, image, kernel);
  return image;
}

async function readObstacle(path: string): Promise<string | undefined> {
  try {
    const file = await open(path);
    await file.close();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** @param file what is read in the place of the path */
async function readAs(path: string, file: string, signal: AbortSignal): Promise<KernelImage> {
  try {
    return await readImage(file, signal);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // What follows says which other file to give, and there is no other.
    throw new Refusal(`${path} cannot be booted (${error.message.split(';', 1)[0]})`);
  }
}

/** The version text of an image holds the release and the build, as uname -r and -v print them. */
function requireSameBuild(
  path: string,
  { version: said }: KernelImage,
  kernel: RunningKernel,
): void {
  if (said === undefined) throw new Refusal(`${path} does not say which kernel it is`);
  if (said.startsWith(`${kernel.release} `) && said.includes(kernel.version)) return;
  throw new Refusal(
    `${path} is of another build than the running kernel ("${said.slice(0, MAX_SHOWN)}", and running is ${kernel.release} ${kernel.version.slice(0, MAX_SHOWN)}); restart the machine if it was updated`,
  );
}

const MAX_SHOWN = 120;

/** @returns path of a copy that this user may read */
async function copyAsRoot(
  path: string,
  { sudo }: RunningKernel,
  { folder, signal }: Tools,
): Promise<string> {
  if (!sudo) throw new Refusal(`this user may not read ${path} (sudo chmod a+r ${path})`);
  const copy = join(folder, 'running-kernel');
  const why = await sudoCat(path, copy, signal);
  signal.throwIfAborted();
  if (why === undefined) return copy;
  throw new Refusal(`this user may not read ${path}, not even through sudo (${why})`);
}

/** @returns why it failed; undefined if it did not */
async function sudoCat(
  path: string,
  copy: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const file = await open(copy, 'w');
  try {
    return await new Promise((resolve) => {
      // -n: fails where it would ask for a password.
      const child = spawn('sudo', ['-n', 'cat', '--', path], {
        ...{ stdio: ['ignore', file.fd, 'pipe'], signal, killSignal: 'SIGKILL' },
      });
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said = `${said}${chunk.toString('latin1')}`.slice(0, MAX_SHOWN);
      });
      child.on('error', (error) => resolve(reasonOf(error)));
      child.on('close', (code) =>
        resolve(code === 0 ? undefined : oneLine(said.trim()) || `exit code ${code}`),
      );
    });
  } finally {
    await file.close();
  }
}
