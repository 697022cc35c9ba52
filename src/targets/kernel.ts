import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, resolve } from 'node:path';
import type { KernelSpec } from '../config/config.js';
import { usageFailure } from '../failure.js';
import type { KernelConfiguration } from '../record/kernel-configuration.js';
import { type TargetRecord, targetSchema } from '../record/run.js';
import { withoutSecrets } from './environment.js';
import { chooseAccelerator } from './kernel/accelerator.js';
import { configurationOf } from './kernel/configuration.js';
import { explainBoot } from './kernel/console.js';
import { countingOf } from './kernel/counting.js';
import { type PreparedGuest, prepareGuest, writePlan } from './kernel/guest.js';
import { type KernelImage, programArchitecture, readImage } from './kernel/image.js';
import { parseKernelOptions } from './kernel/options.js';
import {
  type Accelerator,
  commandLineFor,
  EMULATORS,
  machineOf,
  processorOf,
  qemuCommand,
  qemuVersion,
} from './kernel/qemu.js';
import { seccompFilter } from './kernel/seccomp.js';
import type { TargetKind, Workshop } from './kind.js';
import type { Counting, Target } from './target.js';
import { Refusal } from './words.js';

const MAX_SPEC = targetSchema.shape.spec.maxLength ?? 0;

/** COMMAND_LINE_SIZE of x86 and arm64 is 2048, of which some is the probe's. */
const MAX_COMMAND_LINE = 1800;

/**
 * `kernel:PATH [seccomp=PROFILE] [kernel command line]`: boots a kernel in QEMU for each launch, with the probe as
 * the init of an initramfs that holds nothing else. Its results come over the serial console.
 *
 * A path with blanks goes in quotes; the command line is the kernel's as it stands, but for a word
 * `seccomp=PROFILE`, which no kernel knows: the probe measures under the filter of that profile.
 */
export const kernelTarget: TargetKind<KernelSpec> = {
  syntax: 'kernel:PATH [seccomp=PROFILE] [kernel command line]',
  parse({ input, spec, rest = '', options }) {
    try {
      const kernelOptions = optionsOf(options.kernelOptions);
      return { kind: 'kernel', spec, ...splitSpec(spec, rest.trim()), options: kernelOptions };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw usageFailure(`${input} "${spec.slice(0, 200)}" cannot be booted: ${error.message}.`);
    }
  },
  async open(spec, workshop) {
    const probe = await readFile(workshop.probe);
    const image = await imageOf(spec, probe);
    const version = await qemuVersion(image.architecture);
    const configuration = await configurationOf(spec.path, image.content, workshop.signal);
    tellOneSided(spec, configuration, workshop);
    const filter =
      spec.seccomp === undefined
        ? undefined
        : await seccompFilter(spec.seccomp, image.architecture, workshop.signal);
    const guest = await prepareGuest(spec, image, probe, workshop.folder, filter?.program);
    const accelerator = await chooseAccelerator(spec, guest, version, workshop);
    const counting = countingOf({ spec, guest, version, probe, workshop });
    const facts = {
      accelerator,
      qemu: version,
      machine: machineOf(guest),
      cpu: processorOf(guest, accelerator),
      memory: `${spec.options.memoryMib} MiB`,
      cpus: String(spec.options.cpus),
      'host cpu': cpus()[0]?.model.trim() || 'unknown',
      kernel: image.version ?? 'unknown',
      sha256: createHash('sha256').update(image.content).digest('hex'),
      ...(filter && spec.seccomp
        ? { seccomp: `${basename(spec.seccomp).slice(0, 200)}, sha256 ${filter.sha256}` }
        : {}),
    };
    const record = { kind: spec.kind, spec: spec.spec, facts };
    return target(spec, guest, accelerator, counting, {
      ...record,
      ...(configuration === undefined ? {} : { configuration }),
    });
  },
};

const SECCOMP = 'seccomp=';
const SECCOMP_WORD = /(^| )seccomp=\S+/;

