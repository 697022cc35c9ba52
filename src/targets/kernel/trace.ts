import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { measurementFailure } from '../../failure.js';
import type { WireTrace } from '../../probe/lines.js';
import { buildTracePlugin } from '../../probe/plugin.js';
import { parseWire, traceArguments } from '../../probe/wire.js';
import { elfFunctions, hasFixedAddresses } from '../../trace/elf.js';
import { parseTrace, type TraceFile } from '../../trace/file.js';
import { profileOperation } from '../../trace/operation.js';
import { Code, type CodeSymbol, parseKallsyms, symbolsOfElf } from '../../trace/symbols.js';
import type { Workshop } from '../kind.js';
import type { TracedOperation } from '../target.js';
import { cameThrough, explainBoot } from './console.js';
import { type PreparedGuest, writePlan } from './guest.js';
import { countingArguments, countingCommandLine } from './instruction-clock.js';
import { commandLineFor, EMULATORS, qemuCommand } from './qemu.js';

/** What traces the probe in a guest; one for all boots. */
export interface Tracer {
  /** Absolute path of the plugin that QEMU loads. */
  plugin: string;
  /** Where the marks are in the probe. */
  marks: { begin: bigint; end: bigint; table: bigint };
  /** The probe's own functions. */
  symbols: readonly CodeSymbol[];
}

/**
 * Makes ready to trace a probe.
 *
 * @throws Failure when the plugin cannot be compiled, or the probe is built so that it cannot be traced
 */
export async function prepareTracer(
  probe: Buffer,
  workshop: Pick<Workshop, 'signal'>,
): Promise<Tracer> {
  const functions = hasFixedAddresses(probe) ? elfFunctions(probe) : [];
  const addressOf = (name: string): bigint => {
    const found = functions.find((one) => one.name === name);
    if (found !== undefined) return found.address;
    throw measurementFailure(
      'The probe cannot be traced, since it was linked to run anywhere (static-pie) or without symbols: compile it with a compiler that takes -static as gcc of Debian or Fedora does, by CC.',
    );
  };
  return {
    marks: {
      begin: addressOf('mark_begin'),
      end: addressOf('mark_end'),
      table: addressOf('mark_table'),
    },
    symbols: symbolsOfElf(functions),
    plugin: await buildTracePlugin({ signal: workshop.signal }),
  };
}

/** One boot that is traced. */
export interface TracedBoot {
  guest: PreparedGuest;
  /** The kernel's, the user's part alone. */
  commandLine: string;
  tracer: Tracer;
  metrics: readonly string[];
  /** In the shorter windows; fewer where they take long. */
  operations: number;
  /** The kernel's symbols where they are known, from its vmlinux or from an earlier boot of it. */
  symbols?: readonly CodeSymbol[];
  /** Of the boot and all of its metrics together, of this machine's time. */
  deadlineMs: number;
}

export interface KernelTrace {
  /** In the order of the plan; a metric that counts events has none. */
  operations: Map<string, TracedOperation>;
  /** The kernel's. */
  symbols: readonly CodeSymbol[];
}

/** For 16 operations of the whole catalogue twice over; a longer trace is cut off. */
const MAX_TRACE_MIB = 512;

/**
 * Boots a kernel once, under the instruction clock, and traces metrics in it.
 *
 * @param folder where the trace is while it is read
 * @throws Failure when the kernel does not come through, or QEMU does not load the plugin
 */
export async function traceKernel(
  boot: TracedBoot,
  folder: string,
  workshop: Pick<Workshop, 'launch'>,
): Promise<KernelTrace> {
  const out = join(folder, 'trace');
  try {
    const traces = await launch(boot, out, workshop);
    const file = parseTrace(await readFile(out));
    const symbols = boot.symbols ?? symbolsOf(file);
    const code = new Code([...symbols, ...boot.tracer.symbols]);
    return { symbols, operations: operationsOf(traces, file, code) };
  } finally {
    await rm(out, { force: true });
  }
}

