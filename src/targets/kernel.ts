import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { buildProbeFor } from '../build/cross.js';
import { usageFailure } from '../failure.js';
import {
  ARCHITECTURE_NAMES,
  type Architecture,
  programArchitecture,
} from '../probe/architecture.js';
import { KEPT_IN, MAX_FACT } from '../record/facts.js';
import type { KernelConfiguration } from '../record/kernel-configuration.js';
import type { MachineRecord } from '../record/run.js';
import { chooseAccelerator } from './kernel/accelerator.js';
import { measureAgain } from './kernel/again.js';
import { auditRules } from './kernel/audit.js';
import { bootManner } from './kernel/boot-manner.js';
import { configurationOf } from './kernel/configuration.js';
import { countingOf } from './kernel/counting.js';
import { debugInformationOf } from './kernel/debug-information.js';
import { type PreparedGuest, prepareGuest, writePlan } from './kernel/guest.js';
import { type KernelImage, readImage, sha256Of } from './kernel/image.js';
import { canCountCpus } from './kernel/instruction-clock.js';
import { isCounted, isTimed } from './kernel/measures.js';
import { kernelOptionsOf } from './kernel/options.js';
import {
  type Accelerator,
  commandLineFor,
  type Guest,
  machineOf,
  processorOf,
  qemuCommand,
  qemuVersion,
} from './kernel/qemu.js';
import { profileFact, seccompFilter } from './kernel/seccomp.js';
import { KERNEL_SYNTAX, splitKernelSpec } from './kernel/spec.js';
import type { TargetKind, TargetTools } from './kind.js';
import type { KernelSpec } from './spec.js';
import type { Target } from './target.js';
import { Refusal } from './words.js';

/**
 * `kernel:PATH [seccomp=PROFILE] [audit-rule=RULE] [vmlinux=FILE] [kernel command line]`: boots a kernel
 * in QEMU for each launch. The probe is the init of an initramfs that contains nothing else. Its
 * results come over the serial console.
 *
 * The rest is the kernel's command line, passed on unchanged. The first words are for this program: the
 * probe measures under the filter of the seccomp profile, in a machine with the audit rules, and the
 * vmlinux (or a System.map) gives the names of functions. A value with blanks goes in double quotes.
 */
export const kernelTarget: TargetKind<KernelSpec> = {
  syntax: KERNEL_SYNTAX,
  counts: 'own kernel',
  parse({ input, spec, rest = '', options }) {
    try {
      const kernelOptions = kernelOptionsOf(options.kernelOptions);
      return {
        kind: 'kernel',
        spec,
        ...splitKernelSpec(spec, rest.trim()),
        options: kernelOptions,
      };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw usageFailure(`${input} "${spec.slice(0, 200)}" cannot be booted: ${error.message}.`);
    }
  },
  async open(spec, tools) {
    const image = await imageOf(spec, tools);
    refuseOther(spec, image, tools);
    refuseSeveralCounted(spec, image, tools);
    const version = await qemuVersion(image.architecture);
    const probe = await probeFor(image.architecture, tools);
    const configuration = await configurationOf(spec.path, image.bootable, tools.signal);
    tellOneSided(spec, configuration, tools);
    const filter =
      spec.seccomp === undefined
        ? undefined
        : await seccompFilter(spec.seccomp, image.architecture, tools.signal);
    const debug = await debugInformationOf(spec, image, tools);
    const rules = spec.auditRules && (await auditRules(spec.auditRules, image.architecture, tools));
    const guest = await prepareGuest(spec, image, probe, tools.folder, {
      ...(filter ? { filter: filter.program } : {}),
      ...(rules ? { rules } : {}),
    });
    const accelerator = await chooseAccelerator(spec, guest, version, tools);
    const machine = machineRecord(guest, accelerator, version);
    const facts = {
      ...machineFacts(machine),
      kernel: image.version ?? 'unknown',
      sha256: sha256Of(image.content),
      ...(spec.keptIn === undefined ? {} : { [KEPT_IN]: spec.keptIn.slice(0, MAX_FACT) }),
      ...(filter && spec.seccomp ? { seccomp: profileFact(spec.seccomp, filter.sha256) } : {}),
      ...(spec.auditRules ? { 'audit rules': spec.auditRules.join('; ').slice(0, 500) } : {}),
    };
    const record = { kind: spec.kind, spec: spec.spec, facts, machine };
    return {
      ...booted(spec, guest, accelerator),
      record: { ...record, ...(configuration === undefined ? {} : { configuration }) },
      timed: isTimed(tools.evidence, accelerator),
      ...(isCounted(tools.evidence)
        ? { counting: countingOf({ spec, guest, version, probe, debug, tools }) }
        : {}),
    };
  },
  again: measureAgain,
};

