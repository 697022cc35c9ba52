import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '#src/failure.js';

/**
 * Runs a bench in a folder of its own, with a signal for Ctrl-C: what it started ends, then the folder
 * goes, then the process.
 */
export async function runBench(
  name: string,
  work: (signal: AbortSignal, folder: string) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort());
  }
  const folder = await mkdtemp(join(tmpdir(), `syscall-gate-${name}-`));
  try {
    await work(controller.signal, folder);
  } catch (error) {
    process.stderr.write(`${controller.signal.aborted ? 'interrupted' : described(error)}\n`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An unforeseen error keeps its stack. */
function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof Failure ? error.message : (error.stack ?? error.message);
}

/** The machine of a result, as Node.js describes it. */
export const thisMachine = () => ({
  cpuModel: cpus()[0]?.model,
  cpuCount: cpus().length,
  kernelRelease: release(),
});