function splitSpec(
  spec: string,
  rest: string,
): Pick<KernelSpec, 'path' | 'commandLine' | 'seccomp'> {
  if (spec.length > MAX_SPEC) throw new Refusal(`it is longer than ${MAX_SPEC} characters`);
  const [, quoted, plain, commandLine = ''] =
    /^(?:"([^"]+)"|([^\s"]\S*))(?:\s+(.*))?$/s.exec(rest) ?? [];
  const path = quoted ?? plain;
  if (path === undefined) {
    throw new Refusal('write kernel:PATH, and the words of its command line behind a blank');
  }
  if (/[^ -~]/.test(commandLine)) {
    throw new Refusal('its command line has something other than printable ASCII characters');
  }
  if (commandLine.length > MAX_COMMAND_LINE) {
    throw new Refusal(`its command line is longer than ${MAX_COMMAND_LINE} characters`);
  }
  if (/(^|\s)--(\s|$)/.test(commandLine)) {
    throw new Refusal(
      'its command line has --, and words behind that are for the init, which is the probe',
    );
  }
  const words = commandLine.split(/ +/);
  const [profile, ...others] = words.filter((word) => word.startsWith(SECCOMP));
  if (profile === undefined) return { path: resolve(path), commandLine: commandLine.trim() };
  if (others.length > 0 || profile === SECCOMP) {
    throw new Refusal(`${SECCOMP}PROFILE is there without a profile, or more than once`);
  }
  return {
    path: resolve(path),
    commandLine: commandLine.replace(SECCOMP_WORD, '').trim(),
    seccomp: resolve(profile.slice(SECCOMP.length)),
  };
}

function optionsOf(text: string): KernelSpec['options'] {
  try {
    return parseKernelOptions(text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(`kernel-options "${text.slice(0, 200)}": ${error.message}.`);
  }
}

/** The kernel of a spec, once it is known that it could run the probe. */
async function imageOf({ path }: KernelSpec, probe: Buffer): Promise<KernelImage> {
  const image = await readImage(path).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(`The kernel ${path} cannot be booted: ${error.message}.`);
  });
  const compiled = programArchitecture(probe);
  if (compiled === image.architecture) return image;
  throw usageFailure(
    `The kernel ${path} is for ${image.architecture} and the probe was compiled here, for ${compiled ?? 'another architecture'}: boot it on a machine of its architecture.`,
  );
}

/** Two configurations are compared, and one alone is of no use. */
function tellOneSided(
  { path }: KernelSpec,
  configuration: KernelConfiguration | undefined,
  { beside, progress }: Workshop,
): void {
  if (beside?.record.kind !== 'kernel') return;
  const other = beside.record.configuration;
  if ((other === undefined) === (configuration === undefined)) return;
  const unknown = configuration === undefined ? path : beside.record.spec;
  progress.note(
    `The kernels' configurations are not compared, since that of ${unknown} is neither in it (CONFIG_IKCONFIG=y) nor beside it (config-VERSION, or .config).`,
  );
}

/** Of the guest, whatever the launch is pinned to here. */
const FIRST_CPU = 0;

function target(
  { commandLine, options }: KernelSpec,
  guest: PreparedGuest,
  accelerator: Accelerator,
  counting: Counting,
  record: TargetRecord,
): Target {
  const { consoleOption } = EMULATORS[guest.architecture];
  const { deadlineMs } = options;
  const argv = qemuCommand(guest, accelerator, commandLineFor(guest.architecture, commandLine));
  return {
    record,
    results: 'stdout',
    cpu: FIRST_CPU,
    startDeadlineMs: deadlineMs,
    async start(words) {
      await writePlan(guest, words);
      return { argv };
    },
    environment: withoutSecrets,
    counting,
    explain: ({ results, stderr, timedOut }) =>
      explainBoot({
        console: results.toString('latin1'),
        ...{ stderr, timedOut, deadlineMs, consoleOption, verbose: false },
      }),
  };
}