function machineRecord(guest: Guest, accelerator: Accelerator, version: string): MachineRecord {
  const { architecture, options } = guest;
  return {
    ...{ architecture, accelerator },
    emulator: {
      ...{ name: 'QEMU', version },
      ...{ machine: machineOf(guest), cpu: processorOf(guest, accelerator) },
      ...{ memoryMib: options.memoryMib, cpus: options.cpus },
      hostCpu: cpus()[0]?.model.trim() || 'unknown',
    },
  };
}

/** The same for people. */
const machineFacts = ({ architecture, accelerator, emulator }: MachineRecord) => ({
  ...{ architecture, accelerator, qemu: emulator.version },
  ...{ machine: emulator.machine, cpu: emulator.cpu },
  ...{ memory: `${emulator.memoryMib} MiB`, cpus: String(emulator.cpus) },
  'host cpu': emulator.hostCpu,
});

function refuseSeveralCounted(
  { path, options }: KernelSpec,
  { architecture }: KernelImage,
  { evidence }: TargetTools,
): void {
  if (!isCounted(evidence) || canCountCpus(architecture, options.cpus)) return;
  throw usageFailure(
    `The kernel ${path} cannot be counted with ${options.cpus} processors, since x86-64 kernels do not come up that way under a clock that counts instructions: leave cpus=${options.cpus} out of kernel-options, or give evidence: timed.`,
  );
}

async function imageOf({ path }: KernelSpec, { signal }: TargetTools): Promise<KernelImage> {
  try {
    return await readImage(path, signal);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(`The kernel ${path} cannot be booted: ${error.message}.`);
  }
}

/** Counts and times of two architectures cannot be compared. */
function refuseOther(
  { path }: KernelSpec,
  { architecture }: KernelImage,
  { otherSide }: TargetTools,
) {
  const other = otherSide?.record.machine?.architecture;
  if (otherSide === undefined || other === undefined || other === architecture) return;
  throw usageFailure(
    `The kernel ${path} is for ${ARCHITECTURE_NAMES[architecture]} and that of ${otherSide.record.spec} is for another architecture, so that neither counts nor times of them can be compared: give two kernels for one.`,
  );
}

/** The probe that a kernel can run: this machine's own, or one that is cross-compiled. */
async function probeFor(architecture: Architecture, tools: TargetTools): Promise<Buffer> {
  const own = await readFile(tools.probe);
  if (programArchitecture(own) === architecture) return own;
  const { progress, signal } = tools;
  progress.phase(`Compile the probe for ${ARCHITECTURE_NAMES[architecture]}`);
  const { probe, cached, compiler, elapsedMs } = await buildProbeFor(architecture, {
    ...{ progress, signal },
  });
  if (!cached) progress.note(`Compiled with ${compiler} in ${(elapsedMs / 1000).toFixed(1)} s.`);
  return readFile(probe);
}

/** Configurations are compared in pairs, so one alone is of no use. */
function tellOneSided(
  { path }: KernelSpec,
  configuration: KernelConfiguration | undefined,
  { otherSide, progress }: TargetTools,
): void {
  if (otherSide?.record.kind !== 'kernel') return;
  const other = otherSide.record.configuration;
  if ((other === undefined) === (configuration === undefined)) return;
  const unknown = configuration === undefined ? path : otherSide.record.spec;
  progress.note(
    `The kernels' configurations are not compared, since that of ${unknown} is neither in it (CONFIG_IKCONFIG=y) nor beside it (config-VERSION, or .config).`,
  );
}

function booted(
  { commandLine, options }: KernelSpec,
  guest: PreparedGuest,
  accelerator: Accelerator,
): Omit<Target, 'record' | 'timed' | 'counting'> {
  const argv = qemuCommand(guest, accelerator, commandLineFor(guest.architecture, commandLine));
  return {
    ...bootManner(guest.architecture, options),
    async start(words) {
      await writePlan(guest, words);
      return { argv };
    },
  };
}
