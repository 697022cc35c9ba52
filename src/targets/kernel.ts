import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, resolve } from 'node:path';
import type { KernelSpec } from '../config/config.js';
import { usageFailure } from '../failure.js';
import {
  ARCHITECTURE_NAMES,
  type Architecture,
  programArchitecture,
} from '../probe/architecture.js';
import { buildProbeFor } from '../probe/cross.js';
import type { KernelConfiguration } from '../record/kernel-configuration.js';
import { type TargetRecord, targetSchema } from '../record/run.js';
import { withoutSecrets } from './environment.js';
import { chooseAccelerator } from './kernel/accelerator.js';
import { configurationOf } from './kernel/configuration.js';
import { explainBoot } from './kernel/console.js';
import { countingOf } from './kernel/counting.js';
import { debugInformationOf } from './kernel/debug-information.js';
import { type PreparedGuest, prepareGuest, writePlan } from './kernel/guest.js';
import { type KernelImage, readImage } from './kernel/image.js';
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
 * `kernel:PATH [seccomp=PROFILE] [vmlinux=FILE] [kernel command line]`: boots a kernel in QEMU for each launch, with the probe as
 * the init of an initramfs that holds nothing else. Its results come over the serial console.
 *
 * A path with blanks goes in quotes; the command line is the kernel's as it stands, but for two words
 * that no kernel knows: with `seccomp=PROFILE` the probe measures under the filter of that profile, and
 * `vmlinux=FILE` (or a System.map) has the names of the kernel's functions.
 */
export const kernelTarget: TargetKind<KernelSpec> = {
  syntax: 'kernel:PATH [seccomp=PROFILE] [vmlinux=FILE] [kernel command line]',
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
    const image = await imageOf(spec, workshop);
    refuseOther(spec, image, workshop);
    const version = await qemuVersion(image.architecture);
    const probe = await probeFor(image.architecture, workshop);
    const configuration = await configurationOf(spec.path, image.bootable, workshop.signal);
    tellOneSided(spec, configuration, workshop);
    const filter =
      spec.seccomp === undefined
        ? undefined
        : await seccompFilter(spec.seccomp, image.architecture, workshop.signal);
    const debug = await debugInformationOf(spec, image, workshop);
    const guest = await prepareGuest(spec, image, probe, workshop.folder, filter?.program);
    workshop.progress.phase(`Try whether ${spec.spec} comes up`);
    const accelerator = await chooseAccelerator(spec, guest, version, workshop);
    const counting = countingOf({ spec, guest, version, probe, debug, workshop });
    const facts = {
      architecture: image.architecture,
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

/** Words of the command line that are ours, and what each names. */
const OUR_WORDS = { seccomp: 'PROFILE', vmlinux: 'FILE' } as const;

function splitSpec(
  spec: string,
  rest: string,
): Pick<KernelSpec, 'path' | 'commandLine' | keyof typeof OUR_WORDS> {
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
  const seccomp = takeWord(commandLine.trim(), 'seccomp');
  const vmlinux = takeWord(seccomp.rest, 'vmlinux');
  return { path: resolve(path), commandLine: vmlinux.rest, ...seccomp.named, ...vmlinux.named };
}

/** Takes a word of ours out of a command line, which stays as it is otherwise. */
function takeWord<N extends keyof typeof OUR_WORDS>(
  commandLine: string,
  name: N,
): { rest: string; named: { [K in N]?: string } } {
  const words = commandLine.split(/ +/).filter((word) => word.startsWith(`${name}=`));
  const [word = '', ...others] = words;
  if (words.length === 0) return { rest: commandLine, named: {} };
  const value = word.slice(name.length + 1);
  if (others.length > 0 || value === '') {
    const kind = OUR_WORDS[name];
    throw new Refusal(
      `${name}=${kind} is there without a ${kind.toLowerCase()}, or more than once`,
    );
  }
  const rest = commandLine.replace(new RegExp(`(^| )${name}=\\S+`), '').trim();
  return { rest, named: { [name]: resolve(value) } as { [K in N]?: string } };
}

function optionsOf(text: string): KernelSpec['options'] {
  try {
    return parseKernelOptions(text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(`kernel-options "${text.slice(0, 200)}": ${error.message}.`);
  }
}

async function imageOf({ path }: KernelSpec, { signal }: Workshop): Promise<KernelImage> {
  try {
    return await readImage(path, signal);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(`The kernel ${path} cannot be booted: ${error.message}.`);
  }
}

/** Neither an instruction nor a time of one architecture is one of another. */
function refuseOther({ path }: KernelSpec, { architecture }: KernelImage, { beside }: Workshop) {
  const other = beside?.record.facts?.['architecture'];
  if (other === undefined || other === architecture || beside?.record.kind !== 'kernel') return;
  throw usageFailure(
    `The kernel ${path} is for ${ARCHITECTURE_NAMES[architecture]} and that of ${beside.record.spec} is for another architecture, so that neither counts nor times of them can be compared: give two kernels for one.`,
  );
}

/** The probe that a kernel can run: this machine's own, or one that is cross-compiled. */
async function probeFor(architecture: Architecture, workshop: Workshop): Promise<Buffer> {
  const own = await readFile(workshop.probe);
  if (programArchitecture(own) === architecture) return own;
  const { progress, signal } = workshop;
  progress.phase(`Compile the probe for ${ARCHITECTURE_NAMES[architecture]}`);
  const { probe, cached, compiler, elapsedMs } = await buildProbeFor(architecture, {
    ...{ progress, signal },
  });
  if (!cached) progress.note(`Compiled with ${compiler} in ${(elapsedMs / 1000).toFixed(1)} s.`);
  return readFile(probe);
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
