import type { KernelSpec } from '../../config/config.js';
import type { Workshop } from '../kind.js';
import type { Counting } from '../target.js';
import { bootIn } from './accelerator.js';
import { type PreparedGuest, writePlan } from './guest.js';
import { COUNTING_PROCEDURE, countingArguments, countingCommandLine } from './instruction-clock.js';
import { commandLineFor, machineOf, processorOf, qemuCommand } from './qemu.js';
import { prepareTracer, traceKernel } from './trace.js';

/** Operations in the shorter window of a trace: enough to tell them from the loop around them. */
const TRACED_OPERATIONS = 8;

/** Of a traced boot with the whole catalogue, on a machine that is busy with other things. */
const TRACE_DEADLINE_MS = 300_000;

interface Countable {
  spec: KernelSpec;
  guest: PreparedGuest;
  /** QEMU's version. */
  version: string;
  probe: Buffer;
  workshop: Workshop;
}

/** Instructions are counted where they are emulated, whatever times are measured in. */
export function countingOf({ spec, guest, version, probe, workshop }: Countable): Counting {
  const { commandLine, options } = spec;
  const { architecture } = guest;
  const { cpus } = guest.options;
  const line = commandLineFor(architecture, countingCommandLine(architecture, cpus, commandLine));
  return {
    conditions: {
      ...{ emulator: `QEMU ${version}`, machine: machineOf(guest), cpu: processorOf(guest, 'tcg') },
      ...{ memory: `${options.memoryMib} MiB`, cpus: String(options.cpus) },
      procedure: String(COUNTING_PROCEDURE),
    },
    async start(words, seed) {
      // Boots of several seeds may be under way at once.
      const own = { ...guest, initramfs: `${guest.initramfs}-${seed}` };
      await writePlan(own, words);
      return { argv: [...qemuCommand(own, 'tcg', line), ...countingArguments(seed)] };
    },
    diagnose: () => bootIn({ spec, guest, version, workshop }, 'tcg'),
    async trace(metrics) {
      const boot = { guest, commandLine, metrics, operations: TRACED_OPERATIONS };
      const tracer = await prepareTracer(probe, workshop);
      const { folder } = workshop;
      const traced = { ...boot, tracer, deadlineMs: TRACE_DEADLINE_MS };
      return (await traceKernel(traced, folder, workshop)).operations;
    },
  };
}