async function launch(
  boot: TracedBoot,
  out: string,
  workshop: Pick<Workshop, 'launch'>,
): Promise<WireTrace[]> {
  const { guest, metrics, operations, deadlineMs } = boot;
  const symbols = boot.symbols === undefined;
  // The guest's time stands still in between, so its own deadline is no limit here.
  const plan = { metrics, operations, symbols, cpu: 0, deadlineMs: GUEST_DEADLINE_MS };
  await writePlan(guest, traceArguments(plan));
  const result = await workshop.launch(command(boot, out), deadlineMs, { anyCpu: true });
  const wire = parseWire(result.results);
  const console = result.results.toString('latin1');
  if (cameThrough(console) && wire.complete) return wire.traces;
  const { consoleOption } = EMULATORS[guest.architecture];
  const { stderr, timedOut } = result;
  const known = { console, stderr, timedOut, deadlineMs, verbose: false, consoleOption };
  throw measurementFailure(
    `The kernel could not be traced in QEMU: ${whyNoTrace(stderr, out) ?? explainBoot(known) ?? wire.problem ?? 'the probe in it did not come to its end'}.`,
  );
}

/** That of a boot that counts. */
const TRACED_SEED = 1;

const GUEST_DEADLINE_MS = 3_600_000;

function command({ guest, commandLine, tracer }: TracedBoot, out: string): string[] {
  const { architecture } = guest;
  const { cpus } = guest.options;
  const line = commandLineFor(architecture, countingCommandLine(architecture, cpus, commandLine));
  const { begin, end, table } = tracer.marks;
  // QEMU takes two commas for one.
  const path = (name: string) => name.replaceAll(',', ',,');
  return [
    ...qemuCommand(guest, 'tcg', line),
    ...countingArguments(TRACED_SEED),
    '-plugin',
    `${path(tracer.plugin)},begin=${begin},end=${end},table=${table},limit=${MAX_TRACE_MIB * 1024 * 1024},out=${path(out)}`,
  ];
}

function whyNoTrace(stderr: string, out: string): string | undefined {
  if (/^trace plugin: /m.test(stderr)) {
    return `the trace could not be written to ${out}; leave ${MAX_TRACE_MIB} MiB free there, or set TMPDIR to a folder with room`;
  }
  if (/-plugin: invalid option/.test(stderr)) {
    return 'this QEMU takes no plugins (built with --disable-plugins); install one that does, such as that of Debian 12 or later';
  }
  const refused = /Could not load plugin[^:]*: (.*)|TCG plugin \S+ (requires .*)/.exec(stderr);
  const said = refused?.[1] ?? refused?.[2];
  return (
    said &&
    `it does not load the plugin that traces ("${said.slice(0, 200)}"); use QEMU from 7.2 to 10.2`
  );
}

function symbolsOf({ handedOver }: TraceFile): CodeSymbol[] {
  const symbols = parseKallsyms(Buffer.from(handedOver ?? []).toString('latin1'));
  if (symbols.length > 0) return symbols;
  throw measurementFailure(
    'The kernel could not be traced, since it does not tell its symbols: build it with CONFIG_KALLSYMS=y, or give its vmlinux or System.map.',
  );
}

function operationsOf(
  traces: readonly WireTrace[],
  { windows }: TraceFile,
  code: Code,
): Map<string, TracedOperation> {
  const operations = new Map<string, TracedOperation>();
  let taken = 0;
  for (const trace of traces) {
    const own = windows.slice(taken, taken + trace.windows);
    taken += trace.windows;
    operations.set(trace.id, operationOf(trace, own, code));
  }
  return operations;
}

function operationOf(trace: WireTrace, windows: TraceFile['windows'], code: Code): TracedOperation {
  if (trace.status !== 'ok') {
    const { operation, message } = trace.reason;
    return { why: `${trace.status} (${operation}: ${message})` };
  }
  const profile = profileOperation({ ...trace, windows }, code);
  if (profile !== undefined && windows.length === trace.windows) return { profile };
  return {
    why: `the trace was longer than ${MAX_TRACE_MIB} MiB; trace fewer metrics at once`,
  };
}
