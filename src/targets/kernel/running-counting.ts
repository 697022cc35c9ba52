import { readFile } from 'node:fs/promises';
import { hostArchitecture } from '../../probe/architecture.js';
import { MAX_FACT } from '../../record/facts.js';
import type { TargetRecord } from '../../record/run.js';
import type { TargetTools } from '../kind.js';
import type { KernelOptions, KernelSpec } from '../spec.js';
import type { Counting } from '../target.js';
import { Refusal } from '../words.js';
import { bootManner } from './boot-manner.js';
import { configurationOf } from './configuration.js';
import { countingOf } from './counting.js';
import { debugInformationOf } from './debug-information.js';
import { entryWords } from './entry-words.js';
import { prepareGuest } from './guest.js';
import { sha256Of } from './image.js';
import { canCountCpus } from './instruction-clock.js';
import { qemuVersionIfAny } from './qemu.js';
import { type RunningKernel, runningImage } from './running.js';

/** How to count a running kernel, and what its target's record says of that. */
interface RunningCounting {
  counting: Counting;
  record: Pick<TargetRecord, 'facts' | 'configuration'>;
}

/**
 * Prepares to count the kernel that runs here: boots its own image in the emulator, with those words
 * of its command line that decide what entering it costs. What was loaded or set after its boot is
 * not in the count: modules, filters, rules, policies and sysctls.
 *
 * @throws Refusal with a clause that says why it cannot be counted; Failure if a file that the user
 *   named for the guest cannot be read
 */
export async function countRunningKernel(
  options: KernelOptions,
  kernel: RunningKernel,
  tools: TargetTools,
): Promise<RunningCounting> {
  const { version, probe } = await emulatorFor(options, tools);
  const { path, image } = await runningImage(kernel, tools);
  const words = wordsOf(kernel);
  const named = `kernel:${path} ${words}`.trim();
  const spec: KernelSpec = { kind: 'kernel', spec: named, path, commandLine: words, options };
  const debug = await debugInformationOf(spec, image, tools);
  const guest = await prepareGuest(spec, image, probe, tools.folder);
  const configuration = await configurationOf(path, image.bootable, tools.signal);
  return {
    counting: {
      ...countingOf({ spec, guest, version, probe, debug, tools }),
      elsewhere: bootManner(image.architecture, options),
    },
    record: {
      facts: {
        'counted kernel': image.version ?? 'unknown',
        'counted sha256': sha256Of(image.content),
        ...(words === '' ? {} : { 'counted with': words.slice(0, MAX_FACT) }),
      },
      ...(configuration === undefined ? {} : { configuration }),
    },
  };
}

/** The emulator's version, and the probe for it. The image of a running kernel is for this processor. */
async function emulatorFor(
  { cpus }: KernelOptions,
  { probe }: TargetTools,
): Promise<{ version: string; probe: Buffer }> {
  const architecture = hostArchitecture();
  if (architecture === undefined) {
    throw new Refusal(`kernels for ${process.arch} are not booted, only for x86-64 and arm64`);
  }
  if (!canCountCpus(architecture, cpus)) {
    throw new Refusal(
      `x86-64 kernels are not counted with ${cpus} processors (leave cpus=${cpus} out of kernel-options)`,
    );
  }
  return { version: await qemuVersionIfAny(architecture), probe: await readFile(probe) };
}

function wordsOf({ commandLine }: RunningKernel): string {
  if (commandLine !== undefined) return entryWords(commandLine);
  throw new Refusal(
    'the command line of the running kernel could not be read (/proc/cmdline), and it decides what entering the kernel costs',
  );
}
