import type { TargetTools } from '../kind.js';
import type { KernelSpec } from '../spec.js';
import type { Counting, LaunchCommand } from '../target.js';
import { bootIn } from './accelerator.js';
import type { DebugInformation } from './debug-information.js';
import { type PreparedGuest, writePlan } from './guest.js';
import { COUNTING_PROCEDURE, countingArguments, countingCommandLine } from './instruction-clock.js';
import { commandLineFor, type GuestMachine, machineOf, processorOf, qemuCommand } from './qemu.js';
import { traceLaunches } from './trace.js';

interface Countable {
  spec: KernelSpec;
  guest: PreparedGuest;
  /** Version of QEMU. */
  version: string;
  probe: Buffer;
  debug: DebugInformation;
  tools: TargetTools;
}

/**
 * What a count depends on besides the kernel. Counts under the same conditions can be compared.
 *
 * @param version version of QEMU
 */
export const conditionsOf = (machine: GuestMachine, version: string): Record<string, string> => ({
  ...{ emulator: `QEMU ${version}`, machine: machineOf(machine) },
  cpu: processorOf(machine, 'tcg'),
  ...{ memory: `${machine.options.memoryMib} MiB`, cpus: String(machine.options.cpus) },
  procedure: String(COUNTING_PROCEDURE),
});

/**
 * How to count a kernel's instructions: always in the emulator, even if times are measured under
 * KVM.
 */
export function countingOf({ spec, guest, version, probe, debug, tools }: Countable): Counting {
  const { commandLine, options } = spec;
  const { architecture } = guest;
  const { cpus } = guest.options;
  const line = commandLineFor(architecture, countingCommandLine(architecture, cpus, commandLine));
  async function start(
    words: readonly string[],
    seed: number,
    symbols = false,
  ): Promise<LaunchCommand> {
    // Boots with several seeds may run at once.
    const own = { ...guest, initramfs: `${guest.initramfs}-${seed}` };
    // Always one word: a plan of another length would move the kernel's memory, which changes the
    // counts of operations that allocate.
    await writePlan(own, [...words, `--symbols=${symbols ? 1 : 0}`]);
    return { argv: [...qemuCommand(own, 'tcg', line), ...countingArguments(seed)] };
  }
  return {
    conditions: conditionsOf({ architecture, options }, version),
    start: (words, seed) => start(words, seed),
    diagnose: () => bootIn({ spec, guest, version, tools }, 'tcg'),
    trace: () => traceLaunches(start, { probe, debug, tools }),
  };
}
