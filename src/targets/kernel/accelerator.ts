import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { measurementFailure, reasonOf, usageFailure } from '../../failure.js';
import { ARCHITECTURE_NAMES, hostArchitecture } from '../../probe/architecture.js';
import type { TargetTools } from '../kind.js';
import type { KernelSpec } from '../spec.js';
import { explainBoot, probeSucceeded } from './console.js';
import { type PreparedGuest, writePlan } from './guest.js';
import { isTimed } from './measures.js';
import { type Accelerator, commandLineFor, EMULATORS, qemuCommand } from './qemu.js';

/** The smallest plan of a probe. */
const TRIAL_PLAN = ['--metrics=syscall.null', '--rounds=1', '--batches=1', '--cpu=0'];

/**
 * In KVM a kernel boots within a second or two. In many virtual machines KVM exists but does not work:
 * the guest then spins and prints nothing.
 */
const KVM_DEADLINE_MS = 10_000;

const KVM_DEVICE = '/dev/kvm';

const NAMES: Readonly<Record<Accelerator, string>> = { kvm: 'KVM', tcg: 'TCG' };

/**
 * Boots the kernel once to the probe's end, which shows that it can be timed, and chooses the
 * accelerator: the one that the user named, or else the other side's, or else KVM if the kernel boots
 * there, or else TCG. A kernel that is only counted runs in TCG.
 *
 * @param version QEMU's
 * @throws Failure that says why the kernel does not come up, or cannot in what was asked for
 */
export async function chooseAccelerator(
  spec: KernelSpec,
  guest: PreparedGuest,
  version: string,
  tools: TargetTools,
): Promise<Accelerator> {
  const boots = { spec, guest, version, tools };
  const foreign = foreignKernel(guest);
  if (foreign !== undefined && spec.options.accelerator === 'kvm') {
    throw usageFailure(
      `The kernel ${spec.path} cannot be booted in KVM: ${foreign}; leave accel=kvm out.`,
    );
  }
  const wanted = spec.options.accelerator ?? tools.otherSide?.record.machine?.accelerator;
  if (tools.evidence === 'counted') return 'tcg';
  tools.progress.phase(`Try whether ${spec.spec} comes up`);
  if (wanted !== undefined) return choose(boots, wanted);
  const obstacle = foreign ?? (await kvmObstacle(boots));
  if (obstacle === undefined) return 'kvm';
  tools.progress.note(`KVM is not used: ${obstacle}.`);
  return choose(boots, 'tcg');
}

/** One clause if no processor here executes the kernel's instructions; undefined if one does. */
function foreignKernel({ architecture }: PreparedGuest): string | undefined {
  const here = hostArchitecture();
  if (architecture === here) return undefined;
  const name = here === undefined ? process.arch : ARCHITECTURE_NAMES[here];
  return `the processor here is ${name}, and the kernel is for ${ARCHITECTURE_NAMES[architecture]}`;
}

/** A kernel that is only counted needs no trial boot: its first counting boot shows whether it works. */
async function choose(boots: Boots, accelerator: Accelerator): Promise<Accelerator> {
  if (isTimed(boots.tools.evidence, accelerator)) await bootIn(boots, accelerator);
  return accelerator;
}

interface Boots {
  spec: KernelSpec;
  guest: PreparedGuest;
  version: string;
  tools: TargetTools;
}

/**
 * Boots a kernel to the end of a probe that does next to nothing, with the kernel's log on the console.
 *
 * @throws Failure when the kernel does not come up
 */
export async function bootIn(boots: Boots, accelerator: Accelerator): Promise<void> {
  const { path, options } = boots.spec;
  const why = await tryBoot(boots, accelerator, options.deadlineMs);
  if (why === undefined) return;
  throw measurementFailure(
    `The kernel ${path} does not come up in QEMU (${NAMES[accelerator]}): ${why}.`,
  );
}

/** Why KVM cannot be used, as a clause. */
async function kvmObstacle(boots: Boots): Promise<string | undefined> {
  try {
    await access(KVM_DEVICE, constants.R_OK | constants.W_OK);
  } catch (error) {
    const why = reasonOf(error);
    return why === 'EACCES'
      ? `this user has no access to ${KVM_DEVICE} (sudo chmod 666 ${KVM_DEVICE})`
      : `there is no ${KVM_DEVICE} (${why})`;
  }
  const deadlineMs = Math.min(KVM_DEADLINE_MS, boots.spec.options.deadlineMs);
  const why = await tryBoot(boots, 'kvm', deadlineMs);
  return why && `there the kernel does not come up (${why.split(';', 1)[0]})`;
}

/** @returns why the kernel did not come up; undefined if it did */
async function tryBoot(
  { spec, guest, version, tools }: Boots,
  accelerator: Accelerator,
  deadlineMs: number,
): Promise<string | undefined> {
  const { architecture } = guest;
  await writePlan(guest, TRIAL_PLAN);
  const line = commandLineFor(architecture, spec.commandLine, { verbose: true });
  const result = await tools.launch(qemuCommand(guest, accelerator, line), deadlineMs);
  const console = result.results.toString('latin1');
  if (probeSucceeded(console)) {
    const seconds = (result.wallNs / 1e9).toFixed(1);
    tools.progress.note(
      `${spec.spec} was up and down in ${seconds} s, ${how(version, accelerator)}.`,
    );
    return undefined;
  }
  const { consoleOption } = EMULATORS[architecture];
  const { stderr, timedOut } = result;
  const known = { console, stderr, timedOut, deadlineMs, verbose: true, consoleOption };
  return explainBoot(known) ?? 'the probe in it did not come to its end';
}

const how = (version: string, accelerator: Accelerator): string =>
  accelerator === 'kvm'
    ? `in KVM under QEMU ${version}`
    : `under QEMU ${version}, which emulates the processor (TCG)`;
